import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import type { LogEntry } from '../access/kind.ts';
import { asBytes, type Bytes } from '../base/bytes.ts';

/**
 * A log room is a Yjs document with one Y.Array, `log`, and one writer. Entry n is the struct at clock n, so the bytes of
 * any run of entries can be written and read without a document. Version 1 of Yjs' update format
 * (`encodeStateAsUpdate`), the only one we use.
 */
export const logRoot = 'log';

/** The one client id under which relays write log rooms. It is never leased. */
export const logWriter = 1;

// Low five bits of a struct's first byte: which content; the high bit: an origin (left neighbour) follows.
const contentDeleted = 1;
const contentAny = 8;
const hasOrigin = 0x80;

type StoredEntry = Omit<LogEntry, 'seq'>;
const stored = ({ id, type, by, at, data }: LogEntry): StoredEntry => ({ id, type, by, at, data });

/** The Yjs update that appends `entries` at clock `from`. An empty run is the empty update. */
export function encodeLogRun(from: number, entries: readonly LogEntry[]): Bytes {
  const encoder = encoding.createEncoder();
  if (entries.length === 0) {
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint(encoder, 0);
    return asBytes(encoding.toUint8Array(encoder));
  }
  encoding.writeVarUint(encoder, 1); // clients
  encoding.writeVarUint(encoder, 1); // structs
  encoding.writeVarUint(encoder, logWriter);
  encoding.writeVarUint(encoder, from);
  writePlace(encoder, from, contentAny);
  encoding.writeVarUint(encoder, entries.length);
  for (const entry of entries) encoding.writeAny(encoder, stored(entry) as never);
  encoding.writeVarUint(encoder, 0); // no deletions
  return asBytes(encoding.toUint8Array(encoder));
}

/** Where the struct at that clock stands, and what it holds. */
function writePlace(encoder: encoding.Encoder, clock: number, content: number): void {
  encoding.writeUint8(encoder, clock > 0 ? content | hasOrigin : content);
  if (clock > 0) {
    encoding.writeVarUint(encoder, logWriter);
    encoding.writeVarUint(encoder, clock - 1);
  } else {
    encoding.writeVarUint(encoder, 1); // the parent is a root type, named
    encoding.writeVarString(encoder, logRoot);
  }
}

/**
 * The Yjs update that puts deleted nothing at the clocks `from` to `to` (exclusive, at least one): what stands for entries
 * that the reader may not know, so that those after them have something to follow.
 */
export function encodeHiddenRun(from: number, to: number): Bytes {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1); // clients
  encoding.writeVarUint(encoder, 1); // structs
  encoding.writeVarUint(encoder, logWriter);
  encoding.writeVarUint(encoder, from);
  writePlace(encoder, from, contentDeleted);
  encoding.writeVarUint(encoder, to - from);
  encoding.writeVarUint(encoder, 1); // clients with deletions
  encoding.writeVarUint(encoder, logWriter);
  encoding.writeVarUint(encoder, 1); // ranges
  encoding.writeVarUint(encoder, from);
  encoding.writeVarUint(encoder, to - from);
  return asBytes(encoding.toUint8Array(encoder));
}

/**
 * Reads what `encodeLogRun` wrote.
 * @throws when the bytes are anything else
 */
export function decodeLogRun(bytes: Uint8Array): LogEntry[] {
  const decoder = decoding.createDecoder(bytes);
  const clients = decoding.readVarUint(decoder);
  const entries: LogEntry[] = [];
  if (clients > 1) throw new Error('not a log run: several writers');
  if (clients === 1) {
    if (decoding.readVarUint(decoder) !== 1) throw new Error('not a log run: several structs');
    if (decoding.readVarUint(decoder) !== logWriter) throw new Error('not a log run: foreign writer');
    const from = decoding.readVarUint(decoder);
    const info = decoding.readUint8(decoder);
    if (info === (contentAny | hasOrigin)) {
      if (decoding.readVarUint(decoder) !== logWriter || decoding.readVarUint(decoder) !== from - 1)
        throw new Error('not a log run: origin is not the entry before');
    } else if (info === contentAny) {
      if (from !== 0 || decoding.readVarUint(decoder) !== 1 || decoding.readVarString(decoder) !== logRoot)
        throw new Error('not a log run: not under the log');
    } else throw new Error('not a log run: unexpected struct');
    const count = decoding.readVarUint(decoder);
    for (let i = 0; i < count; i++)
      entries.push({ seq: from + i, ...(decoding.readAny(decoder) as unknown as StoredEntry) });
  }
  if (decoding.readVarUint(decoder) !== 0 || decoding.hasContent(decoder))
    throw new Error('not a log run: bytes after the entries');
  return entries;
}
