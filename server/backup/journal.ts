import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import type { Account } from '../auth/contract.ts';

/** What took rights away, who came in, or something about the journal itself. */
export type Revocation =
  | {
      /** An entry of a log room that took something from somebody, or let somebody in, as the stored row it is. */
      readonly kind: 'entry';
      readonly room: RoomId;
      readonly by: MemberId;
      /** Milliseconds since 1970. */
      readonly made: number;
      /** Base64 of the row's bytes. */
      readonly bytes: string;
    }
  | { readonly kind: 'session'; readonly id: string }
  | {
      readonly kind: 'invitation';
      readonly id: string;
      readonly uses: number;
      readonly revokedAt: number | null;
    }
  | { readonly kind: 'password'; readonly member: MemberId; readonly password: string }
  | ({ readonly kind: 'account' } & Account)
  /** A backup was taken: from here on the journal knows what it does not. */
  | { readonly kind: 'backup'; readonly mark: string }
  /** Revocations before this line may be missing: the journal was not there when a backup was restored. */
  | { readonly kind: 'gap' };

/** A line: a revocation, with when it happened and the store's epoch and head at that moment. */
export type JournalLine = Revocation & {
  readonly at: number;
  readonly epoch: string;
  readonly cursor: number;
};

/** Where a line stands among the rows of the store. */
export interface Position {
  readonly epoch: string;
  readonly cursor: number;
}

/**
 * The file beside the database that a restore reads what was taken away since the backup from. Only ever appended to:
 * JSON lines, each with the CRC-32 of what it says.
 */
export interface Journal {
  /** Durable when it returns. Throws what the disk says, and the line does not count then. */
  append(lines: readonly Revocation[], position: Position, at: number): void;
  close(): void;
}

const encode = (line: JournalLine): string =>
  `${JSON.stringify({ ...line, sum: crc32(JSON.stringify(line)) })}\n`;

function decode(text: string): JournalLine | null {
  try {
    const { sum, ...line } = JSON.parse(text) as JournalLine & { readonly sum: number };
    return crc32(JSON.stringify(line)) === sum ? (line as JournalLine) : null;
  } catch {
    return null;
  }
}

/** Bytes up to the end of the last whole line. */
const wholeLines = (bytes: Buffer): number => bytes.lastIndexOf(0x0a) + 1;

/** Opens it for appending, made when absent. What a dying process wrote of a line is cut off: nobody was told of it. */
export function openJournal(path: string): Journal {
  const isNew = !existsSync(path);
  const file = openSync(path, 'a+', 0o600);
  let size = fstatSync(file).size;
  const whole = wholeLines(readFileSync(path));
  const cutTo = (length: number): void => {
    ftruncateSync(file, length);
    size = length;
  };
  try {
    if (whole < size) cutTo(whole);
    fsyncSync(file);
    if (isNew) syncFolder(dirname(path));
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return {
    append(lines, position, at) {
      const bytes = Buffer.from(lines.map((line) => encode({ ...line, at, ...position })).join(''));
      const before = size;
      try {
        for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
        fsyncSync(file);
        size += bytes.length;
      } catch (error) {
        // A half-written line must not swallow the next one.
        cutTo(before);
        throw error;
      }
    },
    close: () => closeSync(file),
  };
}

export interface ReadJournal {
  readonly lines: readonly JournalLine[];
  /** Whole lines that do not say what was written. */
  readonly damaged: number;
}

/** Null when there is none. A last line without an end was never told to anybody and is left out. */
export function readJournal(path: string): ReadJournal | null {
  if (!existsSync(path)) return null;
  const bytes = readFileSync(path);
  const texts = bytes.subarray(0, wholeLines(bytes)).toString('utf8').split('\n').slice(0, -1);
  const lines = texts.flatMap((text) => decode(text) ?? []);
  return { lines, damaged: texts.length - lines.length };
}

/** The lines that a backup does not know of yet. Those at its very end may be among them; to apply them again is right. */
export function newerThan(
  lines: readonly JournalLine[],
  { epoch, cursor, earlier }: Position & { readonly earlier: readonly string[] },
): JournalLine[] {
  // Whoever restored an earlier epoch has applied its lines before the first row of the next.
  return lines.filter((line) =>
    line.epoch === epoch ? line.cursor >= cursor : !earlier.includes(line.epoch),
  );
}

/** Whether the journal holds everything since the backup with this mark was taken. */
export const isCompleteSince = ({ lines, damaged }: ReadJournal, mark: string): boolean => {
  const taken = lines.findIndex((line) => line.kind === 'backup' && line.mark === mark);
  return damaged === 0 && taken >= 0 && !lines.slice(taken).some(({ kind }) => kind === 'gap');
};

/** Makes names in a folder durable. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
