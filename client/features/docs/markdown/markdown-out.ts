/* The document's JSON to Markdown: GFM, readable in any editor. Nodes this version does not know give their text. */
import type { JSONContent } from '@tiptap/core';
import { inlineOut, type Addresses } from './inline-out.ts';

const indent = (text: string, width: number): string =>
  text.replace(/\n(?=[^\n])/g, `\n${' '.repeat(width)}`);

const isList = (node: JSONContent | undefined): boolean =>
  node?.type === 'bulletList' || node?.type === 'orderedList' || node?.type === 'taskList';

const isEmptyParagraph = (node: JSONContent | undefined): boolean =>
  node?.type === 'paragraph' && (node.content ?? []).every((child) => child.type === 'hardBreak');

const plainText = (node: JSONContent): string =>
  node.text ?? (node.content ?? []).map(plainText).join(node.content?.[0]?.type === 'text' ? '' : '\n');

function fence(node: JSONContent): string {
  const text = plainText(node);
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const marks = '`'.repeat(longest + 1);
  const language = String(node.attrs?.['language'] ?? '').replace(/[`\s]/g, '');
  return `${marks}${language}\n${text}${text === '' ? '' : '\n'}${marks}`;
}

/** `other`: the second of two lists that follow each other, which must not be read as one. */
function list(node: JSONContent, other: boolean, addresses: Addresses): string {
  const start = Number(node.attrs?.['start'] ?? 1) || 1;
  return (node.content ?? [])
    .map((item, index) => {
      const sign = node.type === 'orderedList' ? `${start + index}${other ? ')' : '.'}` : other ? '*' : '-';
      const box = item.type === 'taskItem' ? `[${item.attrs?.['checked'] === true ? 'x' : ' '}] ` : '';
      const [first, ...rest] = item.content ?? [];
      // An empty first line cannot be followed by more in Markdown; reading puts it back.
      const content = isEmptyParagraph(first) && rest.length > 0 && box === '' ? rest : (item.content ?? []);
      const inner = blocks(content, addresses, true);
      return `${sign} ${box}${indent(inner, sign.length + 1)}`.trimEnd();
    })
    .join('\n');
}

/** A cell's blocks on one line; a table in Markdown has no others. */
function cell(node: JSONContent, addresses: Addresses): string {
  const lines = (nodes: readonly JSONContent[] | undefined): string[] =>
    (nodes ?? []).flatMap((block) => {
      if (block.type === 'codeBlock') {
        const content = [
          { type: 'text', text: plainText(block).replace(/\s*\n\s*/g, ' '), marks: [{ type: 'code' }] },
        ];
        return plainText(block) === '' ? [] : [inlineOut(content, 'line', addresses)];
      }
      const isText = (block.content ?? []).some((child) =>
        ['text', 'hardBreak', 'image', 'mention'].includes(child.type ?? ''),
      );
      return isText || !block.content ? [inlineOut(block.content, 'line', addresses)] : lines(block.content);
    });
  return lines(node.content)
    .filter((line) => line !== '')
    .join('<br>')
    .replace(/\|/g, '\\|');
}

function table(node: JSONContent, addresses: Addresses): string {
  const grid: string[][] = [];
  const aligns: (string | undefined)[] = [];
  (node.content ?? []).forEach((row, rowIndex) => {
    let column = 0;
    for (const item of row.content ?? []) {
      const line = (grid[rowIndex] ??= []);
      while (line[column] !== undefined) column += 1;
      const width = Math.max(1, Number(item.attrs?.['colspan'] ?? 1) || 1);
      const height = Math.max(1, Number(item.attrs?.['rowspan'] ?? 1) || 1);
      if (rowIndex === 0) aligns[column] = String(item.attrs?.['align'] ?? '');
      for (let down = 0; down < Math.min(height, (node.content?.length ?? 0) - rowIndex); down += 1) {
        for (let right = 0; right < width; right += 1) (grid[rowIndex + down] ??= [])[column + right] = '';
      }
      line[column] = cell(item, addresses);
      column += width;
    }
  });
  const columns = Math.max(0, ...grid.map((line) => line.length));
  if (columns === 0) return '';
  const rowOut = (line: readonly string[]): string =>
    `| ${Array.from({ length: columns }, (_, i) => line[i] ?? '').join(' | ')} |`;
  const ruler = Array.from({ length: columns }, (_, i) => {
    const align = aligns[i];
    return align === 'center' ? ':---:' : align === 'right' ? '---:' : align === 'left' ? ':---' : '---';
  });
  return [rowOut(grid[0] ?? []), rowOut(ruler), ...grid.slice(1).map(rowOut)].join('\n');
}

function block(node: JSONContent, other: boolean, addresses: Addresses): string {
  switch (node.type) {
    case 'paragraph':
      return inlineOut(node.content, 'paragraph', addresses);
    case 'heading': {
      const level = Math.min(6, Math.max(1, Number(node.attrs?.['level'] ?? 1) || 1));
      // Trailing number signs would be taken for the closing sequence.
      return `${'#'.repeat(level)} ${inlineOut(node.content, 'line', addresses).replace(/(^|\s)(#+)$/, '$1\\$2')}`.trimEnd();
    }
    case 'bulletList':
    case 'orderedList':
    case 'taskList':
      return list(node, other, addresses);
    case 'blockquote':
      return blocks(node.content ?? [], addresses)
        .replace(/^(?=[^\n])/gm, '> ')
        .replace(/^$/gm, '>');
    case 'codeBlock':
      return fence(node);
    case 'horizontalRule':
      return '***';
    case 'table':
      return table(node, addresses);
    case 'image':
      return inlineOut([node], 'paragraph', addresses);
    default:
      return inlineOut([{ type: 'text', text: plainText(node) }], 'paragraph', addresses);
  }
}

function blocks(nodes: readonly JSONContent[], addresses: Addresses, tight = false): string {
  let out = '';
  let previous: JSONContent | undefined;
  let other = false;
  for (const node of nodes) {
    if (isEmptyParagraph(node) && !(tight && previous === undefined)) continue;
    // A task after a plain item starts a list of its own when read, whatever the sign.
    const sameKind = isList(node) && node.type === previous?.type;
    other = sameKind ? !other : false;
    const text = block(node, other, addresses);
    if (previous === undefined) out = text;
    // The list below an item's first line needs no empty line between.
    else out += (tight && isList(node) && previous.type === 'paragraph' ? '\n' : '\n\n') + text;
    previous = node;
  }
  return out;
}

/** Blocks as Markdown, ending with a line end; '' for a doc without content. */
export function markdownFromBlocks(nodes: readonly JSONContent[], addresses: Addresses): string {
  const text = blocks(nodes, addresses);
  return text === '' ? '' : `${text}\n`;
}

export { type Addresses };
