import { expect, test } from 'vitest';
import { readMarkdown, titleOfPath } from '../../../../client/features/docs/markdown/index.ts';

const textOf = (source: string): string => JSON.stringify(readMarkdown(source).blocks);

test('the title comes from the front matter, and its other lines are kept as a block', () => {
  const { title, blocks } = readMarkdown('---\ntitle: "周报: 第 47 周"\ntags: [a]\n---\n\nText\n');
  expect(title).toBe('周报: 第 47 周');
  expect(blocks[0]).toEqual({
    type: 'codeBlock',
    attrs: { language: 'yaml' },
    content: [{ type: 'text', text: 'tags: [a]' }],
  });
});

test('without front matter the first heading is the title and leaves the text', () => {
  const { title, blocks } = readMarkdown('# Plan *B*\n\nText\n');
  expect(title).toBe('Plan B');
  expect(JSON.stringify(blocks)).not.toContain('Plan');
});

test('a first heading with a link, or one too long for a title, stays in the text', () => {
  expect(readMarkdown('# [x](https://e.com)\n').title).toBeNull();
  expect(readMarkdown(`# ${'长'.repeat(300)}\n`).title).toBeNull();
  expect(textOf(`# ${'长'.repeat(300)}\n`)).toContain('长'.repeat(300));
});

test('a heading that is not the front matter’s title stays in the text', () => {
  const { title, blocks } = readMarkdown('---\ntitle: One\n---\n# Two\n');
  expect(title).toBe('One');
  expect(JSON.stringify(blocks)).toContain('Two');
});

test('rules around a sentence are no front matter', () => {
  expect(readMarkdown('---\nJust a sentence\n---\n').title).toBeNull();
  expect(textOf('---\nJust a sentence\n---\n')).toContain('Just a sentence');
});

test('a title over several lines is kept rather than cut', () => {
  expect(textOf('---\ntitle: >\n  long\n  one\n---\nx')).toContain('title: >');
});

test('a file name is the last resort', () => {
  expect(titleOfPath('notes/周报 2026-11.md')).toBe('周报 2026-11');
  expect(titleOfPath('README.markdown')).toBe('README');
});
