import { documentsEn } from './documents-en.ts';
import { documentsZh } from './documents-zh.ts';
import type { SeedDocument } from './document.ts';
import type { SeedLanguage } from './people.ts';

export const documentsOf = (language: SeedLanguage): readonly SeedDocument[] =>
  language === 'zh' ? documentsZh : documentsEn;
