/*
 * The Markdown of messages: what people type in a hurry, and nothing that would surprise them. Words that are not marked
 * stay exactly as they were typed, line breaks and spaces included, and a mark next to Chinese text counts as one.
 */
export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly href: string; readonly inside: readonly Inline[] }
  | { readonly kind: 'strong' | 'em' | 'del'; readonly inside: readonly Inline[] };

export type Block =
  | { readonly kind: 'words'; readonly inside: readonly Inline[] }
  | { readonly kind: 'code'; readonly language: string; readonly text: string }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | { readonly kind: 'list'; readonly start: number | null; readonly items: readonly (readonly Block[])[] };

/** Quotes in lists in quotes: deeper than this it is text. */
const deepest = 6;

const fence = /^\s{0,3}```([\w+#.-]{0,30})\s*$/;
const quote = /^\s{0,3}> ?/;
const bullet = /^\s{0,3}(?:[-*+]|(\d{1,9})[.)])\s+(?=\S)/;

// Spans are bounded, so that a message made for it cannot keep a page busy.
const marks = new RegExp(
  [
    '`(?<code>[^`\\n]{1,2000})`',
    '(?<bare>\\bhttps?://[^\\s]+)',
    '\\[(?<label>[^\\]\\n]{1,500})\\]\\((?<href>(?:https?://|mailto:|/(?:docs|contacts|messages)/)[^\\s()]{1,2000})\\)',
    '\\*\\*(?=[^\\s*])(?<strong>[^\\n]{0,2000}?[^\\s*])\\*\\*(?!\\*)',
    '~~(?=[^\\s~])(?<del>[^\\n]{0,2000}?[^\\s~])~~',
    '(?<![\\w*])\\*(?=[^\\s*])(?<em>[^\\n*]{0,2000}?[^\\s*])\\*(?![\\w*])',
    '(?<![\\w_])_(?=[^\\s_])(?<under>[^\\n_]{0,2000}?[^\\s_])_(?![\\w_])',
  ].join('|'),
  'g',
);

export function inlineOf(text: string, depth = 0): readonly Inline[] {
  if (depth > deepest) return [{ kind: 'text', text }];
  const found: Inline[] = [];
  let from = 0;
  const upTo = (end: number): void => {
    if (end > from) found.push({ kind: 'text', text: text.slice(from, end) });
  };
  const inside = (words: string): readonly Inline[] => inlineOf(words, depth + 1);
  for (const match of text.matchAll(marks)) {
    const { code, label, href, strong, del, em, under } = match.groups ?? {};
    const slanted = em ?? under;
    const made: Inline | null =
      code !== undefined
        ? { kind: 'code', text: code }
        : label !== undefined && href !== undefined
          ? { kind: 'link', href, inside: inside(label) }
          : strong !== undefined
            ? { kind: 'strong', inside: inside(strong) }
            : del !== undefined
              ? { kind: 'del', inside: inside(del) }
              : slanted !== undefined
                ? { kind: 'em', inside: inside(slanted) }
                : null;
    // An address stays what it is, whatever stands in it.
    if (!made) continue;
    upTo(match.index);
    found.push(made);
    from = match.index + match[0].length;
  }
  upTo(text.length);
  return found;
}

export function blocksOf(text: string, depth = 0): readonly Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let words: string[] = [];
  const flush = (): void => {
    // Empty lines around another block are its margin.
    const said = words.join('\n').replace(/^(?:[ \t]*\n)+|(?:\n[ \t]*)+$/g, '');
    if (said.trim() !== '') blocks.push({ kind: 'words', inside: inlineOf(said) });
    words = [];
  };
  let at = 0;
  const takeWhile = (isPart: (line: string) => boolean): string[] => {
    const taken: string[] = [];
    while (at < lines.length && isPart(lines[at]!)) taken.push(lines[at++]!);
    return taken;
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const opening = fence.exec(line);
    if (opening) {
      flush();
      at += 1;
      const code = takeWhile((each) => !/^\s{0,3}```\s*$/.test(each));
      at += 1;
      blocks.push({ kind: 'code', language: (opening[1] ?? '').toLowerCase(), text: code.join('\n') });
    } else if (depth < deepest && quote.test(line)) {
      flush();
      const quoted = takeWhile((each) => quote.test(each)).map((each) => each.replace(quote, ''));
      blocks.push({ kind: 'quote', blocks: blocksOf(quoted.join('\n'), depth + 1) });
    } else if (depth < deepest && bullet.test(line)) {
      flush();
      blocks.push(
        listOf(
          takeWhile((each) => bullet.test(each) || /^\s{2,}\S/.test(each)),
          depth,
        ),
      );
    } else {
      words.push(line);
      at += 1;
    }
  }
  flush();
  return blocks;
}

function listOf(lines: readonly string[], depth: number): Block {
  const first = bullet.exec(lines[0] ?? '')?.[1];
  const items: string[][] = [];
  for (const line of lines) {
    const mark = bullet.exec(line);
    // Further in than the list itself: it belongs to the item above.
    if (mark && !/^\s{2,}/.test(line)) items.push([line.slice(mark[0].length)]);
    else if (items.length > 0) items.at(-1)!.push(line.replace(/^\s{2,4}/, ''));
    else items.push([line.trim()]);
  }
  return {
    kind: 'list',
    start: first === undefined ? null : Number(first),
    items: items.map((item) => blocksOf(item.join('\n'), depth + 1)),
  };
}

/** The words without their marks, for a line in a list. */
export function plainOf(text: string): string {
  const words = (inside: readonly Inline[]): string =>
    inside.map((each) => ('inside' in each ? words(each.inside) : each.text)).join('');
  const said = (blocks: readonly Block[]): string =>
    blocks
      .map((block) => {
        switch (block.kind) {
          case 'words':
            return words(block.inside);
          case 'code':
            return block.text;
          case 'quote':
            return said(block.blocks);
          case 'list':
            return block.items.map(said).join(' ');
        }
      })
      .join(' ');
  return said(blocksOf(text)).replace(/\s+/g, ' ').trim();
}
