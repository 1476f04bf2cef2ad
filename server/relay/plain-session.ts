import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { asBytes, type Bytes } from '../../shared/base/bytes.ts';
import { failure, type ErrorCode, type Failure } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { encodeHiddenRun, encodeLogRun, logWriter } from '../../shared/protocol/log-bytes.ts';
import { StorageError } from '../storage/storage-error.ts';
import { onlyPart } from './access.ts';
import type { AwarenessUpdate, Watcher } from './awareness.ts';
import type { Caller, Connection, Link } from './contract.ts';
import type { Core } from './core.ts';
import { failureOf } from './failure-of.ts';
import { entriesOf } from './log-rooms.ts';
import type { Outgoing } from './outbox.ts';
import { unsentAfter, type PlainSession } from './session.ts';

// Message types of y-websocket, and of the sync protocol inside the first.
const sync = 0;
const awareness = 1;
const auth = 2;
const queryAwareness = 3;
const step1 = 0;
const step2 = 1;
const update = 2;

/** Updates that did not fit one after the other: from then on asking again is not going to help. */
const mostGaps = 8;

/** Entries of a log in one message: what is more comes in messages of later turns of the loop. */
const entriesAtOnce = 100;
/** Bytes that may lie unread while there is more of a log to come, and milliseconds until it is looked at again. */
const mostUnread = 1024 * 1024;
const breath = 20;
/** Bytes of the state vector of a log, which has one writer. */
const longestLogVector = 64 * 1024;

function frame(...parts: readonly (number | Uint8Array | string)[]): Bytes {
  const encoder = encoding.createEncoder();
  for (const part of parts) {
    if (typeof part === 'number') encoding.writeVarUint(encoder, part);
    else if (typeof part === 'string') encoding.writeVarString(encoder, part);
    else encoding.writeVarUint8Array(encoder, part);
  }
  return asBytes(encoding.toUint8Array(encoder));
}

/** A stored row as plain clients take it in. */
export const plainUpdate = (bytes: Uint8Array): Bytes => frame(sync, update, bytes);

const undecodable = failure('bad-frame', 'cannot be decoded');

