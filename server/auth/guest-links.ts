import type { MemberId } from '../../shared/base/ids.ts';
import { isOfficeTime } from '../../shared/features/customers/hours.ts';
import { filledWelcome } from '../../shared/features/customers/welcome.ts';
import type { ContactLink, SettingsState } from '../../shared/features/customers/settings-schema.ts';

/** The link with this code that lets customers begin now; null for one that is off, over or not there: all the same. */
export function openLink({ links }: SettingsState, code: string, now: number): ContactLink | null {
  const found = Object.values(links).find((each) => each.code === code);
  return found?.on && (found.until === null || now < found.until) ? found : null;
}

export interface Choosing {
  isActive(member: MemberId): boolean;
  /** Customers of this person that are not ended. */
  loadOf(member: MemberId): number;
  readonly at: number;
}

/**
 * Who answers a customer that begins by the link; null when there is nobody. Of a team the one with the fewest who began
 * by this link, or with the fewest customers; of several the first in its order. Outside of office hours, and where
 * nobody of the team is left, whoever stands in for it.
 */
export function chooseOwner(
  { to, hours, turns }: ContactLink,
  { isActive, loadOf, at }: Choosing,
): MemberId | null {
  if ('member' in to) return isActive(to.member) ? to.member : null;
  const standsIn = to.fallback !== null && isActive(to.fallback) ? to.fallback : null;
  if (standsIn !== null && !isOfficeTime(hours, at)) return standsIn;
  const countOf = (member: MemberId): number =>
    to.rule === 'turns' ? (Object.hasOwn(turns, member) ? turns[member]! : 0) : loadOf(member);
  let first: { readonly member: MemberId; readonly count: number } | null = null;
  for (const member of to.team.filter(isActive)) {
    const count = countOf(member);
    if (!first || count < first.count) first = { member, count };
  }
  return first?.member ?? standsIn;
}

/** The company's words with what they speak of, as long as a message may be. */
export const filledIn = (text: string, company: string, person: string): string =>
  filledWelcome(text, company, person).slice(0, 2_000);
