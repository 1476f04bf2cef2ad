/* What a contact link is for the one who looks at it. */
import type { MemberId } from '../../../../../shared/base/ids.ts';
import type {
  ContactLink,
  LinkTo,
  OfficeHours,
} from '../../../../../shared/features/customers/settings-schema.ts';

export type LinkSaid = Omit<ContactLink, 'by' | 'begun' | 'turns'>;

/** Where customers get to by it. */
export const addressOf = (origin: string, { code }: Pick<ContactLink, 'code'>): string =>
  new URL(`/c/${code}`, origin).href;

/** `ended`: its time is over, whatever the switch says. */
export const stateOf = (
  { on, until }: Pick<ContactLink, 'on' | 'until'>,
  now: number,
): 'on' | 'off' | 'ended' => (until !== null && until <= now ? 'ended' : on ? 'on' : 'off');

/** Everybody who may answer by it, who does without the others last. */
export const peopleOf = (to: LinkTo): readonly MemberId[] =>
  'member' in to
    ? [to.member]
    : [...to.team, ...(to.fallback === null || to.team.includes(to.fallback) ? [] : [to.fallback])];

/** A file's name from what people wrote: no signs that a system takes for something else. */
export const fileName = (name: string, ending: string): string =>
  `${
    name
      .trim()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-+|-+$/g, '') || 'link'
  }.${ending}`;

/** From nine to six on weekdays, by the clock of this device. */
export const usualHours = (now: Date): OfficeHours => ({
  from: '09:00',
  to: '18:00',
  days: [1, 2, 3, 4, 5],
  offset: 0 - now.getTimezoneOffset(),
});

/** `+08:00` */
export function offsetText(offset: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.abs(offset);
  return `${offset < 0 ? '−' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

export { dayOf, endOfDay } from '../../../../i18n/day-field.ts';

/** What a person says of a link, without what the relay counts. */
export const said = ({ by: _by, begun: _begun, turns: _turns, ...link }: ContactLink): LinkSaid => link;
