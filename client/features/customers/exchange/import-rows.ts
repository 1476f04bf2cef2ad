/* Puts planned rows into the queue of this device, a piece after the other; it needs no network. */
import { newId, type CommandId, type CustomerId, type RoomId } from '../../../../shared/base/ids.ts';
import { roomId } from '../../../../shared/protocol/rooms.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import type { PlannedRow } from './plan.ts';

/** Rows in one step: what a step holds up is not felt. */
const step = 200;

/** With who is here already: leave the row out, make another customer of it, or give them what it says more. */
export type WithDouble = 'skip' | 'add' | 'merge';

export interface Counts {
  readonly added: number;
  readonly merged: number;
  readonly skipped: number;
}

export interface Import {
  readonly rows: readonly PlannedRow[];
  withDouble(row: PlannedRow): WithDouble;
  readonly signal: AbortSignal;
  progress(done: number): void;
}

/** Resolves to what came of it, also where it was stopped: a row is there as a whole or not at all. */
export async function importRows(
  data: Pick<WorkspaceData, 'workspace' | 'sendEach'>,
  { rows, withDouble, signal, progress }: Import,
): Promise<Counts> {
  /** Whose each row is, for those behind it that say the same. */
  const customers = new Map<number, string>();
  let [added, merged, skipped] = [0, 0, 0];
  for (let from = 0; from < rows.length && !signal.aborted; from += step) {
    const commands: { room: RoomId; id: CommandId; type: string; data: unknown }[] = [];
    const say = (customer: string, type: string, payload: unknown): void => {
      const room = roomId(data.workspace, 'customer', customer);
      commands.push({ room, id: newId<CommandId>(), type, data: payload });
    };
    for (const each of rows.slice(from, from + step)) {
      const { row, values, tags, stage, source, double } = each;
      const other = double && (double.customer ?? customers.get(double.row!) ?? null);
      const wish = other === null ? 'add' : withDouble(each);
      const customer = wish === 'add' ? newId<CustomerId>() : other!;
      customers.set(row, customer);
      if (wish === 'skip') skipped += 1;
      else if (wish === 'merge') {
        merged += 1;
        say(customer, 'customer.fill', { values, tags });
      } else {
        added += 1;
        const more = { ...(stage === null ? {} : { stage }), ...(source === '' ? {} : { source }) };
        say(customer, 'customer.create', { values, tags, ...more });
      }
    }
    if (commands.length > 0) await data.sendEach(commands);
    progress(Math.min(from + step, rows.length));
    // Lets the page draw, and the button that stops answer.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { added, merged, skipped };
}
