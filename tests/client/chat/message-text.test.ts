import { describe, expect, test } from 'vitest';
import { isFewEmoji, mentionsIn, piecesOf } from '../../../client/features/chat/message-text.ts';

const joined = (text: string): string =>
  piecesOf(text)
    .map((piece) => piece.text)
    .join('');
const links = (text: string): string[] =>
  piecesOf(text).flatMap((piece) => (piece.kind === 'link' ? [piece.href] : []));

describe('addresses in a message', () => {
  test.each([
    ['see https://example.com/a?b=1#c.', ['https://example.com/a?b=1#c']],
    [
      '(https://en.wikipedia.org/wiki/Weft_(disambiguation))',
      ['https://en.wikipedia.org/wiki/Weft_(disambiguation)'],
    ],
    ['报价在https://example.com/q（含税），请看', ['https://example.com/q']],
    ['www.weft.example or ann@example.com!', ['https://www.weft.example/', 'mailto:ann@example.com']],
    ['HTTP://EXAMPLE.COM', ['http://example.com/']],
  ])('%s', (text, expected) => {
    expect(links(text)).toEqual(expected);
  });

  test.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'vbscript:x',
    'https://',
    '@nobody',
  ])('%s is only text', (text) => {
    expect(links(text)).toEqual([]);
  });

  test('the pieces together are the text as it was written', () => {
    for (const text of [
      'a https://x.example/).. b',
      '\n\n www.a.example,www.b.example \n',
      'x@y.example;https://z',
    ])
      expect(joined(text)).toBe(text);
  });
});

describe('mentions', () => {
  const people = [
    { id: 'a', name: 'Ann' },
    { id: 'b', name: 'Ann Lee' },
    { id: 'c', name: '李明' },
  ];

  test('the longest name that fits is meant', () => {
    expect(mentionsIn('@Ann Lee and @Ann, 还有@李明你看', people)).toEqual(['b', 'a', 'c']);
  });

  test('only people of the list are meant, and not inside an address', () => {
    expect(mentionsIn('@Bob x@Ann.example', people)).toEqual([]);
  });

  test('a name used twice is one mention', () => {
    expect(mentionsIn('@李明 @李明', people)).toEqual(['c']);
  });
});

describe('a message of emoji only', () => {
  test.each([
    ['👍', true],
    ['👨‍👩‍👧‍👦 🇩🇪', true],
    ['👍🏽👍🏽👍🏽', true],
    ['👍👍👍👍', false],
    ['ok 👍', false],
    ['123', false],
    [' ', false],
  ])('%s → %s', (text, expected) => {
    expect(isFewEmoji(text)).toBe(expected);
  });
});
