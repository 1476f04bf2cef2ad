import * as z from 'zod/mini';
import { entryRule } from '../../access/fold.ts';
import { revokingRule } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import { memberId } from '../directory/schema.ts';
import type { CustomerState } from './customer-schema.ts';
import { isOfficeTime, officeTime } from './hours.ts';
import type { SettingsState } from './settings-schema.ts';
import { moment } from './words.ts';

/*
 * Customers who wait too long: those of a team go to another one of the team, those of one person are marked, for the
 * person and for who is set above them. Time outside of the office hours of the link they came by does not count.
 */

/** The relay's word: they had waited since then, and go to that owner; to nobody else where it names none. */
export const customerUnanswered = z.object({ since: moment, owner: z.optional(memberId) });
type Unanswered = z.infer<typeof customerUnanswered>;

export const unansweredFolds = {
  'customer.unanswered': entryRule<CustomerState, Unanswered>(
    customerUnanswered,
    (draft, { since, owner }, { at }) => {
      const before = draft.waited?.since === since ? draft.waited.tried : [];
      draft.waited = { since, at, tried: [...before, ...(draft.owner === null ? [] : [draft.owner])] };
      if (owner === undefined) return;
      draft.owner = owner;
      draft.helpers = draft.helpers.filter((member) => member !== owner);
      delete draft.handed;
    },
  ),
};

/** Who gave them away must not have them again because a restored relay forgot it. */
export const unansweredRevoking = {
  'customer.unanswered': revokingRule<CustomerState, Unanswered>(customerUnanswered, ({ owner }, state) =>
    owner === undefined || !state.begun || state.owner === owner
      ? null
      : { type: 'customer.assign', data: { owner } },
  ),
};

export interface Looking {
  /** Milliseconds since 1970. */
  readonly at: number;
  isActive(member: MemberId): boolean;
  /** Customers of this person that are not ended. */
  loadOf(member: MemberId): number;
}

/** What is to be said of a customer who waits since that moment; null while there is nothing to say. */
export function dueOf(
  file: CustomerState,
  settings: SettingsState,
  since: number,
  { at, isActive, loadOf }: Looking,
): Unanswered | null {
  const after = settings.unanswered?.after ?? null;
  if (after === null || file.owner === null || file.ended !== null || file.into !== undefined) return null;
  const id = file.link?.id ?? '';
  const link = Object.hasOwn(settings.links, id) ? settings.links[id]! : null;
  const hours = link?.hours ?? null;
  const waited = file.waited?.since === since ? file.waited : null;
  // Whoever got them has as long, also for what was asked before in another of their conversations.
  const from = Math.max(since, file.waited?.at ?? since);
  if (!isOfficeTime(hours, at) || officeTime(hours, from, at) < after * 60_000) return null;
  const tried = [...(waited?.tried ?? []), file.owner];
  const isNew = (member: MemberId): boolean => isActive(member) && !tried.includes(member);
  const team = link && 'team' in link.to ? link.to : null;
  let next: { readonly member: MemberId; readonly count: number } | null = null;
  for (const member of team?.team.filter(isNew) ?? []) {
    const turns = link && Object.hasOwn(link.turns, member) ? link.turns[member]! : 0;
    const count = team!.rule === 'turns' ? turns : loadOf(member);
    if (!next || count < next.count) next = { member, count };
  }
  const standsIn = team && team.fallback !== null && isNew(team.fallback) ? team.fallback : undefined;
  const owner = next?.member ?? standsIn;
  if (owner !== undefined) return { since, owner };
  // All have had them, or there is no team: said once.
  return waited === null ? { since } : null;
}
