import { crc32 } from 'node:zlib';
import { asBytes, type Bytes } from '../../shared/base/bytes.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { findRoom, type AnyLogKind } from '../../shared/documents/registry.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { Part } from '../storage/history-contract.ts';
import { attribute } from './attribution.ts';
import { AuthorIndex, type PackedWritings } from './author-index.ts';
import type { AttributionQuery } from './contract.ts';
import { inParts, unpack, type Pack, type Parts } from './packs.ts';
import { rangesOf, type RowRanges } from './ranges.ts';
import { createReplica, type Replica } from './replica.ts';

/**
 * The heavy work, away from the loop that serves people: bytes in, bytes out, no files, no rights. Holds one room at a
 * time. Every call is short enough for a thread of its own, and what it takes comes in packs.
 * @throws DamagedBytes for rows and parts that are not what was stored
 */
export function createWorkshop() {
  let replica: Replica | null = null;
  let log: { readonly kind: AnyLogKind; state: unknown } | null = null;
  let parts: Uint8Array[] = [];
  let written = new AuthorIndex();
  let deleted = new AuthorIndex();

  const text = (): Replica => (replica ??= createReplica());

  return {
    /** A part of a checkpoint; `applyParts` takes them all in. */
    takePart: (part: Pack): void => void parts.push(...unpack(part)),
    applyParts(): void {
      if (parts.length > 0) text().apply([Buffer.concat(parts)]);
      parts = [];
    },
    apply: (rows: Pack): void => text().apply(unpack(rows)),
    /** Takes rows in and returns what was new in them as one row. */
    merge(rows: Pack): Part {
      const bytes = text().merge(unpack(rows));
      return { bytes, sum: crc32(bytes) };
    },
    state: (): Parts => inParts(text().state()),
    ranges: (rows: Pack): RowRanges[] => unpack(rows).map(rangesOf),

    takeWritings: (writings: PackedWritings): void => written.add(writings),
    takeDeletions: (deletions: PackedWritings): void => deleted.add(deletions),
    /** The answer as JSON; null when the path leads nowhere. */
    attribution(query: AttributionQuery): Bytes | null {
      const answer = attribute(text().doc, written, deleted, query);
      return answer && asBytes(new TextEncoder().encode(JSON.stringify(answer)));
    },

    openLog(room: RoomId, base: unknown): void {
      const kind = findRoom(room)?.kind;
      if (kind?.class !== 'log') throw new Error(`not a log room: ${room}`);
      log = { kind, state: base ?? kind.initial };
    },
    fold(rows: Pack): void {
      if (log) log.state = log.kind.fold(log.state, unpack(rows).flatMap(decodeLogRun));
    },
    logState: (): unknown => log?.state,

    /** Forgets everything, so that the next room starts empty. */
    clear(): void {
      replica?.doc.destroy();
      replica = null;
      log = null;
      parts = [];
      written = new AuthorIndex();
      deleted = new AuthorIndex();
    },
  };
}

export type Workshop = ReturnType<typeof createWorkshop>;

/** The workshop from outside. */
export type WorkshopCalls = {
  readonly [Name in keyof Workshop]: (
    ...parameters: Parameters<Workshop[Name]>
  ) => Promise<ReturnType<Workshop[Name]>>;
};

/** Where the heavy work is done. */
export interface WorkshopHost {
  readonly calls: WorkshopCalls;
  /** Nothing is to be done for now: gives the memory back. */
  rest(): void;
}

/** Calls of every method by one function. */
export const callsBy = (call: (name: keyof Workshop, parameters: unknown[]) => unknown): WorkshopCalls =>
  new Proxy({} as WorkshopCalls, {
    get:
      (_target, name) =>
      (...parameters: unknown[]) =>
        call(name as keyof Workshop, parameters),
  });

/** The work done in this very thread, for tests and for programs that hold the relay's turns in their hand. */
export function createInlineWorkshop(): WorkshopHost {
  const workshop = createWorkshop();
  return {
    calls: callsBy(async (name, parameters) =>
      (workshop[name] as (...all: unknown[]) => unknown)(...parameters),
    ),
    rest: () => {},
  };
}
