import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import type { Claim, RelayStore } from '../storage/contract.ts';
import type { Access } from './access.ts';
import type { ClientIds } from './client-ids.ts';
import type { Committer } from './commit.ts';
import type { Caller } from './contract.ts';
import type { RelayMetrics } from './metrics.ts';
import type { TextRooms } from './text-rooms.ts';

const mostRemembered = 20_000;

export interface UpdateAnswers {
  acked(cursor: number): void;
  refused(failure: Failure): void;
}

/** How the sender came by its client ids: leased to its device, or brought along by a plain client. */
export type Identity = 'leased' | 'claimed';

export interface Updates {
  /** Judges now, answers when durable. `origin` is the socket that does not want its own back. */
  take(
    caller: Caller,
    room: string,
    bytes: Uint8Array,
    as: Identity,
    answers: UpdateAnswers,
    origin?: object,
  ): void;
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
  return {
    take(caller, room, bytes, as, answers, origin) {
      const refuse = (why: Failure): void => {
        metrics.refused(why.code);
        answers.refused(why);
      };
      const decision = access.decide(caller.member, { do: 'write' }, room);
      if (!decision.ok) return refuse(decision.error);
      const located = access.locate(room);
      if (located?.kind.class !== 'text') return refuse(failure('room-not-found', 'no such room'));
      const used: number[] = [];
      const owns = (client: number): boolean => {
        if (as === 'leased') return ids.isLeasedTo(caller, client);
        used.push(client);
        return ids.mayClaim(caller, located.room, client);
      };
      const staged = texts.stage(located.room, located.kind, bytes, owns);
      if (!staged.ok) return refuse(staged.error);
      if (staged.value === null) return answerAfterQueued(answers);
      committer.enqueue({
        row: {
          room: located.room,
          by: caller.member,
          device: caller.device,
          at: clock.now(),
          bytes: staged.value,
        },
        claims: used.flatMap((client): Claim[] => {
          const claim = ids.claim(caller, located.room, client);
          return claim ? [claim] : [];
        }),
        ...firstReaders(located.room),
        ...(origin ? { origin } : {}),
        done: (row, cursor) => answers.acked(row?.cursor ?? cursor),
        failed: refuse,
      });
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

  /** Nothing new, but what made it old may still be queued: durable only when that is. */
  function answerAfterQueued(answers: UpdateAnswers): void {
    committer.enqueue({ done: (_row, cursor) => answers.acked(cursor), failed: answers.refused });
  }
}