export function connectPlain(
  core: Core,
  link: Link,
  caller: Caller,
  room: RoomId,
): Result<Connection, Failure> {
  if (core.isStopping()) return err(failure('stopping', 'the relay is stopping'));
  // A right that is only queued must not open a room yet: the disk may still refuse it.
  core.committer.flush();
  const decision = core.access.decide(caller.member, { do: 'read' }, room);
  if (!decision.ok) return decision;
  if (core.access.window(caller.member, room).isPart) return err(onlyPart);
  const isLog = core.access.locate(room)?.kind.class === 'log';
  let closed = false;
  let gaps = 0;
  let deniedAlready = false;

  const out: Outgoing = core.outboxes.open(link, () => close('too-slow', 'the client does not keep up'));

  const watcher: Watcher = {
    member: caller.member,
    owns: (_room, client) => core.ids.mayClaim(caller, room, client),
    show: (_room, told: AwarenessUpdate) => {
      told.plainFrame ??= frame(awareness, told.bytes);
      out.send(told.plainFrame);
    },
  };

  const gone = (): void => {
    if (closed) return;
    closed = true;
    out.end();
    core.awareness.leave(watcher);
    core.plainSessions.remove(session);
  };

  const close = (code: ErrorCode, message: string): void => {
    if (closed) return;
    gone();
    link.close(code, message, unsentAfter(code));
  };

  const session: PlainSession = { caller, room, send: (bytes) => out.send(bytes), end: close };

  const deny = (reason: string): void => out.send(frame(auth, 0, `permission denied: ${reason}`));

  const unread = ({ code, message }: Failure): void => close(code, message);

  /** Asks for everything the relay lacks. */
  const ask = (): void => {
    const send = (vector: Uint8Array): void => out.send(frame(sync, step1, vector));
    if (isLog) send(encodeLogVector(core.store.room(room)?.rows ?? 0));
    else core.texts.stateVector(room, send, unread);
  };

  const tell = (vector: Uint8Array): void => {
    const send = (bytes: Uint8Array): void => out.send(frame(sync, step2, bytes));
    if (!isLog) return core.texts.difference(room, vector, send, unread);
    if (vector.length > longestLogVector) return close('bad-frame', 'not the state vector of a log');
    const from = Y.decodeStateVector(vector).get(logWriter) ?? 0;
    if (isTelling) askedAgain = from;
    else tellReadable(from);
  };

  /** What its member may not know is there as a place, and empty. */
  const tellReadable = (from: number): void => {
    const end = core.store.room(room)?.rows ?? 0;
    const first = Math.min(core.access.window(caller.member, room).from, end);
    if (from < first) out.send(plainUpdate(encodeHiddenRun(from, first)));
    tellLog(Math.max(from, first), end);
  };

  let isTelling = false;
  /** From where on the client wants the log once more, when it has been told. */
  let askedAgain: number | null = null;

  const tellLog = (from: number, end: number): void => {
    const until = Math.min(end, from + entriesAtOnce);
    const entries = entriesOf(core.store.rowsFrom(room, from, Math.max(0, until - from)));
    isTelling = until < end;
    out.send(frame(sync, isTelling ? update : step2, encodeLogRun(from, entries)));
    if (isTelling) return core.inLine(() => goOn(() => tellLog(until, end)));
    if (askedAgain === null) return;
    isTelling = true;
    const again = askedAgain;
    askedAgain = null;
    core.inLine(() => goOn(() => tellReadable(again)));
  };

  const goOn = (tell: () => void): void => {
    if (closed) return;
    if (link.buffered > mostUnread) return core.later(breath, () => goOn(tell));
    try {
      tell();
    } catch (error) {
      failed(error);
    }
  };

  const failed = (error: unknown): void => {
    core.log.warn({ err: error, room }, 'a plain message could not be answered');
    const { code, message: why } = error instanceof StorageError ? failureOf(error) : undecodable;
    close(code, why);
  };

  const refused = (why: Failure): void => {
    const isGap = why.code === 'update-clock-gap' || why.code === 'update-missing-reference';
    // A client that types before it has answered our question is honest: what is missing comes with its answer.
    if (isGap && ++gaps < mostGaps) return ask();
    if (why.code === 'read-only' || why.code === 'forbidden' || why.code === 'document-deleted') {
      if (!deniedAlready) deny(why.message);
      deniedAlready = true;
      return;
    }
    deny(why.message);
    core.outboxes.flush();
    close(why.code, why.message);
  };

  const take = (bytes: Uint8Array): void => {
    // Every client answers the relay's question, also one that has nothing to say.
    if (bytes.length === 2 && bytes[0] === 0 && bytes[1] === 0) return;
    core.updates.take(
      caller,
      room,
      bytes,
      'claimed',
      {
        acked: () => {
          gaps = 0;
        },
        refused,
      },
      session,
    );
  };

  const answer = (message: Uint8Array): void => {
    const decoder = decoding.createDecoder(message);
    switch (decoding.readVarUint(decoder)) {
      case sync: {
        const step = decoding.readVarUint(decoder);
        const bytes = decoding.readVarUint8Array(decoder);
        if (step === step1) return tell(bytes);
        if (step === step2 || step === update) return take(bytes);
        return close('bad-frame', 'unknown step of the sync protocol');
      }
      case awareness:
        if (!core.awareness.receive(room, watcher, decoding.readVarUint8Array(decoder)))
          close('bad-frame', 'not an awareness update');
        return;
      case queryAwareness: {
        const told = core.awareness.current(room);
        if (told) watcher.show(room, told);
        return;
      }
      case auth:
        return;
      default:
        return close('bad-frame', 'unknown message type');
    }
  };

  core.plainSessions.add(session);
  core.awareness.watch(room, watcher);
  ask();

  return ok({
    receive(message) {
      if (closed) return;
      try {
        answer(message);
      } catch (error) {
        failed(error);
      }
    },
    gone,
  });
}

function encodeLogVector(rows: number): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, rows > 0 ? 1 : 0);
  if (rows > 0) {
    encoding.writeVarUint(encoder, logWriter);
    encoding.writeVarUint(encoder, rows);
  }
  return encoding.toUint8Array(encoder);
}
