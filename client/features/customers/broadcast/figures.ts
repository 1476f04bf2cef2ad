/* How far a message to many is, in words and numbers. */
import type { MemberId } from '../../../../shared/base/ids.ts';
import {
  outcomes,
  type BroadcastState,
  type Letter,
  type Outcome,
} from '../../../../shared/features/customers/broadcast-schema.ts';
import { isAsked, isOver, partOf, sumOf } from '../../../../shared/features/customers/broadcast-state.ts';
import { isOfficeTime } from '../../../../shared/features/customers/hours.ts';
import { dayAndTime } from '../../../i18n/index.ts';
import { t } from './strings.ts';

export type Figure = Outcome | 'waiting' | 'read' | 'answered';

/** What somebody sees of it: whoever made it all, others their own part. */
export function seenBy(
  state: BroadcastState,
  me: MemberId,
): { readonly all: number; readonly counts: Readonly<Partial<Record<Outcome, number>>> } {
  const part = state.begun?.by === me ? null : partOf(state, me);
  const counts = part ? part.counts : state.counts;
  const named = (Object.keys(outcomes) as Letter[]).flatMap((letter) =>
    counts[letter] ? [[outcomes[letter], counts[letter]] as const] : [],
  );
  return {
    all: part ? part.customers : (state.submitted?.customers ?? 0),
    counts: Object.fromEntries(named),
  };
}

export const doneOf = (state: BroadcastState): number => sumOf(state.counts);

/** Whether all that is left waits for somebody's word. */
const waitsForWord = (state: BroadcastState): boolean =>
  state.owners.every(
    ({ member, customers, counts }) => isAsked(state, member) || sumOf(counts) === customers,
  );

export function stateIn(state: BroadcastState, now: number): string {
  const { stopped, submitted, finishedAt, looked } = state;
  if (stopped) return { asked: t.stopped, lost: t.lost, left: t.left }[stopped.why];
  if (finishedAt !== null) return t.done;
  if (!submitted || looked < submitted.customers) return t.preparing;
  if (submitted.from !== null && submitted.from > now)
    return t.plannedFor({ date: dayAndTime(submitted.from, now) });
  if (!isOver(state) && waitsForWord(state)) return t.waits;
  return isOfficeTime(submitted.hours, now) ? t.sending : t.resting;
}

export const figureName = (figure: Figure): string => t[figure];
