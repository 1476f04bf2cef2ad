import type { SqliteDatabase } from './open.ts';
import { sumOf } from './sums.ts';

interface Answer {
  readonly device: string;
  readonly id: string;
  readonly n: number;
  readonly at: number;
  readonly result: string;
  readonly sum: number;
}

const idIn = (result: string): string | null => /"id":"([\w-]+)"/.exec(result)?.[1] ?? null;

/**
 * Answers to commands are found by device and id. One whose device or id changed on the disk would be missing, and its
 * command be taken twice: the answer itself says the id, and the sum which device is right. True when there are damaged
 * answers of which that cannot be said.
 */
export function mendAnswers(database: SqliteDatabase): boolean {
  const damaged = database
    .prepare<[], Answer>(
      `SELECT device, id, n, at, result, sum FROM commands
       WHERE sum <> weft_sum(device, id, n, at, result)`,
    )
    .all();
  if (damaged.length === 0) return false;
  const devices = database.prepare<[], string>('SELECT device FROM devices').pluck().all();
  const move = database.prepare(
    'UPDATE OR REPLACE commands SET device = ?, id = ? WHERE device = ? AND id = ?',
  );
  let areLost = false;
  for (const { device, id, n, at, result, sum } of damaged) {
    const ids = [id, idIn(result) ?? id];
    const right = [device, ...devices]
      .flatMap((each) => ids.map((other) => ({ device: each, id: other })))
      .find((key) => sumOf(key.device, key.id, n, at, result) === sum);
    if (right) move.run(right.device, right.id, device, id);
    else areLost = true;
  }
  return areLost;
}
