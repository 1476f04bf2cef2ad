import { expect, test } from 'vitest';
import { matchPeople } from '../../../../client/features/docs/editor/mentions.ts';
import { hrefFromInput, isSafeHref } from '../../../../client/features/docs/editor/safe-link.ts';

const people = [
  { id: '1', name: '李明' },
  { id: '2', name: 'Ann Lee' },
  { id: '3', name: '王小华' },
  { id: '4', name: 'Boris Lemann' },
];
const found = (query: string): string[] => matchPeople(people, query).map((person) => person.name);

test('people are found by name, by any word of it and by the initials of their sounds', () => {
  expect(found('')).toHaveLength(4);
  expect(found('小华')).toEqual(['王小华']);
  expect(found('wxh')).toEqual(['王小华']);
  expect(found('lee')).toEqual(['Ann Lee']);
  expect(found('lm')).toEqual(['李明']);
  expect(found('zz')).toEqual([]);
});

test('only web, mail, phone and relative addresses are safe', () => {
  for (const href of [
    'https://a.b',
    'http://a',
    'mailto:a@b.c',
    'tel:+1',
    '/docs/x',
    '#a',
    '../x.md',
    '文件.md',
  ]) {
    expect(isSafeHref(href), href).toBe(true);
  }
  for (const href of [
    'javascript:alert(1)',
    ' JaVa\nScript:x',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc',
    '\u0001javascript:x',
    '',
  ]) {
    expect(isSafeHref(href), JSON.stringify(href)).toBe(false);
  }
});

test('an address as people type it becomes whole', () => {
  expect(hrefFromInput('example.com/a?b')).toBe('https://example.com/a?b');
  expect(hrefFromInput(' ann@example.com ')).toBe('mailto:ann@example.com');
  expect(hrefFromInput('/docs/abc')).toBe('/docs/abc');
  expect(hrefFromInput('https://e.com')).toBe('https://e.com');
  expect(hrefFromInput('javascript:alert(1)')).toBeNull();
  expect(hrefFromInput('  ')).toBeNull();
});
