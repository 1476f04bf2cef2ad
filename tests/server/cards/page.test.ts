import { describe, expect, test } from 'vitest';
import { decodePage, readPage } from '../../../server/cards/page.ts';

const from = 'https://shop.example/a/page?x=1';
const read = (html: string) => readPage(html, from);

describe('a page', () => {
  test.each([
    [
      'says what it wants to be shown as',
      `<html><head><title>Plain</title><meta property="og:title" content="Tea &amp; cups">
       <meta property="og:description" content=" From
       Hangzhou "><meta property="og:site_name" content="Shop"><meta property="og:image" content="/t.png"></head>`,
      {
        ...{ title: 'Tea & cups', description: 'From Hangzhou', site: 'Shop' },
        picture: 'https://shop.example/t.png',
      },
    ],
    [
      'is shown by its title and description where it says no more',
      '<title>One</title><meta name="Description" content="Two"><title>Three</title>',
      { title: 'One', description: 'Two', site: '', picture: null },
    ],
    [
      'names a picture for another network',
      '<meta name="twitter:title" content="A"><meta name="twitter:image" content="//img.example/p.jpg">',
      { title: 'A', description: '', site: '', picture: 'https://img.example/p.jpg' },
    ],
    [
      'has markup in its title that stays text',
      '<title><b>bold</b> &lt;script&gt;alert(1)&lt;/script&gt;</title>',
      { title: '<b>bold</b> <script>alert(1)</script>', description: '', site: '', picture: null },
    ],
    [
      'says nothing behind its head',
      '<head><title>A</title></head><body><meta name="description" content="B">',
      { title: 'A', description: '', site: '', picture: null },
    ],
    [
      'turns no text around',
      '<title>\u202egnp.exe\u2066 a\u0000b</title>',
      { title: 'gnp.exe a b', description: '', site: '', picture: null },
    ],
  ])('%s', (_what, html, facts) => {
    expect(read(html)).toEqual(facts);
  });

  test.each(['', 'just words', '<title> \n </title>', '{"title":"no"}'])(
    'without a title is none: %j',
    (html) => expect(read(html)).toBeNull(),
  );

  test('has words of a length that a card has room for', () => {
    const facts = read(
      `<title>${'长'.repeat(500)}</title><meta name="description" content="${'🎈'.repeat(900)}">`,
    )!;
    expect(facts.title).toHaveLength(200);
    expect(facts.description.length).toBeLessThanOrEqual(400);
    expect(() => encodeURIComponent(facts.description)).not.toThrow();
  });

  test('that is made to keep its reader busy is read up to a bound', () => {
    // Each end is looked for among all that is open.
    const html = `<head>${'<a>'.repeat(200_000)}${'</b>'.repeat(200_000)}<title>late</title>`;
    expect(read(html)).toBeNull();
    expect(read(`<title>${'<!--'.repeat(100_000)}`)).not.toBeUndefined();
  });
});

describe('its charset', () => {
  const chinese = '<title>南河茶叶</title>';
  const gbk = Uint8Array.from([
    ...[...'<title>'].map((c) => c.charCodeAt(0)),
    ...[0xc4, 0xcf, 0xba, 0xd3, 0xb2, 0xe8, 0xd2, 0xb6],
    ...[...'</title>'].map((c) => c.charCodeAt(0)),
  ]);
  const withMeta = Uint8Array.from([...[...'<meta charset="gb2312">'].map((c) => c.charCodeAt(0)), ...gbk]);

  test.each([
    ['is UTF-8 without a word', new TextEncoder().encode(chinese), 'text/html'],
    ['is what the header says', gbk, 'text/html; charset=GBK'],
    ['is what the page says', withMeta, 'text/html'],
    ['is guessed where nothing says it', gbk, 'text/html'],
    [
      'is UTF-8 by its mark, whatever is said',
      new TextEncoder().encode(`\ufeff${chinese}`),
      'text/html; charset=gbk',
    ],
    ['is guessed where what is said is nothing', gbk, 'text/html; charset=nonsense'],
  ])('%s', (_what, bytes, type) => {
    expect(read(decodePage(bytes, type))?.title).toBe('南河茶叶');
  });

  test('is still UTF-8 where the last character is cut off', () => {
    const bytes = new TextEncoder().encode(`${chinese}<p>茶`).slice(0, -1);
    expect(read(decodePage(bytes, 'text/html'))?.title).toBe('南河茶叶');
  });
});
