import type { Bytes } from '../../shared/base/bytes.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import { encodeRelayMessage } from '../../shared/protocol/codec.ts';
import { encodeRelayMessageInSteps } from '../../shared/protocol/large-frames.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { Want } from '../../shared/protocol/messages.ts';
import type { Batch, CatchUp } from './catch-up.ts';
import type { Line } from './line.ts';
import type { RelayMetrics } from './metrics.ts';
import type { Outgoing } from './outbox.ts';
import { damagedRoom } from './quarantine.ts';

/** One device, as its pulls are answered. */
export interface Puller {
  readonly member: MemberId;
  readonly out: Outgoing;
  isGone(): boolean;
  /** Questions wait while it does not read the answers, and they are too many. */
  tooSlow(): void;
  failed(error: unknown): void;
}

/**
 * Answers the pulls of each socket in their order. While much of what it was sent lies unread, its next one waits, so
 * a slow reader of a large text is no trouble; and a large text is made in steps, one text at a time for all sockets
 * and a step in each turn. What else the socket is sent meanwhile waits behind it: an answer is always of the moment
 * at which it was begun.
 */
export interface Pulls {
  /** Returns what takes the pulls of this device. */
  open(puller: Puller): (request: number, wants: readonly Want[]) => void;
}

export interface PullsDeps {
  readonly catchUp: CatchUp;
  readonly metrics: RelayMetrics;
  readonly inLine: Line;
  /** Stores what is queued: a right that the disk may still refuse must not open a room. */
  flush(): void;
  later(milliseconds: number, run: () => void): void;
}

/** Bytes that may lie unread when the next pull is answered, and milliseconds until it is looked at again. */
const mostUnread = 2 * limits.batch;
const breath = 20;
/** Bytes that may lie unread on all sockets that were given large texts, and on those of one member, before the next is made. */
const mostLying = 256 * 1024 * 1024;
const mostLyingOfOne = 64 * 1024 * 1024;
/** Looks, a breath apart, at a reader who takes nothing while others wait for the place: a minute. */
const mostLooks = 3_000;
/** Pulls of one socket that may wait; an honest device asks again when it has the answer, and has two under way. */
const mostWaiting = 256;

interface Waiting {
  readonly request: number;
  readonly wants: readonly Want[];
}

const batchOf = (request: number, { rooms, missing, damaged }: Omit<Batch, 'large'>) =>
  ({ type: 'batch', request, rooms, missing, damaged }) as const;

export function createPulls(deps: PullsDeps): Pulls {
  const { catchUp, metrics, inLine, flush, later } = deps;
  /** Those who want a large text, in order; one is made at a time. */
  const makers: { readonly puller: Puller; make(): void }[] = [];
  let isMaking = false;
  let isLooking = false;
  /** Those who were given one and have not read most of it; how much was left, and for how many looks. */
  let readers: { readonly puller: Puller; left: number; looks: number }[] = [];

  const mayHave = ({ member }: Puller): boolean => {
    let [all, own] = [0, 0];
    for (const { puller } of readers) {
      all += puller.out.lying;
      if (puller.member === member) own += puller.out.lying;
    }
    return all < mostLying && own < mostLyingOfOne;
  };

  /** Somebody waits for a place that a reader has who takes nothing. */
  const look = (): void => {
    isLooking = false;
    for (const reader of readers) {
      const { lying } = reader.puller.out;
      reader.looks = lying < reader.left ? 0 : reader.looks + 1;
      reader.left = lying;
      if (reader.looks < mostLooks) continue;
      metrics.struck('queue');
      reader.puller.tooSlow();
    }
    begin();
  };

  const begin = (): void => {
    if (isMaking || makers.length === 0) return;
    readers = readers.filter(({ puller }) => !puller.isGone() && puller.out.lying > mostUnread);
    const at = makers.findIndex(({ puller }) => puller.isGone() || mayHave(puller));
    const [maker] = at < 0 ? [] : makers.splice(at, 1);
    if (maker) {
      isMaking = true;
      inLine(maker.make);
    } else if (!isLooking) {
      isLooking = true;
      later(breath, look);
    }
  };
  const done = (): void => {
    isMaking = false;
    begin();
  };

  const open = (puller: Puller) => {
    const { member, out, isGone } = puller;
    let waiting: Waiting[] = [];
    /** Something is on its way that goes on with those who wait. */
    let isBusy = false;

    function* steps(request: number, { large, missing, damaged }: Batch): Generator<void, Bytes, void> {
      try {
        const content = yield* catchUp.inSteps(large!);
        return yield* encodeRelayMessageInSteps(batchOf(request, { rooms: [content], missing, damaged }));
      } catch (error) {
        if (damagedRoom(error) === null) throw error;
        return encodeRelayMessage(
          batchOf(request, { rooms: [], missing, damaged: [...damaged, large!.room] }),
        );
      }
    }

    const guarded = (work: () => void): boolean => {
      try {
        work();
        return true;
      } catch (error) {
        puller.failed(error);
        return false;
      }
    };

    const batchNow = (wants: readonly Want[]): Batch => {
      flush();
      return catchUp.batch(member, wants);
    };

    /** What may be read was asked long ago: it is asked again when the text is begun. */
    const makeLarge = ({ request, wants }: Waiting): void => {
      const sent = (send: () => void): void => {
        send();
        readers.push({ puller, left: out.lying, looks: 0 });
        done();
        goOn();
      };
      /** Whoever is gone, or fails, makes place for the next. */
      const unlessGone = (work: () => void): void => {
        if (isGone() || !guarded(work)) done();
      };
      unlessGone(() => {
        const batch = batchNow(wants);
        if (!batch.large) return sent(() => out.send(encodeRelayMessage(batchOf(request, batch))));
        const release = out.hold();
        const work = steps(request, batch);
        const step = (): void =>
          unlessGone(() => {
            const made = work.next();
            if (made.done !== true) return inLine(step);
            sent(() => release(made.value));
          });
        inLine(step);
      });
    };

    /** Answers one; true when it is answered and the next may come. */
    const answer = (asked: Waiting): boolean => {
      const batch = batchNow(asked.wants);
      if (!batch.large) {
        out.send(encodeRelayMessage(batchOf(asked.request, batch)));
        return true;
      }
      isBusy = true;
      makers.push({ puller, make: () => makeLarge(asked) });
      begin();
      return false;
    };

    const goOn = (): void => {
      isBusy = false;
      guarded(() => {
        while (waiting.length > 0 && !isGone()) {
          if (out.lying > mostUnread) {
            isBusy = true;
            return later(breath, goOn);
          }
          if (!answer(waiting.shift()!)) return;
        }
      });
    };

    return (request: number, wants: readonly Want[]): void => {
      waiting.push({ request, wants });
      if (!isBusy) return goOn();
      if (waiting.length <= mostWaiting) return;
      metrics.struck('queue');
      waiting = [];
      puller.tooSlow();
    };
  };

  return { open };
}
