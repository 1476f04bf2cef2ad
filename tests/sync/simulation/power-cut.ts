import * as Y from 'yjs';
import { must } from './broken.ts';
import type { Acked, Oracle } from './oracle.ts';

/** `cut` makes the relay forget: nothing of what was acknowledged and was there may be gone after it. */
export function throughCut(oracle: Oracle, cut: () => void): void {
  const has = ({ room, bytes }: Acked): boolean => {
    const { clocks } = oracle.room(room);
    return Y.decodeUpdate(bytes).structs.every(
      ({ id, length }) => (clocks.get(id.client) ?? 0) >= id.clock + length,
    );
  };
  const texts = oracle.acked.filter(has);
  const commands = [...oracle.ackedCommands].filter(([id, room]) =>
    oracle.room(room).entries.some((entry) => entry.id === id),
  );
  cut();
  for (const acked of texts)
    must(has(acked), () => `${acked.room}: a power cut took a change that was acknowledged`);
  for (const [id, room] of commands)
    must(
      oracle.room(room).entries.some((entry) => entry.id === id),
      () => `${room}: a power cut took the command ${id}`,
    );
}
