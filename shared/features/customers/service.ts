import type { LogEntry } from '../../access/kind.ts';
import { isGuest } from '../../base/guests.ts';
import { isFactId, type CommandId } from '../../base/ids.ts';

/*
 * How a customer is served, told from their conversation entry by entry: who waits, and the talks it consists of. A
 * conversation with a customer never ends by itself, so figures speak of *talks*: one begins with what the guest says
 * when nothing is open, and is over when the company answered and nobody said anything for a day.
 *
 * An answer is a message that somebody of the company wrote. What the relay says in their name (the welcome, broadcasts,
 * words at a handover) is none.
 */

/** Silence after an answer that ends a talk, milliseconds. */
export const talkGap = 24 * 3_600_000;

export interface Talk {
  /** When the guest began it. */
  readonly since: number;
  readonly firstAnswerAt: number | null;
  readonly lastAnswerAt: number | null;
  readonly lastGuestAt: number;
}

export interface Service {
  /** The message that was said last, by whomever. */
  readonly lastId: CommandId | null;
  readonly lastGuestAt: number | null;
  readonly lastStaffAt: number | null;
  /** Since when the guest waits: their first message that nobody answered. */
  readonly waitingSince: number | null;
  /** The newest one. */
  readonly talk: Talk | null;
}

export const noService: Service = {
  lastId: null,
  lastGuestAt: null,
  lastStaffAt: null,
  waitingSince: null,
  talk: null,
};

/** Whether the talk is over at that moment: answered, and silent since for long enough. */
export const isOver = ({ lastAnswerAt, lastGuestAt }: Talk, at: number): boolean =>
  lastAnswerAt !== null && lastAnswerAt >= lastGuestAt && at - lastAnswerAt > talkGap;

function fromGuest(before: Service, { id, at }: LogEntry): Service {
  const { talk } = before;
  const isNew = talk === null || isOver(talk, at);
  return {
    ...before,
    lastId: id,
    lastGuestAt: Math.max(at, before.lastGuestAt ?? at),
    waitingSince: before.waitingSince ?? at,
    talk: isNew
      ? { since: at, firstAnswerAt: null, lastAnswerAt: null, lastGuestAt: at }
      : { ...talk, lastGuestAt: Math.max(at, talk.lastGuestAt) },
  };
}

function fromStaff(before: Service, { id, at }: LogEntry): Service {
  const { talk } = before;
  const isLate = talk !== null && talk.firstAnswerAt !== null && isOver(talk, at);
  return {
    ...before,
    lastId: id,
    lastStaffAt: Math.max(at, before.lastStaffAt ?? at),
    waitingSince: null,
    // Who writes to a customer after a talk is over begins none: that is not an answer.
    talk:
      talk === null || isLate
        ? talk
        : {
            ...talk,
            firstAnswerAt: talk.firstAnswerAt ?? Math.max(at, talk.since),
            lastAnswerAt: Math.max(at, talk.lastAnswerAt ?? talk.since),
          },
  };
}

const targetOf = (data: unknown): unknown =>
  (data as { readonly target?: { readonly id?: unknown } } | null)?.target?.id;

/** What one more entry of the conversation makes of it; the same object where it makes nothing. Pure. */
export function servedBy(before: Service, entry: LogEntry): Service {
  switch (entry.type) {
    case 'chat.send':
      if (isGuest(entry.by)) return fromGuest(before, entry);
      return isFactId(entry.id) ? before : fromStaff(before, entry);
    case 'chat.recall':
      // Who takes back the last thing they said waits for nothing.
      return isGuest(entry.by) && targetOf(entry.data) === before.lastId
        ? { ...before, waitingSince: null }
        : before;
    default:
      return before;
  }
}
