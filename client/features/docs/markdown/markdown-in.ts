/* Markdown text to the document's JSON. Pure: the same in a page, a worker and a test. */
import type { JSONContent } from '@tiptap/core';
import { inlineIn } from './inline-in.ts';
import { makeParser, type MarkdownToken } from './parser.ts';

let friendly: ReturnType<typeof makeParser> | undefined;

const paragraph = (content: JSONContent[] = []): JSONContent => ({
  type: 'paragraph',
  ...(content.length > 0 ? { content } : {}),
});

/** Walks the flat list of tokens; every `…_open` is read up to its `…_close`. */
class Reader {
  #at = 0;
  readonly #tokens: readonly MarkdownToken[];

  constructor(tokens: readonly MarkdownToken[]) {
    this.#tokens = tokens;
  }

  /** Blocks up to (and over) the token of type `end`, or up to the last token. */
  blocks(end?: string): JSONContent[] {
    const out: JSONContent[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (!token) return out;
      this.#at += 1;
      if (token.type === end) return out;
      out.push(...this.#block(token));
    }
  }

  #inline(end: string): JSONContent[] {
    const out: JSONContent[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (!token) return out;
      this.#at += 1;
      if (token.type === end) return out;
      if (token.type === 'inline') out.push(...inlineIn(token.children ?? []));
    }
  }

  #block(token: MarkdownToken): JSONContent[] {
    switch (token.type) {
      case 'paragraph_open':
        return [paragraph(this.#inline('paragraph_close'))];
      case 'heading_open': {
        const content = this.#inline('heading_close');
        const attrs = { level: Number(token.tag.slice(1)) };
        return [{ type: 'heading', attrs, ...(content.length > 0 ? { content } : {}) }];
      }
      case 'blockquote_open': {
        const content = this.blocks('blockquote_close');
        return [{ type: 'blockquote', content: content.length > 0 ? content : [paragraph()] }];
      }
      case 'fence':
      case 'code_block': {
        const text = token.content.replace(/\n$/, '');
        const language = token.info.trim().split(/\s+/, 1)[0] ?? '';
        return [
          {
            type: 'codeBlock',
            attrs: { language: language || null },
            ...(text === '' ? {} : { content: [{ type: 'text', text }] }),
          },
        ];
      }
      case 'hr':
        return [{ type: 'horizontalRule' }];
      case 'bullet_list_open':
        return this.#list('bullet_list_close', { type: 'bulletList' });
      case 'ordered_list_open': {
        const start = Number(token.attrGet('start') ?? 1);
        return this.#list('ordered_list_close', { type: 'orderedList', attrs: { start } });
      }
      case 'table_open':
        return this.#table();
      case 'inline':
        return [paragraph(inlineIn(token.children ?? []))];
      default:
        return token.content === '' ? [] : [paragraph([{ type: 'text', text: token.content }])];
    }
  }

  /** A list may mix tasks and plain items; the schema does not, so each run becomes a list of its own. */
  #list(end: string, plain: JSONContent): JSONContent[] {
    const lists: JSONContent[] = [];
    let count = 0;
    for (;;) {
      const token = this.#tokens[this.#at];
      if (!token) return lists;
      this.#at += 1;
      if (token.type === end) return lists;
      if (token.type !== 'list_item_open') continue;
      const checked = this.#taskState();
      const content = this.blocks('list_item_close');
      if (content[0]?.type !== 'paragraph') content.unshift(paragraph());
      const item: JSONContent =
        checked === null
          ? { type: 'listItem', content }
          : { type: 'taskItem', attrs: { checked }, content: withoutBox(content) };
      const type = checked === null ? plain.type : 'taskList';
      const last = lists.at(-1);
      if (last && last.type === type) last.content?.push(item);
      else if (type === 'orderedList') {
        lists.push({ type, attrs: { start: Number(plain.attrs?.['start'] ?? 1) + count }, content: [item] });
      } else lists.push({ type: type ?? 'bulletList', content: [item] });
      count += 1;
    }
  }

  /** Whether the item that begins here is a task: looked up in the source, where an escaped bracket is still seen. */
  #taskState(): boolean | null {
    const inline = this.#tokens[this.#at + 1];
    if (this.#tokens[this.#at]?.type !== 'paragraph_open' || inline?.type !== 'inline') return null;
    const box = /^\[([ xX])\](?:\s|$)/.exec(inline.content);
    const first = inline.children?.[0];
    if (!box || first?.type !== 'text' || !first.content.startsWith('[')) return null;
    return box[1] !== ' ';
  }

  #table(): JSONContent[] {
    const rows: JSONContent[] = [];
    let cells: JSONContent[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (!token) break;
      this.#at += 1;
      if (token.type === 'table_close') break;
      if (token.type === 'tr_open') cells = [];
      else if (token.type === 'tr_close') rows.push({ type: 'tableRow', content: cells });
      else if (token.type === 'th_open' || token.type === 'td_open') {
        const header = token.type === 'th_open';
        const align = /text-align:\s*(left|center|right)/.exec(String(token.attrGet('style') ?? ''))?.[1];
        cells.push({
          type: header ? 'tableHeader' : 'tableCell',
          ...(align ? { attrs: { align } } : {}),
          content: [paragraph(this.#inline(header ? 'th_close' : 'td_close'))],
        });
      }
    }
    return rows.length > 0 ? [{ type: 'table', content: rows }] : [];
  }
}

function withoutBox(content: readonly JSONContent[]): JSONContent[] {
  const [first, ...rest] = content;
  const [text, ...others] = first?.content ?? [];
  const left = (text?.text ?? '').replace(/^\[[ xX]\]\s?/, '');
  return [paragraph(left === '' ? others : [{ ...text, type: 'text', text: left }, ...others]), ...rest];
}

/** Without a BOM, with `\n` line ends. NUL cannot be stored and becomes the replacement character. */
export const cleanSource = (source: string): string =>
  source
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .replaceAll('\0', '\uFFFD');

/** Blocks of a Markdown text, never empty. Pictures keep the address of the source. */
export function blocksFromMarkdown(source: string): JSONContent[] {
  friendly ??= makeParser('friendly');
  const blocks = new Reader(friendly.parse(cleanSource(source), {})).blocks();
  return blocks.length > 0 ? blocks : [paragraph()];
}

/** The same for tokens of another reading; for checks. */
export const blocksFromTokens = (tokens: readonly MarkdownToken[]): JSONContent[] =>
  new Reader(tokens).blocks();
