import * as Y from 'yjs';
import { partsOf, type UpdateParts } from '../relay/update-parts.ts';

/** Clocks of one client, from `clock` up to, not including, `until`. */
export interface ClockRange {
  readonly client: number;
  readonly clock: number;
  readonly until: number;
}

export interface RowRanges {
  readonly wrote: readonly ClockRange[];
  readonly deleted: readonly ClockRange[];
}

/** What a stored row added and deleted. */
export function rangesOf(update: Uint8Array): RowRanges {
  const parts = partsOf(update);
  if (parts) return rangesOfParts(parts);
  const { structs, ds } = Y.decodeUpdate(update);
  const wrote: ClockRange[] = [];
  for (const struct of structs) {
    const { client, clock } = struct.id;
    const until = clock + struct.length;
    const last = wrote.at(-1);
    if (last?.client === client && last.until === clock) wrote[wrote.length - 1] = { ...last, until };
    else wrote.push({ client, clock, until });
  }
  const deleted: ClockRange[] = [];
  for (const [client, ranges] of ds.clients)
    for (const { clock, len } of ranges) deleted.push({ client, clock, until: clock + len });
  return { wrote, deleted };
}

function rangesOfParts({ sections, deletes }: UpdateParts): RowRanges {
  const deleted: ClockRange[] = [];
  for (let i = 0; i < deletes.length; i += 3) {
    const clock = deletes[i + 1]!;
    deleted.push({ client: deletes[i]!, clock, until: clock + deletes[i + 2]! });
  }
  return { wrote: sections.map(({ client, from, to }) => ({ client, clock: from, until: to })), deleted };
}
