import { describe, expect, it } from 'vitest';
import {
  blocksOf,
  inlineOf,
  plainOf,
  type Block,
  type Inline,
} from '../../../client/features/chat/message-markdown.ts';
import { seededRandom, seedFromEnvironment } from '../../shared/random.ts';

/** Short for reading: marks as tags, blocks on lines of their own. */
const inline = (parts: readonly Inline[]): string =>
  parts
    .map((part) => {
      if (part.kind === 'text') return part.text;
      if (part.kind === 'code') return `<code>${part.text}</code>`;
      if (part.kind === 'link') return `<a ${part.href}>${inline(part.inside)}</a>`;
      return `<${part.kind}>${inline(part.inside)}</${part.kind}>`;
    })
    .join('');
const block = (one: Block): string => {
  if (one.kind === 'words') return inline(one.inside);
  if (one.kind === 'code') return `[${one.language}|${one.text}]`;
  if (one.kind === 'quote') return `{${one.blocks.map(block).join(' ')}}`;
  return `(${one.start ?? '-'}: ${one.items.map((item) => item.map(block).join(' ')).join('; ')})`;
};

describe('marks in a message', () => {
  it.each([
    ['nothing is changed in plain words', 'Just  words,\n\n\nwith gaps.', 'Just  words,\n\n\nwith gaps.'],
    ['strong', 'a **b c** d', 'a <strong>b c</strong> d'],
    ['strong beside Chinese, with punctuation', '**注意：**明天', '<strong>注意：</strong>明天'],
    ['slanted both ways', '*a* _b_', '<em>a</em> <em>b</em>'],
    ['struck through', '~~a~~', '<del>a</del>'],
    ['one in the other', '**a *b* `c`**', '<strong>a <em>b</em> <code>c</code></strong>'],
    ['code keeps its marks', '`a *b* **c**`', '<code>a *b* **c**</code>'],
    ['a product is no emphasis', '2*3*4 = 24', '2*3*4 = 24'],
    ['a name with underscores is none', 'see my_file_name and __init__', 'see my_file_name and __init__'],
    ['marks with space inside are none', '** a ** * b *', '** a ** * b *'],
    ['a mark alone stays', 'a * b, c ** d', 'a * b, c ** d'],
    [
      'an address keeps its marks',
      'https://x.org/a_b_c*d*e **f**',
      'https://x.org/a_b_c*d*e <strong>f</strong>',
    ],
    ['a named address', '[here](https://x.org/a)', '<a https://x.org/a>here</a>'],
    [
      'only addresses that are safe',
      '[x](javascript:alert(1)) [y](data:a)',
      '[x](javascript:alert(1)) [y](data:a)',
    ],
    ['what looks like a page is text', '<b>a</b> <img src=x onerror=y>', '<b>a</b> <img src=x onerror=y>'],
  ])('%s', (_what, text, expected) => {
    expect(inline(inlineOf(text))).toBe(expected);
  });

  it.each([
    [
      'a block of code',
      'look:\n```ts\nconst a = **1**;\n\n```\nthere',
      ['look:', '[ts|const a = **1**;\n]', 'there'],
    ],
    ['one that nobody closed', '```\na', ['[|a]']],
    ['a list', '- a\n- b **c**', ['(-: a; b <strong>c</strong>)']],
    ['a numbered one from where it begins', '3. a\n4. b', ['(3: a; b)']],
    ['a list in a list', '- a\n  - b\n- c', ['(-: a (-: b); c)']],
    ['a quote', '> a\n> b\n\nc', ['{a\nb}', 'c']],
    ['no list without a space', '-a\n1.b', ['-a\n1.b']],
    ['no heading', '# a', ['# a']],
  ])('%s', (_what, text, expected) => {
    expect(blocksOf(text).map(block)).toEqual(expected);
  });

  it('are left out where there is one line', () => {
    expect(plainOf('**a**\n- b\n- `c`\n> [d](https://x.org)\n```\ne\n```')).toBe('a b c d e');
  });

  it('never lose or invent a letter, whatever was typed, and come to an end', () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    const bits = [
      'a',
      '好',
      ' ',
      '\n',
      '*',
      '**',
      '_',
      '~~',
      '`',
      '```',
      '> ',
      '- ',
      '1. ',
      '[',
      '](https://x.org)',
      '@',
      '  ',
    ];
    for (let round = 0; round < 2_000; round++) {
      const text = Array.from({ length: random(40) }, () => bits[random(bits.length)]!).join('');
      const letters = (of: string): string => of.replace(/https:\/\/x\.org/g, '').replace(/[^a好@]/g, '');
      // The language of a block is not among its words.
      if (/```\w/.test(text)) continue;
      expect(letters(plainOf(text)), `seed ${seed}: ${JSON.stringify(text)}`).toBe(letters(text));
    }
  });
});
