/* Text with marks to Markdown. What is written is read back, and where it would read differently, tags are used. */
import type { JSONContent } from '@tiptap/core';
import { joined } from './inline-in.ts';
import { blocksFromTokens } from './markdown-in.ts';
import { makeParser } from './parser.ts';

export interface Addresses {
  /** What stands in the file for a picture's `src`. */
  picture(src: string): string;
  /** What stands in the file for a link's `href`. */
  link(href: string): string;
}

/**
 * `signs`: `**bold**`; `tags`: `<strong>bold</strong>`, which works in the middle of any word or punctuation; `mixed`:
 * tags where signs would not be read, as in `**注意：**下午`.
 */
type Style = 'signs' | 'mixed' | 'tags';

type Wrap = readonly [open: string, close: string];
type Emphasis = 'bold' | 'italic' | 'strike' | 'underline';
type MarkType = Emphasis | 'link';
const signs: Readonly<Record<Emphasis, Wrap>> = {
  bold: ['**', '**'],
  italic: ['*', '*'],
  strike: ['~~', '~~'],
  underline: ['<u>', '</u>'],
};
const tags: Readonly<Record<Emphasis, Wrap>> = {
  bold: ['<strong>', '</strong>'],
  italic: ['<em>', '</em>'],
  strike: ['<del>', '</del>'],
  underline: ['<u>', '</u>'],
};
/** Outermost first, where they reach equally far. */
const nesting: readonly MarkType[] = ['link', 'bold', 'italic', 'underline', 'strike'];

const entity = (character: string): string => `&#x${(character.codePointAt(0) ?? 32).toString(16)};`;

