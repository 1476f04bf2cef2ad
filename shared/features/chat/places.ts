import type { ChatState, GuestPlace } from './schema.ts';

/** Groups of a guest with those that they left, as far as that is remembered. */
const mostPlaces = 100;

/** Groups in which a guest is, or to which they are asked, as their own conversation says. */
export const groupsOf = ({ groups = {} }: ChatState): string[] =>
  Object.keys(groups).filter((group) => groups[group]!.is !== 'out');

export function changePlace(draft: ChatState, group: string, place: GuestPlace): void {
  const others = Object.entries(draft.groups ?? {}).filter(([each]) => each !== group);
  const left = others.filter(([, { is }]) => is === 'out').map(([each]) => each);
  const forgotten = new Set(left.slice(0, Math.max(0, others.length + 1 - mostPlaces)));
  const kept = others.filter(([each]) => !forgotten.has(each));
  draft.groups = { ...Object.fromEntries(kept), [group]: place };
}

/** A conversation that is over is in no group. */
export function leaveGroups(draft: ChatState): void {
  for (const group of groupsOf(draft)) changePlace(draft, group, { ...draft.groups![group]!, is: 'out' });
}
