/* What an import will make, before anything is made: every file read, every link and picture between files resolved. */
import type { JSONContent } from '@tiptap/core';
import { newId } from '../../../../shared/base/ids.ts';
import { readMarkdown, titleOfPath } from '../markdown/index.ts';
import { isMarkdownName, readText, type FileProblem } from './read-file.ts';
import type { SourceFile } from './source-files.ts';

export interface PlannedDoc {
  readonly path: string;
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly JSONContent[];
}

export interface Plan {
  readonly docs: readonly PlannedDoc[];
  readonly problems: readonly { readonly path: string; readonly problem: FileProblem }[];
  /** Files that are neither Markdown nor a picture of one; not counted as problems in a folder. */
  readonly ignored: number;
}

export interface Progress {
  readonly signal: AbortSignal;
  /** Called after each file. */
  readonly step: (done: number, total: number) => void;
}

const pictureName = /\.(?:png|jpe?g|gif|webp|avif|svg)$/i;

/** `a/b/c.md` + `../x.png` → `a/x.png`; null when it leads out of the folder. */
export function joinPath(from: string, relative: string): string | null {
  const parts = relative.startsWith('/') ? [from.split('/')[0] ?? ''] : from.split('/').slice(0, -1);
  for (const part of relative.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (parts.length === 0) return null;
      parts.pop();
    } else parts.push(part);
  }
  return parts.join('/');
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The path of a file that an address in `from` means, as written or decoded; null if it is no path in the folder. */
export function pathOfAddress(from: string, address: string, has: (path: string) => boolean): string | null {
  if (/^[a-z][a-z0-9+.-]*:|^\/\/|^#/i.test(address)) return null;
  const bare = address.replace(/[?#].*$/, '').replaceAll('\\', '/');
  for (const candidate of [bare, decoded(bare)]) {
    const path = joinPath(from, candidate);
    if (path !== null && has(path)) return path;
  }
  return null;
}

/** The blocks with every link mark changed by `change`. */
function withLinks(nodes: readonly JSONContent[], change: (href: string) => string): JSONContent[] {
  return nodes.map((node) => ({
    ...node,
    ...(node.content ? { content: withLinks(node.content, change) } : {}),
    ...(node.marks
      ? {
          marks: node.marks.map((mark) =>
            mark.type === 'link'
              ? { ...mark, attrs: { ...mark.attrs, href: change(String(mark.attrs?.['href'] ?? '')) } }
              : mark,
          ),
        }
      : {}),
  }));
}

/** Reads all files; nothing is stored. Stops early, with what was read, when the signal says so. */
export async function planImport(files: readonly SourceFile[], progress: Progress): Promise<Plan> {
  const texts = files.filter(({ path }) => isMarkdownName(path));
  const single = files.length === 1;
  const problems: { path: string; problem: FileProblem }[] = [];
  if (single && texts.length === 0)
    for (const { path } of files) problems.push({ path, problem: 'not-markdown' });

  const docs: PlannedDoc[] = [];
  for (const [index, { path, file }] of texts.entries()) {
    if (progress.signal.aborted) break;
    const text = await readText(file);
    if (text.ok) {
      const { title, blocks } = readMarkdown(text.value);
      docs.push({ path, id: newId(), title: title ?? titleOfPath(path), blocks });
    } else problems.push({ path, problem: text.error });
    progress.step(index + 1, texts.length);
  }

  const idOf = new Map(docs.map((doc) => [doc.path, doc.id]));
  const has = (path: string): boolean => idOf.has(path);
  const linked = docs.map((doc) => ({
    ...doc,
    blocks: withLinks(doc.blocks, (href) => {
      const target = pathOfAddress(doc.path, href, has);
      return target === null ? href : `/docs/${idOf.get(target) ?? ''}`;
    }),
  }));
  const ignored = single
    ? 0
    : files.filter(({ path }) => !isMarkdownName(path) && !pictureName.test(path)).length;
  return { docs: linked, problems, ignored };
}
