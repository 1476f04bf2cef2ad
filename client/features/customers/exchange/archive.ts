/* Customers with all that is known of them, in one file; `docs/formats.md` tells programs how. */
import * as z from 'zod/mini';
import { memberId } from '../../../../shared/features/directory/schema.ts';
import { key } from '../../../../shared/features/customers/words.ts';

export const archiveFormat = 'weft-customers';
export const archiveVersion = 1;
/** What stands at its top. */
export const archiveHead = 'customers.json';

const seq = z.number().check(z.int(), z.nonnegative());

/** One entry of a file as it stood where it comes from. */
export const entryLine = z.object({
  seq,
  id: z.string(),
  type: z.string(),
  by: memberId,
  at: seq,
  data: z.record(z.string(), z.unknown()),
  /** What its author is called who is in no list of people. */
  name: z.optional(z.string()),
});
export type EntryLine = z.infer<typeof entryLine>;

export const archiveShape = z.object({
  format: z.literal(archiveFormat),
  version: z.literal(archiveVersion),
  workspace: z.object({ id: z.string(), name: z.string() }),
  /** What the company sets for its customers, as the state of its room. */
  settings: z.record(z.string(), z.unknown()),
  people: z.array(z.object({ id: z.string(), name: z.string(), email: z.optional(z.string()) })),
  customers: z.array(
    z.object({
      id: key,
      name: z.string(),
      /** The folder with `file.jsonl`, and `conversation.json` where there is one. */
      path: z.string(),
      conversation: z.boolean(),
      /** Entries before the first one that were not on the device. */
      olderMissing: z.optional(seq),
    }),
  ),
});
export type ArchiveHead = z.infer<typeof archiveShape>;
