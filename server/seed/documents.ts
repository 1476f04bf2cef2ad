import { documentsEn } from './documents-en.ts';
import { documentsZh } from './documents-zh.ts';
import type { SeedLanguage } from './people.ts';

export interface SeedDocument {
  readonly title: string;
  /** In the notation of `appendBlocks`. */
  readonly text: string;
  /** What somebody else adds later. */
  readonly addition: string;
}

export const documentsOf = (language: SeedLanguage): readonly SeedDocument[] =>
  language === 'zh' ? documentsZh : documentsEn;
