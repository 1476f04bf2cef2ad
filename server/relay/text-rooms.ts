import * as Y from 'yjs';
import { failure, type Failure } from '../../shared/base/errors.ts';
import type { Clock } from '../../shared/base/clock.ts';
import type { DeviceId, RoomId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { AnyTextKind } from '../../shared/documents/registry.ts';
import type { RelayStore, StoredRow } from '../storage/contract.ts';
import { failureOf } from './failure-of.ts';
import type { OwnsClient } from './gate/judge.ts';
import { isSpoilt, LoadedText } from './gate/loaded-text.ts';
import type { Bounds } from '../bounds.ts';
import { readStrictly } from './gate/read-strictly.ts';
import type { ReadUpdate } from './gate/read-update.ts';
import { Together } from './gate/together.ts';
import { Unreadable } from './gate/unreadable.ts';
import { atOnce, only, unbounded, type Sliced, type Work } from './gate/work.ts';
import type { RelayLog, RelayMetrics } from './metrics.ts';
import { createPatience } from './patience.ts';
import { createRoomTurns, GivenUp } from './room-turns.ts';

/** Loaded documents: how many, and how many bytes of updates they were made of (the heap is about ten times that). */
const mostLoaded = 256;
const mostBytes = 64 * 1024 * 1024;

/** An update on its way into a room. */
export interface Staging {
  readonly room: RoomId;
  readonly kind: AnyTextKind;
  readonly bytes: Uint8Array;
  readonly device: DeviceId;
  readonly owns: OwnsClient;
  /**
   * The bytes to store: only what was new; null when nothing was. What is stored of it must be queued at once, or the room
   * forgotten. `isLate`: not before the end of the turn in which it came, so rights may be others by now.
   */
  readonly done: (staged: Result<Uint8Array | null, Failure>, isLate: boolean) => void;
}

export interface TextRooms {
  /**
   * Checks an update and applies it to the loaded document. After a refusal the document is as it was. Small ones are
   * gathered until the turn ends or `settle`; a large one is taken in pieces, between which others have their turn.
   */
  stage(staging: Staging): void;
  /** The same at once, unless the room is busy. */
  stageNow(staging: Staging): void;
  /** Takes what was gathered. */
  settle(): void;
  /** What a state vector lacks. Told when what the room is busy with is done. */
  difference(room: RoomId, vector: Uint8Array, done: (bytes: Uint8Array) => void, failed: Failed): void;
  /** The relay's own state vector. */
  stateVector(room: RoomId, done: (vector: Uint8Array) => void, failed: Failed): void;
  /** The whole document as it is stored, at once. */
  whole(room: RoomId): Uint8Array;
  /** Forgets a document that counts on something that was not stored. */
  forget(room: RoomId): void;
  /** A row of this room is durable. */
  stored(row: StoredRow): void;
  /** How many bytes the text was when it was measured a moment ago. */
  measured(room: RoomId, bytes: number): void;
  /** Bounds the memory; only while nothing is queued. */
  trim(): void;
  /** Gives up what has begun and is not done. */
  stop(): void;
}

/** Told instead of the answer, when that had to wait and went wrong meanwhile; what goes wrong at once is thrown. */
export type Failed = (why: Failure) => void;

const givenUp: Readonly<Record<GivenUp['why'], Failure>> = {
  'too-long': failure('too-large', 'the update takes too long'),
  'too-much': failure('too-many-requests', 'too many large updates are waiting'),
  forgotten: failure('storage-failed', 'what it builds on could not be stored'),
  stopping: failure('stopping', 'the relay is stopping'),
};

/** Bytes up to which an update is gathered. */
const smallUpdate = 4 * 1024;
/** Bytes from which to receive an update was enough for one turn: it is begun in the next. */
const largeUpdate = 512 * 1024;

/** While the disk refuses everything, every reading may find the document gone once more. */
const readsAgain = 8;

export interface TextRoomsDeps {
  readonly store: RelayStore;
  readonly clock: Clock;
  readonly bounds: Pick<Bounds, 'update' | 'text'>;
  readonly metrics: RelayMetrics;
  readonly log: RelayLog;
  readonly defer: (run: () => void) => void;
  /** Sees to it that `settle` is called at the end of this turn. */
  plan(): void;
  /** Stores what is queued: a document may only be read again when the store holds all that was applied. */
  flush(): void;
  /** Runs long work when that keeps nobody waiting. */
  standBack(run: () => void): void;
}

export function createTextRooms(deps: TextRoomsDeps): TextRooms {
  const { store, clock, bounds, metrics, log, defer, plan, flush, standBack } = deps;
  const loaded = new Map<RoomId, LoadedText>();
  /** What came in this turn goes to the disk before anything long goes on: it would only wait behind it. */
  const inTurn = (run: () => void): void =>
    defer(() => {
      flush();
      run();
    });
  const turns = createRoomTurns(() => clock.now(), inTurn, standBack);
  const patience = createPatience(clock);

  const read = function* (room: RoomId, work: Work): Sliced<LoadedText> {
    const text = new LoadedText(() => clock.now(), bounds.text);
    const snapshot = store.snapshot(room);
    const rows = store.rowsAfter(room, snapshot?.cursor ?? 0);
    yield* text.load(
      snapshot?.bytes ?? null,
      rows.map(({ bytes }) => bytes),
      work,
    );
    return text;
  };

  const open = function* (room: RoomId, work: Work): Sliced<LoadedText> {
    const found = loaded.get(room);
    if (found) {
      // Set anew, so that the map's order is by last use.
      loaded.delete(room);
      loaded.set(room, found);
      return found;
    }
    const text = yield* read(room, work);
    loaded.set(room, text);
    metrics.loadedTexts(loaded.size);
    return text;
  };

  const drop = (room: RoomId): void => {
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
      if (turns.isBusy(room)) continue;
      bytes -= text.bytes;
      drop(room);
    }
  };

  /** A copy of the document that took what is not going to be stored. Others' updates in it go to the store first. */
  const lose = (room: RoomId): void => {
    flush();
    drop(room);
  };

  const discard = (room: RoomId, device: DeviceId, why: Failure): void => {
    log.warn({ room, device, code: why.code }, 'an update was refused after a part of it was applied');
    patience.lost(device, loaded.get(room)?.bytes ?? 0);
    lose(room);
  };

  /** Its form, before any document is loaded; null when it says nothing. */
  const form = function* (
    { bytes, device }: Staging,
    work: Work,
  ): Sliced<Result<ReadUpdate | null, Failure>> {
    metrics.reached('update', bytes.length);
    if (bytes.length > bounds.update) metrics.struck('update');
    const update = yield* readStrictly(bytes, bounds.update, work);
    if (!update.ok) return update;
    if (update.value.runs.length === 0 && update.value.deletes.length === 0) return ok(null);
    if (patience.isLost(device))
      return err(failure('too-many-requests', 'updates of this device were refused at great cost; wait'));
    return update;
  };

  const takeInto = function* (
    text: LoadedText,
    { room, kind, device, owns }: Staging,
    update: ReadUpdate,
    work: Work,
  ): Sliced<Result<Uint8Array | null, Failure>> {
    const staged = yield* text.take(update, kind, owns, work);
    metrics.reached('text', text.bytes);
    if (!staged.ok && staged.error.code === 'too-large') metrics.struck('text');
    if (!staged.ok && isSpoilt(staged.error)) discard(room, device, staged.error);
    return staged;
  };

  const take = function* (staging: Staging, work: Work): Sliced<Result<Uint8Array | null, Failure>> {
    const update = yield* form(staging, work);
    if (!update.ok || update.value === null) return update as Result<null, Failure>;
    return yield* takeInto(yield* open(staging.room, work), staging, update.value, work);
  };

  type Answer = (staging: Staging, staged: Result<Uint8Array | null, Failure>) => void;

  /** In order, those that only go on typing as one. */
  const takeAll = function* (stagings: readonly Staging[], answer: Answer, work: Work): Sliced<void> {
    const [{ room, kind }] = stagings as [Staging];
    let text = yield* open(room, work);
    let together = new Together(text.known);
    let members: { readonly staging: Staging; readonly update: ReadUpdate }[] = [];
    const alone = function* (staging: Staging, update: ReadUpdate): Sliced<void> {
      const now = yield* open(room, work);
      // A refusal may have lost the document.
      if (now !== text) [text, together] = [now, new Together(now.known)];
      answer(staging, yield* takeInto(text, staging, update, work));
    };
    const close = function* (): Sliced<void> {
      if (members.length === 0) return;
      const [all, joined] = [members, together];
      members = [];
      const update = all.length === 1 ? all[0]!.update : joined.joined();
      if (yield* text.takeTogether(update, kind, work))
        for (const { staging } of all) answer(staging, ok(staging.bytes));
      else for (const { staging, update } of all) yield* alone(staging, update);
      together = new Together(text.known);
    };
    for (const staging of stagings) {
      const formed = yield* form(staging, work);
      if (!formed.ok || formed.value === null) {
        answer(staging, formed as Result<null, Failure>);
        continue;
      }
      const update = formed.value;
      if (members.length > 0 && !together.accepts(update, staging.device)) yield* close();
      if (
        together.accepts(update, staging.device) &&
        update.runs.every(({ client }) => staging.owns(client))
      ) {
        together.add(update, staging.device);
        members.push({ staging, update });
      } else {
        yield* close();
        yield* alone(staging, update);
      }
    }
    yield* close();
  };

  /** What somebody is told whose update took too long, came too late or was in the way. */
  const failed = (error: unknown, { room, device, done }: Staging): void => {
    if (!(error instanceof GivenUp)) {
      log.error({ err: error, room }, 'an update could not be judged');
      return done(err(failureOf(error)), true);
    }
    const why = givenUp[error.why];
    if (error.why === 'too-long') discard(room, device, why);
    done(err(why), true);
  };

  const stageNow = (staging: Staging): void => {
    let isLate = false;
    turns.take(staging.room, {
      bytes: staging.bytes.length + 1_000,
      *run(work) {
        try {
          if (staging.bytes.length >= largeUpdate) yield;
          staging.done(yield* take(staging, work), isLate);
        } catch (error) {
          lose(staging.room);
          throw error;
        }
      },
      failed: (error) => failed(error, staging),
    });
    isLate = true;
  };

  const stageAll = (room: RoomId, stagings: readonly Staging[]): void => {
    const waiting = new Set(stagings);
    const answer: Answer = (staging, staged) => {
      staging.done(staged, isLate);
      waiting.delete(staging);
    };
    const allFailed = (error: unknown): void => {
      for (const staging of waiting) failed(error, staging);
    };
    let isLate = false;
    try {
      turns.take(room, {
        bytes: stagings.reduce((sum, { bytes }) => sum + bytes.length + 1_000, 0),
        *run(work) {
          try {
            yield* takeAll(stagings, answer, work);
          } catch (error) {
            lose(room);
            throw error;
          }
        },
        failed: allFailed,
      });
    } catch (error) {
      allFailed(error);
    }
    isLate = true;
  };

  /** What came in this turn and is small, by room. */
  let gathered = new Map<RoomId, Staging[]>();

  const gather = (staging: Staging): void => {
    const others = gathered.get(staging.room);
    if (others) others.push(staging);
    else gathered.set(staging.room, [staging]);
    plan();
  };

  const settleRoom = (room: RoomId): void => {
    const stagings = gathered.get(room);
    if (!stagings) return;
    gathered.delete(room);
    stageAll(room, stagings);
  };

  const answer = (
    room: RoomId,
    bytes: number,
    work: (text: LoadedText, work: Work) => Sliced<Uint8Array>,
    done: (bytes: Uint8Array) => void,
    tell: Failed,
    again = readsAgain,
  ): void =>
    turns.take(room, {
      bytes: bytes + 100,
      *run(slice) {
        flush();
        trim();
        done(yield* work(yield* open(room, slice), slice));
      },
      failed: (error) => {
        // The document counted on something that is not stored and is forgotten: what is stored can be read.
        if (error instanceof GivenUp && error.why === 'forgotten' && again > 0)
          return answer(room, bytes, work, done, tell, again - 1);
        if (error instanceof GivenUp) return tell(givenUp[error.why]);
        if (error instanceof Unreadable) return tell(failure(error.code, error.message));
        log.error({ err: error, room }, 'a text could not be read');
        tell(failureOf(error));
      },
    });

  const settle = (): void => {
    if (gathered.size === 0) return;
    const all = gathered;
    gathered = new Map();
    for (const [room, stagings] of all) stageAll(room, stagings);
  };

  return {
    stage(staging) {
      if (staging.bytes.length <= smallUpdate) return gather(staging);
      settleRoom(staging.room);
      stageNow(staging);
    },
    stageNow(staging) {
      settleRoom(staging.room);
      stageNow(staging);
    },
    settle,
    difference(room, vector, done, tell) {
      answer(room, vector.length, (text, work) => text.difference(vector, work), done, tell);
    },
    stateVector: (room, done, tell) =>
      answer(room, 0, (text) => only(Y.encodeStateVector(text.doc)), done, tell),
    whole(room) {
      flush();
      trim();
      const work = unbounded();
      // While somebody's large update is on its way in, the loaded document is ahead of what is stored.
      const text = atOnce(turns.isBusy(room) ? read(room, work) : open(room, work));
      return atOnce(text.encode(new Map(), work));
    },
    forget(room) {
      turns.giveUp(room);
      drop(room);
    },
    stored({ room, bytes }) {
      loaded.get(room)?.stored(bytes.length);
    },
    measured(room, bytes) {
      loaded.get(room)?.measured(bytes);
    },
    trim,
    stop() {
      settle();
      turns.stop();
    },
  };
}
