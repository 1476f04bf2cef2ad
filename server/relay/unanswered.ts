import type { Clock } from '../../shared/base/clock.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import type { SettingsState } from '../../shared/features/customers/settings-schema.ts';
import { dueOf } from '../../shared/features/customers/unanswered.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import type { CustomersCursor, CustomersTable } from '../storage/customers-contract.ts';
import type { Relay } from './contract.ts';
import { damagedRoom } from './quarantine.ts';

/** Customers in one look; between two of them others have their turn. */
const atOnce = 100;

export interface UnansweredDeps {
  readonly relay: Pick<Relay, 'workspace' | 'state' | 'actor' | 'appendFacts'>;
  readonly customers: Pick<CustomersTable, 'lines' | 'count'>;
  readonly clock: Clock;
}

/**
 * Looks once after customers who wait for an answer longer than the company wants. What is done is said in their file,
 * which is judged and changed in one turn: so it is done once, whenever the relay ends and begins again.
 */
export async function lookAfterUnanswered({ relay, customers, clock }: UnansweredDeps): Promise<void> {
  const settings = relay.state(roomId(relay.workspace, 'customers', 'main')) as SettingsState;
  const after = settings.unanswered?.after ?? null;
  if (after === null) return;
  const looking = {
    at: clock.now(),
    isActive: (member: Parameters<Relay['actor']>[0]) => relay.actor(member)?.active ?? false,
    loadOf: (member: Parameters<Relay['actor']>[0]) => customers.count({ owners: [member], isEnded: false }),
  };
  const query = {
    unansweredBefore: looking.at - after * 60_000 + 1,
    isEnded: false,
    withParts: true,
  } as const;
  /** Who has several conversations waits in the one where they asked first. */
  const seen = new Set<string>();
  for (let cursor: CustomersCursor | null = null; ;) {
    const lines = customers.lines(query, 'unanswered', cursor, atOnce);
    for (const { id, partOf, unansweredSince } of lines) {
      const whole = partOf ?? id;
      if (seen.has(whole)) continue;
      seen.add(whole);
      const room = roomId(relay.workspace, 'customer', whole);
      try {
        const file = relay.state(room) as CustomerState;
        const due = unansweredSince === null ? null : dueOf(file, settings, unansweredSince, looking);
        if (due && file.owner !== null)
          await relay.appendFacts([{ room, type: 'customer.unanswered', by: file.owner, data: due }]);
      } catch (error) {
        // A file that waits for repair; the others go on.
        if (damagedRoom(error) === null) throw error;
      }
    }
    const last = lines.at(-1);
    if (!last || lines.length < atOnce) return;
    cursor = { at: last.unansweredSince!, n: last.n };
    await new Promise((later) => setImmediate(later));
  }
}
