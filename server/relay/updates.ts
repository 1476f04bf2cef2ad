import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import type { DeviceId, RoomId } from '../../shared/base/ids.ts';
import type { AnyTextKind } from '../../shared/documents/registry.ts';
import type { HandedRow } from '../../shared/protocol/messages.ts';
import type { Claim, NewRow, RelayStore } from '../storage/contract.ts';
import type { Access, Located } from './access.ts';
import type { ClientIds } from './client-ids.ts';
import type { Committer } from './commit.ts';
import type { Caller } from './contract.ts';
import type { RelayMetrics } from './metrics.ts';
import type { Staging, TextRooms } from './text-rooms.ts';

const mostRemembered = 20_000;

export interface UpdateAnswers {
  acked(cursor: number): void;
  refused(failure: Failure): void;
}

/** How the sender came by its client ids: leased to its device, or brought along by a plain client. */
export type Identity = 'leased' | 'claimed';

export interface Updates {
  /** Judges in this turn, answers when durable. `origin` is the socket that does not want its own back. */
  take(
    caller: Caller,
    room: string,
    bytes: Uint8Array,
    as: Identity,
    answers: UpdateAnswers,
    origin?: object,
  ): void;
  /**
   * A row that this relay took before it was restored: judged as its author's update, whatever they may do now, and
   * stored as it was. The room must exist.
   */
  takeBack(row: HandedRow, located: Located, answers: HandedAnswers): void;
  /** These are no callers any more: what of theirs is on its way is not taken. */
  end(isMeant: (caller: Caller) => boolean): void;
}

export interface HandedAnswers {
  taken(): void;
  known(): void;
  refused(failure: Failure): void;
}

/** Devices do not say in a row who they are: it stands where the device of a row would. */
export const handedDevice = 'handed-back' as DeviceId;

interface Taking {
  readonly located: Located & { readonly kind: AnyTextKind };
  readonly row: Omit<NewRow, 'room'>;
  owns(client: number): boolean;
  /** The claims that go with it, once it passed. */
  claims(): Claim[];
  readonly origin?: object;
  /** Asked again when it took more than one turn: rights may be others by then. */
  why(): Failure | null;
  taken(cursor: number): void;
  known(cursor: number): void;
  refused(failure: Failure): void;
}

export interface UpdatesDeps {
  readonly store: RelayStore;
  readonly clock: Clock;
  readonly access: Access;
  readonly texts: TextRooms;
  readonly ids: ClientIds;
  readonly committer: Committer;
  readonly metrics: RelayMetrics;
}

export function createUpdates(deps: UpdatesDeps): Updates {
  const { store, clock, access, texts, ids, committer, metrics } = deps;
  /** Rooms that have a row, which they never lose: asked for every update. */
  const begun = new Set<RoomId>();
  /** Callers of updates that take more than one turn. */
  const onTheirWay = new Set<{ readonly caller: Caller; isEnded: boolean }>();

  const stagingOf = (taking: Taking): Staging => {
    const { located, row, owns, claims, origin, taken, known, refused } = taking;
    return {
      room: located.room,
      kind: located.kind,
      bytes: row.bytes,
      device: row.device,
      owns,
      done(staged, isLate) {
        if (!staged.ok) return refused(staged.error);
        const why = isLate ? taking.why() : null;
        if (why) {
          // The loaded document has it; what others queued behind it is stored before that is read again.
          committer.flush();
          texts.forget(located.room);
          return refused(why);
        }
        // Nothing new, but what made it old may still be queued: durable only when that is.
        if (staged.value === null)
          return committer.enqueue({
            isOfText: true,
            done: (_row, cursor) => known(cursor),
            failed: refused,
          });
        committer.enqueue({
          row: { ...row, room: located.room, bytes: staged.value },
          claims: claims(),
          ...firstReaders(located.room),
          isOfText: true,
          ...(origin ? { origin } : {}),
          done: (stored, cursor) => taken(stored?.cursor ?? cursor),
          failed: refused,
        });
      },
    };
  };

  return {
    take(caller, room, bytes, as, answers, origin) {
      const going = { caller, isEnded: false };
      const refused = (why: Failure): void => {
        onTheirWay.delete(going);
        metrics.refused(why.code);
        answers.refused(why);
      };
      const acked = (cursor: number): void => {
        onTheirWay.delete(going);
        answers.acked(cursor);
      };
      const why = (): Failure | null => {
        if (going.isEnded) return failure('session-ended', 'the session was ended');
        const decision = access.decide(caller.member, { do: 'write' }, room);
        return decision.ok ? null : decision.error;
      };
      const refusal = why();
      if (refusal) return refused(refusal);
      const located = access.locate(room);
      if (!isText(located)) return refused(failure('room-not-found', 'no such room'));
      const used: number[] = [];
      onTheirWay.add(going);
      const taking: Taking = {
        located,
        row: { by: caller.member, device: caller.device, at: clock.now(), bytes },
        owns(client) {
          if (as === 'leased') return ids.isLeasedTo(caller, client);
          used.push(client);
          return ids.mayClaim(caller, located.room, client);
        },
        claims: () => used.flatMap((client) => ids.claim(caller, located.room, client) ?? []),
        ...(origin ? { origin } : {}),
        why,
        taken: acked,
        known: acked,
        refused,
      };
      try {
        texts.stage(stagingOf(taking));
      } catch (error) {
        onTheirWay.delete(going);
        throw error;
      }
    },
    takeBack({ by, at, bytes }, located, { taken, known, refused }) {
      if (!isText(located)) return refused(failure('room-not-found', 'no such room'));
      const used: number[] = [];
      const taking: Taking = {
        located,
        row: { by, device: handedDevice, at, bytes },
        owns(client) {
          used.push(client);
          return ids.mayHandBack(by, located.room, client);
        },
        claims: () => used.flatMap((client) => ids.keep(by, located.room, client) ?? []),
        why: () => null,
        taken,
        known,
        refused,
      };
      texts.stageNow(stagingOf(taking));
    },
    end(isMeant) {
      for (const going of onTheirWay) if (isMeant(going.caller)) going.isEnded = true;
    },
  };

  /** A room without a governing room has its readers stored with its first row. */
  function firstReaders(room: RoomId) {
    if (begun.has(room)) return {};
    const located = access.locate(room);
    if (!located) return {};
    if (store.room(room)) {
      if (begun.size >= mostRemembered) begun.clear();
      begun.add(room);
      return {};
    }
    const readers = [...access.readersGovernedBy(located)].map(([each, after]) => ({
      room: each,
      readers: after,
    }));
    return readers.length > 0 ? { readers } : {};
  }
}

const isText = (located: Located | null): located is Located & { readonly kind: AnyTextKind } =>
  located?.kind.class === 'text';
