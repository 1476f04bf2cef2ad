import type { JobContext, JobFact } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import { mostOfHandover as most, type HandoverState, type MovedLink } from './handover-schema.ts';
import type { ContactLink, LinkTo, SettingsState } from './settings-schema.ts';

/*
 * Contact links of who gives their customers away: codes are printed, so each goes on leading to somebody. A team goes on
 * without them, and only where nobody else is left in it others take their place.
 */

const settings = { kind: 'customers', id: 'main', part: null };

const linksOf = ({ read }: JobContext): Readonly<Record<string, ContactLink>> =>
  (read(settings) as SettingsState | null)?.links ?? {};

/** Whom a link leads to without this person; null where it stays as it is. */
function without(
  to: LinkTo,
  from: MemberId,
  taking: readonly MemberId[],
  rule: 'turns' | 'load',
): LinkTo | null {
  const [first] = taking;
  if (first === undefined) return null;
  if ('member' in to) {
    if (to.member !== from) return null;
    return taking.length === 1 ? { member: first } : { team: [...taking], rule, fallback: null };
  }
  if (!to.team.includes(from) && to.fallback !== from) return null;
  const others = to.team.filter((each) => each !== from);
  return {
    team: others.length > 0 ? others : [...taking],
    rule: to.rule,
    fallback: to.fallback === from ? first : to.fallback,
  };
}

const same = (one: LinkTo, other: LinkTo): boolean => JSON.stringify(one) === JSON.stringify(other);

function leadTo(
  { by: _by, begun: _begun, turns: _turns, ...said }: ContactLink,
  to: LinkTo,
  by: MemberId,
): JobFact {
  return { room: settings, by, type: 'customers.link', data: { ...said, to } };
}

/** Has the links lead to those who take the customers, and says whom they led to. */
export function moveLinks(state: HandoverState, context: JobContext): readonly JobFact[] {
  const { from, rule, begun } = state;
  const taking = state.to.filter(context.isActiveMember);
  const links: MovedLink[] = [];
  const facts: JobFact[] = [];
  for (const link of Object.values(linksOf(context))) {
    const to = without(link.to, from, taking, rule);
    if (!to || links.length === most.links) continue;
    links.push({ link: link.id, before: link.to });
    facts.push(leadTo(link, to, begun!.by));
  }
  return links.length === 0 ? [] : [...facts, { by: begun!.by, type: 'handover.links', data: { links } }];
}

/** Gives back those that nobody has changed since. */
export function returnLinks(state: HandoverState, context: JobContext): readonly JobFact[] {
  const { from, to, rule, undo } = state;
  if (!context.isActiveMember(from)) return [];
  const now = linksOf(context);
  return (state.links ?? []).flatMap(({ link: id, before }): JobFact[] => {
    const link = Object.hasOwn(now, id) ? now[id]! : null;
    // Who has left since would not have taken it.
    const given = [to, to.filter(context.isActiveMember)].map((taking) =>
      without(before, from, taking, rule),
    );
    const isSame = link !== null && given.some((each) => each && same(each, link.to));
    return isSame ? [leadTo(link, before, undo!.by)] : [];
  });
}
