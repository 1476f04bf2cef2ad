import { asBytes } from '../../shared/base/bytes.ts';
import { failure, type ErrorCode, type Failure } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { decodeClientMessage, encodeRelayMessage } from '../../shared/protocol/codec.ts';
import type { ClientMessage, HandedRow, Hello, RelayMessage } from '../../shared/protocol/messages.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';
import type { Watcher } from './awareness.ts';
import type { Caller, Connection, Link } from './contract.ts';
import type { Core } from './core.ts';
import type { Outgoing } from './outbox.ts';
import { damagedRoom } from './quarantine.ts';
import { failureOf, roomDamaged } from './failure-of.ts';
import { frameSum } from './frame-sum.ts';
import { unsentAfter, type DeviceSession } from './session.ts';

/** Speaks PROTOCOL.md with one device: waits for the hello, then answers frames in order. */
export function connectDevice(
  core: Core,
  link: Link,
  authenticate: (token: string | undefined) => Caller | null,
): Connection {
  let session: DeviceSession | null = null;
  let watcher: Watcher | null = null;
  let pull: ReturnType<Core['pulls']['open']> | null = null;
  let readOnly = false;
  let closed = false;
  /** Something could not be stored: what comes behind it must not be stored before it, so nothing is taken any more. */
  let isDeaf = false;
  /** Its numbers are not what the relay has, so what comes behind must not overtake what was refused for that. */
  let isMiscounting = false;
  /** Its last update was refused. */
  let isRefused = false;
  const out: Outgoing = core.outboxes.open(link, () => close('too-slow', 'the device does not keep up'));

  const say = (message: RelayMessage): void => out.send(encodeRelayMessage(message));

  const gone = (): void => {
    if (closed) return;
    closed = true;
    out.end();
    if (watcher) core.awareness.leave(watcher);
    if (session) core.sessions.remove(session);
  };

  const close = (code: ErrorCode, message: string, unsent = unsentAfter(code)): void => {
    if (closed) return;
    link.send([encodeRelayMessage({ type: 'error', code, message })]);
    gone();
    link.close(code, message, unsent);
  };

  /** After an answer to what this device wanted stored. */
  const answered = (code: ErrorCode): void => {
    if (code !== 'storage-failed' || isDeaf) return;
    isDeaf = true;
    out.finish(() => close(code, 'come back and send again what was not stored'));
  };

  /** A device that is behind has rows of the room on their way, in front of the news. It comes back for the others. */
  const narrow = (): void => {
    if (link.buffered > 0 || out.isHeld)
      close('too-slow', 'rights have changed; come back for the rest', 'drop');
  };

  const lose = (room: RoomId): void => {
    // Nobody watches what they may not read; when the right comes back it may be watched again.
    watched.delete(room);
    narrow();
    if (!closed) say({ type: 'lost', room });
  };

  const notice = (code: ErrorCode, message: string, retryAfter: number): void =>
    say({ type: 'notice', code, message, retryAfter });

  const greet = (hello: Hello): void => {
    if (core.isStopping()) return close('stopping', 'the relay is stopping');
    if (hello.version !== protocolVersion)
      return close('too-old', 'this version of the protocol is not spoken');
    const caller = authenticate(hello.token);
    if (!caller) return close('not-signed-in', 'no such session');
    const actor = core.access.actor(caller.member);
    if (!actor?.active) return close('session-ended', 'no longer a member of this workspace');
    readOnly = hello.schema < schemaVersion;
    // Everything up to `head` is to be asked for, everything after it is pushed: nothing may be queued in between.
    core.committer.flush();
    const self: DeviceSession = {
      caller,
      send: (frame) => out.send(frame),
      end: (code, message) => close(code, message),
      lose,
      narrow,
    };
    session = self;
    watcher = {
      member: caller.member,
      owns: (_room, client) => core.ids.isLeasedTo(caller, client),
      show(room, update) {
        update.deviceFrame ??= encodeRelayMessage({ type: 'awareness', room, bytes: update.bytes });
        out.send(update.deviceFrame);
      },
      full: () => notice('too-many-requests', 'there is no place for more carets in this room', 0),
    };
    say({
      type: 'welcome',
      welcome: {
        workspace: core.store.workspace,
        member: caller.member,
        role: actor.role,
        epoch: core.store.epoch,
        epochs: core.store.epochs,
        backedUp: core.store.backedUp(),
        head: core.store.head(),
        now: core.clock.now(),
        lastCommand: core.commands.lastCommand(caller.device),
        limits: core.limits,
        version: core.version,
      },
    });
    core.sessions.add(self);
    pull = core.pulls.open({
      member: caller.member,
      out,
      isGone: () => closed,
      tooSlow: () => close('too-slow', 'the device does not read the answers to its questions'),
      failed: (error) => failed(error, 'pull'),
    });
  };

  const failed = (error: unknown, type: ClientMessage['type']): void => {
    core.log.error({ err: error, type }, 'a frame could not be answered');
    const { code, message } = failureOf(error);
    close(code, message);
  };

  const answer = (message: ClientMessage, size: number): void => {
    if (message.type === 'hello') {
      if (session) return close('bad-request', 'a second hello');
      return greet(message.hello);
    }
    if (!session) return close('not-signed-in', 'the first frame is a hello');
    const { caller } = session;
    switch (message.type) {
      case 'changes': {
        const changed = core.catchUp.changed(caller.member, message.since);
        return say({ type: 'changed', request: message.request, changed });
      }
      case 'pull': {
        if (message.wants.length > core.limits.pullRooms)
          return close('too-large', 'too many rooms in one pull');
        return pull?.(message.request, message.wants);
      }
      case 'history': {
        const { request, room, before, limit } = message;
        core.committer.flush();
        try {
          const content = core.catchUp.history(caller.member, room, before, limit);
          return say({ type: 'history', request, content });
        } catch (error) {
          if (damagedRoom(error) === null) throw error;
          return say({ type: 'refused', request, ...roomDamaged });
        }
      }
      case 'update':
        return takeUpdate(caller, message.request, message.room, message.bytes);
      case 'command': {
        const { id } = message.command;
        const refused = readOnly
          ? failure('too-old', 'this version of Weft may read, not write')
          : size > core.limits.command
            ? failure('too-large', 'the command is too large')
            : isMiscounting
              ? failure('out-of-order', 'a command before it was out of order: come back')
              : null;
        if (refused?.code === 'too-large') core.metrics.struck('command');
        if (refused)
          return say({
            type: 'result',
            result: { id, ok: false, code: refused.code, message: refused.message },
          });
        return core.commands.take(caller, message.command, (result) => {
          say({ type: 'result', result });
          if (result.ok) return;
          if (result.code === 'out-of-order') isMiscounting = true;
          answered(result.code);
        });
      }
      case 'lease':
        return core.ids.draw(caller, message.count, leased(message.request), refused(message.request));
      case 'reclaim':
        return core.ids.reclaim(caller, message.leases, leased(message.request), refused(message.request));
      case 'watch':
        return watch(message.room);
      case 'unwatch':
        watched.delete(message.room);
        if (watcher) core.awareness.unwatch(message.room, watcher);
        return;
      case 'awareness':
        if (watcher && !core.awareness.receive(message.room, watcher, message.bytes))
          close('bad-frame', 'not an awareness update');
        return;
      case 'ping':
        return say({ type: 'pong' });
      case 'handback':
        return takeBack(message.request, message.rows);
    }
  };

  const watched = new Set<RoomId>();
  const watch = (room: RoomId): void => {
    if (!watcher || watched.has(room)) return;
    if (watched.size >= core.bounds.watchedRooms) {
      core.metrics.struck('watchedRooms');
      return notice('too-many-requests', 'this device watches too many rooms', 0);
    }
    // A room that may not be read is watched in vain, like one that is not there.
    core.committer.flush();
    if (!core.access.decide(watcher.member, { do: 'read' }, room).ok) return;
    watched.add(room);
    core.metrics.reached('watchedRooms', watched.size);
    core.awareness.watch(room, watcher);
  };

  const leased = (request: number) => (leases: readonly { id: number; receipt: Uint8Array }[]) =>
    say({
      type: 'leased',
      request,
      ids: leases.map((each) => each.id),
      receipts: leases.map((each) => each.receipt),
    });
  const refused = (request: number) => (why: Failure) =>
    say({ type: 'refused', request, code: why.code, message: why.message });

  const returns = core.handback.open();
  const takeBack = (request: number, rows: readonly HandedRow[]): void => {
    const busy = returns.take(rows, (results) => say({ type: 'handed', request, results }));
    if (busy) refused(request)(busy);
  };

  const takeUpdate = (caller: Caller, request: number, room: RoomId, bytes: Uint8Array): void => {
    const refused = (code: ErrorCode, message: string): void => {
      isRefused = true;
      say({ type: 'refused', request, code, message });
      answered(code);
    };
    if (readOnly) return refused('too-old', 'this version of Weft may read, not write');
    core.updates.take(caller, room, bytes, 'leased', {
      acked(cursor) {
        isRefused = false;
        say({ type: 'acked', request, cursor });
      },
      refused: ({ code, message }) => refused(code, message),
    });
  };

  return {
    receive(message) {
      if (closed || isDeaf) return;
      const decoded = decodeClientMessage(asBytes(message), 4 * core.limits.command, frameSum);
      if (!decoded.ok) {
        core.metrics.refused(decoded.error.code);
        return close('bad-frame', decoded.error.message);
      }
      try {
        answer(decoded.value, message.length);
      } catch (error) {
        failed(error, decoded.value.type);
      }
    },
    gone,
    isRefused: () => isRefused,
    slowed(milliseconds) {
      if (session) notice('too-many-requests', 'this device sends more than the relay reads', milliseconds);
    },
  };
}
