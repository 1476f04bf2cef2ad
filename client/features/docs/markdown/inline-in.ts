/* Markdown's inline tokens to text nodes with marks. */
import type { JSONContent } from '@tiptap/core';
import { isSafeHref } from '../editor/safe-link.ts';
import type { MarkdownToken } from './parser.ts';

type Mark = NonNullable<JSONContent['marks']>[number];

const markOfToken: Readonly<Record<string, string>> = { strong: 'bold', em: 'italic', s: 'strike' };
const markOfTag: Readonly<Record<string, string>> = {
  u: 'underline',
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  s: 'strike',
  del: 'strike',
};

/** Which `mark_tag` tokens have their other half; the others are shown as the text they are. */
function pairedTags(tokens: readonly MarkdownToken[]): ReadonlySet<MarkdownToken> {
  const paired = new Set<MarkdownToken>();
  const open: MarkdownToken[] = [];
  for (const token of tokens) {
    if (token.type !== 'mark_tag' || token.info === 'br') continue;
    const { closing } = token.meta as { closing: boolean };
    if (!closing) open.push(token);
    else {
      const index = open.findLastIndex((candidate) => candidate.info === token.info);
      const opening = open[index];
      if (!opening) continue;
      paired.add(opening).add(token);
      open.length = index;
    }
  }
  return paired;
}

const eastAsian = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;

/** A line break inside a paragraph is a blank, but between Chinese characters there is none. */
const joinsWithoutBlank = (before: string, after: string): boolean =>
  eastAsian.test(before.slice(-1)) && eastAsian.test(after.slice(0, 1));

const textOf = (token: MarkdownToken | undefined): string =>
  token === undefined
    ? ''
    : token.type === 'text' || token.type === 'code_inline'
      ? token.content
      : textOf(token.children?.[0]);

export function inlineIn(tokens: readonly MarkdownToken[]): JSONContent[] {
  const out: JSONContent[] = [];
  const marks: Mark[] = [];
  const paired = pairedTags(tokens);

  const push = (text: string, extra?: Mark): void => {
    if (text === '') return;
    const all = uniqueMarks(extra ? [...marks, extra] : marks);
    out.push({ type: 'text', text, ...(all.length > 0 ? { marks: all } : {}) });
  };
  const close = (type: string): void => {
    const index = marks.findLastIndex((mark) => mark.type === type);
    if (index >= 0) marks.splice(index, 1);
  };

  tokens.forEach((token, i) => {
    const [, name, edge] = /^(strong|em|s)_(open|close)$/.exec(token.type) ?? [];
    if (name) {
      const type = markOfToken[name] ?? name;
      if (edge === 'open') marks.push({ type });
      else close(type);
      return;
    }
    switch (token.type) {
      case 'text':
        push(token.content);
        break;
      case 'code_inline':
        push(token.content, { type: 'code' });
        break;
      case 'softbreak':
        if (!joinsWithoutBlank(out.at(-1)?.text ?? '', textOf(tokens[i + 1]))) push(' ');
        break;
      case 'hardbreak':
        out.push({ type: 'hardBreak' });
        break;
      case 'link_open': {
        const href = String(token.attrGet('href') ?? '');
        const title = token.attrGet('title');
        marks.push({ type: 'link', attrs: { href, ...(title ? { title } : {}) } });
        break;
      }
      case 'link_close':
        close('link');
        break;
      case 'image': {
        const title = token.attrGet('title');
        const alt = token.children?.length ? token.children.map(textOf).join('') : token.content;
        const carried = uniqueMarks(marks);
        out.push({
          type: 'image',
          attrs: { src: String(token.attrGet('src') ?? ''), alt, ...(title ? { title } : {}) },
          ...(carried.length > 0 ? { marks: carried } : {}),
        });
        break;
      }
      case 'mark_tag':
        if (token.info === 'br') out.push({ type: 'hardBreak' });
        else if (!paired.has(token)) push(token.content);
        else if ((token.meta as { closing: boolean }).closing) close(markOfTag[token.info] ?? '');
        else marks.push({ type: markOfTag[token.info] ?? '' });
        break;
      default:
        push(token.content);
    }
  });
  return joined(linked(out));
}

/** One mark of each type, the innermost; links with an address that must not be followed are left as text. */
function uniqueMarks(marks: readonly Mark[]): Mark[] {
  const byType = new Map(marks.map((mark) => [mark.type, mark]));
  const link = byType.get('link');
  if (link && !isSafeHref(String(link.attrs?.['href'] ?? ''))) byType.delete('link');
  return [...byType.values()];
}

const addressPattern = /https?:\/\/[^\s<>"'`\u3000-\u303f\uff00-\uffef\u2018-\u201f|\\]+/g;

/** Leaves out the punctuation that ends the sentence, and a bracket that was opened before the address. */
function addressEnd(address: string): string {
  let end = address.replace(/[.,;:!?*_~]+$/, '');
  while (/[)\]}]$/.test(end)) {
    const bracket = end.slice(-1);
    const opening = { ')': '(', ']': '[', '}': '{' }[bracket] ?? '';
    if (end.split(opening).length >= end.split(bracket).length) break;
    end = end.slice(0, -1).replace(/[.,;:!?*_~]+$/, '');
  }
  return end;
}

/** Bare web addresses become links, as in other programs that read Markdown. */
function linked(nodes: readonly JSONContent[]): JSONContent[] {
  return nodes.flatMap((node) => {
    const text = node.text ?? '';
    if (
      node.type !== 'text' ||
      !text.includes('://') ||
      node.marks?.some((mark) => mark.type === 'link' || mark.type === 'code')
    ) {
      return [node];
    }
    const parts: JSONContent[] = [];
    let done = 0;
    for (const match of text.matchAll(addressPattern)) {
      const href = addressEnd(match[0]);
      if (href.length <= href.indexOf('://') + 3) continue;
      if (match.index > done) parts.push({ ...node, text: text.slice(done, match.index) });
      parts.push({ ...node, text: href, marks: [...(node.marks ?? []), { type: 'link', attrs: { href } }] });
      done = match.index + href.length;
    }
    if (done < text.length) parts.push({ ...node, text: text.slice(done) });
    return parts;
  });
}

const sameMarks = (a: JSONContent, b: JSONContent): boolean =>
  JSON.stringify(a.marks ?? []) === JSON.stringify(b.marks ?? []);

/** Neighbouring texts with equal marks as one. */
export function joined(nodes: readonly JSONContent[]): JSONContent[] {
  const out: JSONContent[] = [];
  for (const node of nodes) {
    const last = out.at(-1);
    if (last?.type === 'text' && node.type === 'text' && sameMarks(last, node)) {
      out[out.length - 1] = { ...last, text: (last.text ?? '') + (node.text ?? '') };
    } else out.push(node);
  }
  return out;
}
