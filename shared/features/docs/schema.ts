import * as z from 'zod/mini';
import type { MemberId } from '../../base/ids.ts';

/** May be empty: the interface then says "Untitled" in the reader's language. */
export const docTitle = z.object({ title: z.string().check(z.trim(), z.maxLength(200)) });
export const docRef = z.object({});

export interface DocState {
  created: { readonly by: MemberId; readonly at: number } | null;
  title: string;
  deleted: { readonly by: MemberId; readonly at: number } | null;
}

/** The Yjs root that holds a doc's rich text: a Y.XmlFragment. */
export const docRoot = 'content';
