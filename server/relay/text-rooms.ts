import * as Y from 'yjs';
import { failure, type Failure } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { AnyTextKind } from '../../shared/documents/registry.ts';
import type { RelayStore, StoredRow } from '../storage/contract.ts';
import { checkAgainst, checkApplied, readStrictly, type OwnsClient } from './gate.ts';
import type { RelayLog, RelayMetrics } from './metrics.ts';

/** Loaded documents: how many, and how many bytes of updates they were made of (the heap is about ten times that). */
const mostLoaded = 256;
const mostBytes = 64 * 1024 * 1024;
/** A text that seems full is measured again when it has taken this much more. */
const measureEvery = 1024 * 1024;

interface LoadedText {
  readonly doc: Y.Doc;
  /** What the transaction of the update that is being staged changed; null when nothing. */
  emitted: Uint8Array | null;
  /** What it was made of: at least the bytes of the document as it is. */
  bytes: number;
  /** `bytes` when it was the document's true size. */
  measured: number;
}

export interface TextRooms {
  /**
   * Checks an update and applies it to the loaded document. The bytes to store: only what was new; null when nothing
   * was. After a refusal the document is as it was.
   */
  stage(
    room: RoomId,
    kind: AnyTextKind,
    bytes: Uint8Array,
    owns: OwnsClient,
  ): Result<Uint8Array | null, Failure>;
  /** What a state vector lacks, and the relay's own state vector. */
  difference(room: RoomId, stateVector: Uint8Array): Uint8Array;
  stateVector(room: RoomId): Uint8Array;
  /** Forgets a document that counts on something that was not stored. */
  forget(room: RoomId): void;
  /** A row of this room is durable. */
  stored(row: StoredRow): void;
  /** How many bytes the text was when it was measured a moment ago. */
  measured(room: RoomId, bytes: number): void;
  /** Bounds the memory; only while nothing is queued. */
  trim(): void;
}

export interface TextRoomsDeps {
  readonly store: RelayStore;
  readonly metrics: RelayMetrics;
  readonly log: RelayLog;
  /** Stores what is queued: a document may only be read again when the store holds all that was applied. */
  flush(): void;
}

export function createTextRooms({ store, metrics, log, flush }: TextRoomsDeps): TextRooms {
  const loaded = new Map<RoomId, LoadedText>();
  const gate = { name: 'gate' };

  const load = (room: RoomId): LoadedText => {
    const found = loaded.get(room);
    if (found) {
      // Set anew, so that the map's order is by last use.
      loaded.delete(room);
      loaded.set(room, found);
      return found;
    }
    const snapshot = store.snapshot(room);
    const rows = store.rowsAfter(room, snapshot?.cursor ?? 0);
    const doc = new Y.Doc();
    // Yjs tidies formatting marks by deletions of its own; the relay must hold exactly what its log says.
    doc.on('afterTransaction', (transaction: Y.Transaction) => {
      transaction._needFormattingCleanup = false;
    });
    doc.transact(() => {
      if (snapshot) Y.applyUpdate(doc, snapshot.bytes);
      for (const row of rows) Y.applyUpdate(doc, row.bytes);
    });
    const measured = snapshot?.bytes.length ?? 0;
    const text: LoadedText = {
      doc,
      emitted: null,
      bytes: rows.reduce((sum, row) => sum + row.bytes.length, measured),
      measured,
    };
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === gate) text.emitted = update;
    });
    loaded.set(room, text);
    metrics.loadedTexts(loaded.size);
    return text;
  };

  const forget = (room: RoomId): void => {
    loaded.get(room)?.doc.destroy();
    loaded.delete(room);
    metrics.loadedTexts(loaded.size);
  };

  const trim = (): void => {
    let bytes = 0;
    for (const text of loaded.values()) bytes += text.bytes;
    for (const [room, text] of loaded) {
      if (loaded.size <= mostLoaded && bytes <= mostBytes) break;
      if (loaded.size === 1) break;
      bytes -= text.bytes;
      forget(room);
    }
  };

  /** Whether this much more makes the document larger than it may be. What was deleted since does not count. */
  const isFull = (text: LoadedText, more: number): boolean => {
    if (text.bytes + more <= limits.text) return false;
    if (text.bytes - text.measured >= measureEvery)
      text.measured = text.bytes = Y.encodeStateAsUpdate(text.doc).length;
    return text.bytes + more > limits.text;
  };

  const apply = (text: LoadedText, bytes: Uint8Array): Failure | null => {
    text.emitted = null;
    try {
      Y.applyUpdate(text.doc, bytes, gate);
      return null;
    } catch (error) {
      return failure('update-malformed', error instanceof Error ? error.message : 'cannot be applied');
    }
  };

  return {
    stage(room, kind, bytes, owns) {
      const read = readStrictly(bytes, kind);
      if (!read.ok) return read;
      const update = read.value;
      if (update.runs.length === 0 && update.deletes.length === 0) return ok(null);
      const text = load(room);
      const refused = checkAgainst(text.doc, update, owns);
      if (refused) return err(refused);
      if (update.runs.length === 0) text.measured = -Infinity;
      else if (isFull(text, bytes.length)) return err(failure('too-large', 'the document is full'));
      const broken = apply(text, bytes) ?? checkApplied(text.doc, update);
      if (broken) {
        log.warn({ room, code: broken.code }, 'an update was refused after it was applied');
        // Others' updates of this turn are in the document too: they go to the store before it is read again.
        flush();
        forget(room);
        return err(broken);
      }
      const { emitted } = text;
      text.emitted = null;
      return ok(emitted);
    },
    difference(room, stateVector) {
      flush();
      trim();
      return Y.encodeStateAsUpdate(load(room).doc, stateVector);
    },
    stateVector(room) {
      flush();
      trim();
      return Y.encodeStateVector(load(room).doc);
    },
    forget,
    stored({ room, bytes }) {
      const text = loaded.get(room);
      if (text) text.bytes += bytes.length;
    },
    measured(room, bytes) {
      const text = loaded.get(room);
      if (text) text.bytes = text.measured = bytes;
    },
    trim,
  };
}
