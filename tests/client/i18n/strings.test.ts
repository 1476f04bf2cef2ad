import { afterEach, describe, expect, it } from 'vitest';
import { errorSentence } from '../../../client/i18n/errors.ts';
import { language, preferredLanguage } from '../../../client/i18n/language.svelte.ts';
import { plural } from '../../../client/i18n/format.ts';
import { defineStrings } from '../../../client/i18n/strings.ts';
import { errorTable, isErrorCode } from '../../../shared/base/errors.ts';

const t = defineStrings({
  en: {
    title: 'Documents',
    greeting: 'Hello {name}, {count} new',
    files: (p: { count: number }) => plural(p.count, { one: '{n} file', other: '{n} files' }),
  },
  zh: {
    title: '文档',
    greeting: '{name}，你好，{count} 条新消息',
    files: (p: { count: number }) => plural(p.count, { other: '{n} 个文件' }),
  },
});

afterEach(() => {
  language.current = 'en';
});

describe('texts', () => {
  it('follow a switch of the language at once', () => {
    language.current = 'en';
    expect(t.title).toBe('Documents');
    language.current = 'zh';
    expect(t.title).toBe('文档');
  });

  it('fill in names and write numbers the way of the language', () => {
    expect(t.greeting({ name: 'Ann', count: 12345 })).toBe('Hello Ann, 12,345 new');
    language.current = 'zh';
    expect(t.greeting({ name: '小安', count: 2 })).toBe('小安，你好，2 条新消息');
  });

  it('do not read braces in what people typed as placeholders', () => {
    expect(t.greeting({ name: '{count}', count: 1 })).toBe('Hello {count}, 1 new');
  });

  it('know one from many', () => {
    expect([t.files({ count: 1 }), t.files({ count: 3 })]).toEqual(['1 file', '3 files']);
    language.current = 'zh';
    expect(t.files({ count: 1 })).toBe('1 个文件');
  });

  it('start in the first language of the browser that Weft speaks', () => {
    expect(preferredLanguage(['fr-FR', 'zh-Hant-TW', 'en'])).toBe('zh');
    expect(preferredLanguage(['de'])).toBe('en');
  });

  it('have a sentence in both languages for every error code', () => {
    for (const code of Object.keys(errorTable).filter(isErrorCode)) {
      language.current = 'en';
      expect(errorSentence(code)).toMatch(/\.$/);
      language.current = 'zh';
      expect(errorSentence(code)).toMatch(/。$/);
    }
  });
});
