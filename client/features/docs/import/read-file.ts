import { err, ok, type Result } from '../../../../shared/base/result.ts';

/** Why a file was not imported. */
export type FileProblem = 'not-markdown' | 'binary' | 'encoding' | 'large' | 'unreadable' | 'refused';

/** Bytes. A text of this length is a book; beyond it editing would be slow for everybody. */
export const largestMarkdown = 1_000_000;

export const isMarkdownName = (path: string): boolean => /\.(?:md|markdown|mdown|mkd|txt)$/i.test(path);

/** The file's text. UTF-8 with or without a mark, or UTF-16 with one. */
export async function readText(file: Blob): Promise<Result<string, FileProblem>> {
  if (file.size > largestMarkdown) return err('large');
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    return err('unreadable');
  }
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const encoding = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8';
  if (encoding === 'utf-8' && bytes.includes(0)) return err('binary');
  try {
    return ok(new TextDecoder(encoding, { fatal: true }).decode(bytes));
  } catch {
    return err('encoding');
  }
}
