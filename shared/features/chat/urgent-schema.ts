import * as z from 'zod/mini';
import type { EntryTarget } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import { memberId } from '../directory/schema.ts';
import { target } from './target.ts';

/** People who are asked to confirm one message. */
export const mostUrged = 200;
/** Urgent messages of one author in one conversation that somebody has not confirmed. */
export const mostUrgent = 5;

/**
 * These people are asked to confirm the message, from now on and anew: said as a whole, so that nobody takes it back. It
 * is urgent to nobody any more.
 */
export const chatUrge = z.object({
  target,
  members: z.array(memberId).check(
    z.maxLength(mostUrged),
    z.refine((each) => new Set(each).size === each.length, 'one twice'),
  ),
});
export const chatConfirmUrgent = z.object({ target });

/** A message whose author asks people to confirm it. It is in the state until they all did. */
export interface UrgentMessage extends EntryTarget {
  readonly by: MemberId;
  /** When they were asked, milliseconds since 1970. */
  readonly at: number;
  readonly waiting: readonly MemberId[];
}

interface WithUrgent {
  readonly members: Readonly<Record<MemberId, unknown>>;
  readonly urgent?: readonly UrgentMessage[];
}

/** Those that somebody who is in the conversation has not confirmed. */
export const openUrgent = ({ urgent = [], members }: WithUrgent): readonly UrgentMessage[] =>
  urgent.filter(({ waiting }) => waiting.some((member) => Object.hasOwn(members, member)));

/** Those that this person is asked to confirm. */
export const urgentFor = ({ urgent = [], members }: WithUrgent, me: MemberId): readonly UrgentMessage[] =>
  Object.hasOwn(members, me) ? urgent.filter(({ waiting }) => waiting.includes(me)) : [];

/** Nobody is asked about this message any more. */
export function calm(draft: { urgent?: readonly UrgentMessage[] }, { id }: EntryTarget): void {
  if (draft.urgent?.some((each) => each.id === id))
    draft.urgent = draft.urgent.filter((each) => each.id !== id);
}
