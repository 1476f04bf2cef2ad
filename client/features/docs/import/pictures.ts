/* Pictures of imported files: those beside the file and those written into it become stored ones. */
import type { JSONContent } from '@tiptap/core';
import { isDataPicture } from '../markdown/parser.ts';
import { pathOfAddress } from './plan.ts';
import type { SourceFile } from './source-files.ts';

export type PictureNote = { readonly kind: 'missing' | 'failed'; readonly name: string };

const typeOfName: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
};

const typed = (file: File): Blob => {
  const type = typeOfName[file.name.split('.').at(-1)?.toLowerCase() ?? ''];
  return file.type === '' && type ? new Blob([file], { type }) : file;
};

function fromDataAddress(src: string): Blob | null {
  const [head = '', body = ''] = src.split(',', 2);
  try {
    const bytes = Uint8Array.from(atob(body.replace(/\s/g, '')), (character) => character.charCodeAt(0));
    return new Blob([bytes], { type: head.slice(5).split(';', 1)[0] ?? '' });
  } catch {
    return null;
  }
}

/** Says what stood there, in the file's own way of writing. */
const asText = (node: JSONContent): JSONContent => ({
  type: 'text',
  text: `![${String(node.attrs?.['alt'] ?? '')}](${String(node.attrs?.['src'] ?? '').slice(0, 200)})`,
  ...(node.marks ? { marks: node.marks } : {}),
});

function addresses(nodes: readonly JSONContent[], into: Set<string>): Set<string> {
  for (const node of nodes) {
    if (node.type === 'image') into.add(String(node.attrs?.['src'] ?? ''));
    if (node.content) addresses(node.content, into);
  }
  return into;
}

function replaced(nodes: readonly JSONContent[], known: ReadonlyMap<string, string>): JSONContent[] {
  return nodes.map((node) => {
    if (node.type === 'image') {
      const src = known.get(String(node.attrs?.['src'] ?? ''));
      return src === undefined ? asText(node) : { ...node, attrs: { ...node.attrs, src } };
    }
    return node.content ? { ...node, content: replaced(node.content, known) } : node;
  });
}

/**
 * `keep` stores one picture and resolves to its `src`. A picture that is not there, or that cannot be kept, becomes the
 * words that stood for it, with a note; https pictures stay where they are.
 */
export async function takePictures(
  path: string,
  blocks: readonly JSONContent[],
  files: ReadonlyMap<string, SourceFile>,
  keep: (picture: Blob) => Promise<string>,
): Promise<{ blocks: readonly JSONContent[]; notes: readonly PictureNote[] }> {
  const known = new Map<string, string>();
  const notes: PictureNote[] = [];
  for (const src of addresses(blocks, new Set())) {
    if (src.startsWith('https://')) {
      known.set(src, src);
      continue;
    }
    const name = isDataPicture(src) ? 'data:' : src.slice(0, 120);
    const at = pathOfAddress(path, src, (candidate) => files.has(candidate));
    const file = at === null ? undefined : files.get(at)?.file;
    const picture = isDataPicture(src) ? fromDataAddress(src) : file ? typed(file) : null;
    if (!picture) {
      notes.push({ kind: 'missing', name });
      continue;
    }
    try {
      known.set(src, await keep(picture));
    } catch {
      notes.push({ kind: 'failed', name });
    }
  }
  return { blocks: replaced(blocks, known), notes };
}