/** Backslashes before what Markdown would read as a sign. Edges and line starts come later, see `guardLines`. */
function escapeText(text: string): string {
  return text
    .replace(/[\\`*[\]~]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/<(?=[A-Za-z/!?])/g, '\\<')
    .replace(/&(?=#?\w{1,32};)/g, '\\&')
    .replace(/\s*[\n\r\u2028\u2029]\s*/g, ' ');
}

function codeSpan(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const lengths = new Set(runs.map((run) => run.length));
  let length = 1;
  while (lengths.has(length)) length += 1;
  const fence = '`'.repeat(length);
  const flat = text.replace(/[\n\r]+/g, ' ');
  const pad = /^`|`$/.test(flat) || (/^ .* $/.test(flat) && flat.trim() !== '') ? ' ' : '';
  return `${fence}${pad}${flat}${pad}${fence}`;
}

/** An address between round brackets; in pointed ones when it holds blanks or brackets. */
export function addressOut(address: string): string {
  const flat = address.replace(/[\n\r<>]/g, encodeURIComponent);
  return flat === '' || /[\s()\\]/.test(flat) ? `<${flat.replace(/\\/g, '\\\\')}>` : flat;
}

const titleOut = (title: unknown): string =>
  typeof title === 'string' && title !== ''
    ? ` "${title.replace(/[\\"]/g, '\\$&').replace(/\s*\n\s*/g, ' ')}"`
    : '';

const has = (node: JSONContent, type: string): boolean =>
  node.marks?.some((mark) => mark.type === type) ?? false;

const without = (node: JSONContent, type: string): JSONContent => {
  const marks = (node.marks ?? []).filter((mark) => mark.type !== type);
  const { marks: _all, ...rest } = node;
  return marks.length > 0 ? { ...rest, marks } : rest;
};

/** Blanks at the edge of an emphasis belong outside of it: `**so **` is not bold in Markdown. */
function trimEmphasis(nodes: readonly JSONContent[], type: string): JSONContent[] {
  const out: JSONContent[] = [];
  let at = 0;
  while (at < nodes.length) {
    const first = nodes[at];
    if (!first || !has(first, type)) {
      if (first) out.push(first);
      at += 1;
      continue;
    }
    let end = at;
    while (end < nodes.length && nodes[end] && has(nodes[end] as JSONContent, type)) end += 1;
    const run = nodes.slice(at, end);
    const before: JSONContent[] = [];
    const after: JSONContent[] = [];
    const isBlank = (node: JSONContent | undefined): boolean =>
      node?.type === 'hardBreak' ||
      (node?.type === 'text' && (node.text ?? '').trim() === '' && !has(node, 'code'));
    while (run.length > 0 && isBlank(run[0])) before.push(without(run.shift() as JSONContent, type));
    while (run.length > 0 && isBlank(run.at(-1))) after.unshift(without(run.pop() as JSONContent, type));
    const head = run[0];
    if (head?.type === 'text' && !has(head, 'code')) {
      const blanks = /^\s*/.exec(head.text ?? '')?.[0] ?? '';
      if (blanks) {
        before.push(without({ ...head, text: blanks }, type));
        run[0] = { ...head, text: (head.text ?? '').slice(blanks.length) };
      }
    }
    const tail = run.at(-1);
    if (tail?.type === 'text' && !has(tail, 'code')) {
      const blanks = /\s*$/.exec(tail.text ?? '')?.[0] ?? '';
      if (blanks) {
        after.unshift(without({ ...tail, text: blanks }, type));
        run[run.length - 1] = { ...tail, text: (tail.text ?? '').slice(0, -blanks.length) };
      }
    }
    out.push(...before, ...run, ...after);
    at = end;
  }
  return out;
}

const markKey = (node: JSONContent | undefined, type: string): string | null => {
  const mark = node?.marks?.find((candidate) => candidate.type === type);
  return mark ? JSON.stringify(mark.attrs?.['href'] ?? true) : null;
};

function pieceOut(node: JSONContent, breakSign: string, addresses: Addresses): string {
  const attrs = node.attrs ?? {};
  switch (node.type) {
    case 'text':
      return has(node, 'code') ? codeSpan(node.text ?? '') : escapeText(node.text ?? '');
    case 'hardBreak':
      return breakSign;
    case 'image': {
      const alt = escapeText(String(attrs['alt'] ?? ''));
      return `![${alt}](${addressOut(addresses.picture(String(attrs['src'] ?? '')))}${titleOut(attrs['title'])})`;
    }
    case 'mention':
      return escapeText(`@${String(attrs['label'] ?? attrs['id'] ?? '')}`);
    default:
      return escapeText((node.content ?? []).map((child) => child.text ?? '').join(''));
  }
}

const wordCharacter = /[^\s\p{P}\p{S}]/u;
const firstOf = (text: string): string => [...text.slice(0, 2)][0] ?? '';
const lastOf = (text: string): string => [...text.slice(-2)].at(-1) ?? '';

/** CommonMark's rule: a sign beside punctuation needs a blank or punctuation on its other side. */
const signsFit = (before: string, inner: string, after: string): boolean =>
  (wordCharacter.test(firstOf(inner)) || !wordCharacter.test(before)) &&
  (wordCharacter.test(lastOf(inner)) || !wordCharacter.test(after));

interface Writing {
  readonly style: Style;
  readonly breakSign: string;
  readonly addresses: Addresses;
}

/** How many nodes from `at` on carry the mark that the node at `at` has, with the same address; 0 when it has none. */
function runLength(nodes: readonly JSONContent[], at: number, type: MarkType): number {
  const key = markKey(nodes[at], type);
  if (key === null) return 0;
  let end = at + 1;
  while (end < nodes.length && markKey(nodes[end], type) === key) end += 1;
  return end - at;
}

function linkOut(run: readonly JSONContent[], inner: string, addresses: Addresses): string {
  const mark = run[0]?.marks?.find((candidate) => candidate.type === 'link');
  const href = addresses.link(String(mark?.attrs?.['href'] ?? ''));
  const bare = run.length === 1 && run[0]?.text === href && run[0].marks?.length === 1;
  if (bare && /^https?:\/\/[^\s<>]+$/.test(href)) return `<${href}>`;
  return `[${inner}](${addressOut(href)}${titleOut(mark?.attrs?.['title'])})`;
}

/** The mark that reaches furthest goes outside. `before` and `after` are the characters around these nodes. */
function write(
  nodes: readonly JSONContent[],
  how: Writing,
  types: readonly MarkType[] = nesting,
  before = '',
  after = '',
): string {
  let out = '';
  let at = 0;
  while (at < nodes.length) {
    const [type, length] = types.reduce<[MarkType | null, number]>(
      (best, candidate) => {
        const run = runLength(nodes, at, candidate);
        return run > best[1] ? [candidate, run] : best;
      },
      [null, 0],
    );
    const node = nodes[at];
    if (!node) break;
    if (type === null) {
      out += pieceOut(node, how.breakSign, how.addresses);
      at += 1;
      continue;
    }
    const run = nodes.slice(at, at + length);
    at += length;
    const left = out === '' ? before : lastOf(out);
    const right = at < nodes.length ? firstOf(nodes[at]?.text ?? ' ') : after;
    const inner = write(
      run,
      how,
      types.filter((other) => other !== type),
      left,
      right,
    );
    if (type === 'link') {
      // An exclamation mark before it would make a picture of it.
      out = out.replace(/!$/, '\\!') + linkOut(run, inner, how.addresses);
    } else {
      const asSigns = how.style === 'signs' || (how.style === 'mixed' && signsFit(left, inner, right));
      const [open, close] = (asSigns ? signs : tags)[type];
      out += `${open}${inner}${close}`;
    }
  }
  return out;
}

/** What at the start of a line would begin a block: a heading, a list, a quote, a line, a table's second row. */
const guardLines = (text: string): string =>
  text
    .split('\n')
    .map((line, index, lines) => {
      let guarded = line.replace(/^\s+/, (blanks) => [...blanks].map(entity).join(''));
      const tail = index < lines.length - 1 && guarded.endsWith('\\') ? '\\' : '';
      const body = tail ? guarded.slice(0, -1) : guarded;
      guarded = body.replace(/\s+$/, (blanks) => [...blanks].map(entity).join(''));
      if (/^(?:#{1,6}|[-+])(?:\s|$)/.test(guarded) || /^(?:>|=+$|-+$)/.test(guarded))
        guarded = `\\${guarded}`;
      else if (/^[|:\-\s]+$/.test(guarded) && guarded.includes('-')) guarded = `\\${guarded}`;
      else guarded = guarded.replace(/^(\d{1,9})([.)])(?=\s|$)/, '$1\\$2');
      return guarded + tail;
    })
    .join('\n');

/** Leaves out the line breaks at the very end: Markdown has no way to write them. */
function withoutLastBreaks(nodes: readonly JSONContent[]): JSONContent[] {
  let end = nodes.length;
  while (end > 0 && nodes[end - 1]?.type === 'hardBreak') end -= 1;
  return nodes.slice(0, end);
}

let strict: ReturnType<typeof makeParser> | undefined;

/** The same text, marks and pictures, whatever way they were cut into nodes. */
function shape(nodes: readonly JSONContent[]): string {
  const plain = nodes.map((node): JSONContent => {
    const marks = (node.marks ?? [])
      .map((mark) => (mark.type === 'link' ? `link ${String(mark.attrs?.['href'])}` : mark.type))
      .sort()
      .map((type) => ({ type }));
    if (node.type === 'text') return { type: 'text', text: node.text ?? '', marks };
    if (node.type === 'mention')
      return { type: 'text', text: `@${String(node.attrs?.['label'] ?? node.attrs?.['id'] ?? '')}`, marks };
    return { type: node.type ?? '' };
  });
  return JSON.stringify(joined(plain));
}

function readsAs(markdown: string, nodes: readonly JSONContent[]): boolean {
  strict ??= makeParser('strict');
  const blocks = blocksFromTokens(strict.parse(markdown, {}));
  return (
    blocks.length === 1 && blocks[0]?.type === 'paragraph' && shape(blocks[0].content ?? []) === shape(nodes)
  );
}

/**
 * The inline content of one block. `line` is for headings and table cells, where a line break must be a tag.
 * Bare addresses without a link are no difference: they become links when read.
 */
export function inlineOut(
  content: readonly JSONContent[] | undefined,
  where: 'paragraph' | 'line',
  addresses: Addresses,
): string {
  let nodes = withoutLastBreaks(content ?? []);
  if (nodes.length === 0) return '';
  for (const type of nesting) if (type !== 'link') nodes = trimEmphasis(nodes, type);
  nodes = joined(nodes);
  const breakSign = where === 'paragraph' ? '\\\n' : '<br>';
  const asWritten: Addresses = { picture: (src) => src, link: (href) => href };
  const marked = nodes.some((node) =>
    node.marks?.some((mark) => mark.type !== 'link' && mark.type !== 'code'),
  );
  const reads = (style: Style): boolean =>
    readsAs(guardLines(write(nodes, { style, breakSign: '\\\n', addresses: asWritten })), nodes);
  const style: Style = !marked || reads('signs') ? 'signs' : reads('mixed') ? 'mixed' : 'tags';
  const text = write(nodes, { style, breakSign, addresses });
  return where === 'paragraph'
    ? guardLines(text)
    : text.replace(/^\s+|\s+$/g, (blanks) => [...blanks].map(entity).join(''));
}
