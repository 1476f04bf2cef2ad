import { allow, isAdmin, refuse, type Actor, type Decision } from '../../access/actor.ts';
import type { RuleContext } from '../../access/kind.ts';
import type { CustomerState } from './customer-schema.ts';

/* Who may do what with the file of a customer; that somebody reads it was asked before. */

export type Context = RuleContext<CustomerState, CustomerState>;

/** The file is there, and not a part of another one. */
export function isOpen({ begun, into, importing }: CustomerState): Decision {
  if (!begun) return refuse('room-not-found', 'no such customer');
  if (importing) return refuse('import-running', 'the customer is being imported');
  return into === undefined ? allow : refuse('customer-merged', 'the customer was merged into another one');
}

/** Whoever reads the file works on it. */
export const mayWork = ({ state }: Pick<Context, 'state'>): Decision => isOpen(state);

/** The owner, or an administrator who is in it; anybody in it when the owner has left the company. */
export function mayLead(actor: Actor, context: Pick<Context, 'state' | 'isActiveMember'>): Decision {
  const work = mayWork(context);
  const { owner } = context.state;
  if (!work.ok || owner === actor.member || isAdmin(actor) || actor.may) return work;
  if (owner === null || !context.isActiveMember(owner)) return allow;
  return refuse('forbidden', 'only the owner does that');
}
