/* Where a Markdown file's title stands: in its front matter, in its first heading, or in its name. */
import type { JSONContent } from '@tiptap/core';

const longestTitle = 200;

/** One line, at most 200 characters, as the command's schema asks. */
export const titleFrom = (text: string): string =>
  [...text.replace(/\s+/g, ' ').trim()].slice(0, longestTitle).join('').trim();

export interface FrontMatter {
  /** Null when there is none. */
  readonly title: string | null;
  /** The other lines, to be kept; '' when there are none. */
  readonly rest: string;
  readonly body: string;
}

const quoted = (value: string): string => {
  const text = value.trim();
  if (/^"(?:[^"\\]|\\.)*"$/.test(text)) {
    try {
      return String(JSON.parse(text));
    } catch {
      return text.slice(1, -1);
    }
  }
  if (/^'(?:[^']|'')*'$/.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  return text.replace(/\s+#.*$/, '');
};

/** Reads `---` … `---` at the very beginning. Of its lines only `title:` is understood. `source` must be clean. */
export function frontMatterOf(source: string): FrontMatter {
  const match = /^---[ \t]*\n([\s\S]*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(source);
  const lines = (match?.[1] ?? '').split('\n').filter((line) => line.trim() !== '');
  // Two rules with a sentence between are no front matter.
  const isData = lines.every((line) => /^(?:[\w.-]+\s*:|\s+\S|-\s|#)/.test(line));
  if (!match || lines.length === 0 || !isData) return { title: null, rest: '', body: source };
  const at = lines.findIndex((line) => /^title\s*:/i.test(line));
  const value = at < 0 ? '' : quoted((lines[at] ?? '').replace(/^title\s*:/i, ''));
  // A title on more than one line (`title: >`) stays with the rest rather than being cut.
  const simple = value !== '' && !/^[>|&*[{]/.test(value) && !/^\s/.test(lines[at + 1] ?? '');
  return {
    title: simple ? titleFrom(value) : null,
    rest: lines.filter((_, index) => !simple || index !== at).join('\n'),
    body: source.slice(match[0].length),
  };
}

const onlyText = (node: JSONContent): string | null =>
  (node.content ?? []).every(
    (child) => child.type === 'text' && !child.marks?.some((mark) => mark.type === 'link'),
  )
    ? (node.content ?? []).map((child) => child.text ?? '').join('')
    : null;

/**
 * Takes the title out of the blocks when the document begins with it as a heading of the first level, since the page
 * shows the title above the text; the blocks are left as they are otherwise.
 */
export function takeTitle(
  blocks: readonly JSONContent[],
  given: string | null,
): { title: string | null; blocks: JSONContent[] } {
  const [first, ...rest] = blocks;
  const heading = first?.type === 'heading' && first.attrs?.['level'] === 1 ? onlyText(first) : null;
  const fits =
    heading !== null && heading.trim() !== '' && titleFrom(heading) === heading.replace(/\s+/g, ' ').trim();
  if (fits && (given === null || given === titleFrom(heading))) {
    return { title: titleFrom(heading), blocks: rest.length > 0 ? rest : [{ type: 'paragraph' }] };
  }
  return { title: given, blocks: [...blocks] };
}

/** `notes/周报 2026-11.md` → `周报 2026-11` */
export const titleOfPath = (path: string): string =>
  titleFrom((path.split('/').at(-1) ?? path).replace(/\.(?:md|markdown|mdown|mkd|txt)$/i, ''));
