import * as Y from 'yjs';
import type { RoomId } from '../../../shared/base/ids.ts';
import { must } from './broken.ts';
import type { Acked, Oracle } from './oracle.ts';

/** What was acknowledged survives a power cut, unless a restore took it. */
export class PowerCuts {
  readonly #oracle: Oracle;
  /** Texts and ids of commands that a restore took: what comes back of them is only there, until it is answered for. */
  readonly #taken = new Set<unknown>();

  constructor(oracle: Oracle) {
    this.#oracle = oracle;
  }

  /** Call after each restore. */
  restored(): void {
    const { acked, ackedCommands } = this.#oracle;
    for (const text of acked) if (!this.#hasText(text)) this.#taken.add(text);
    for (const [id, room] of ackedCommands) if (!this.#hasCommand(id, room)) this.#taken.add(id);
  }

  /** `cut` makes the relay forget: nothing of what was acknowledged and was there may be gone after it. */
  through(cut: () => void): void {
    const { acked, ackedCommands } = this.#oracle;
    const texts = acked.filter((text) => !this.#taken.has(text) && this.#hasText(text));
    const commands = [...ackedCommands].filter(
      ([id, room]) => !this.#taken.has(id) && this.#hasCommand(id, room),
    );
    cut();
    for (const text of texts)
      must(this.#hasText(text), () => `${text.room}: a power cut took a change that was acknowledged`);
    for (const [id, room] of commands)
      must(this.#hasCommand(id, room), () => `${room}: a power cut took the command ${id}`);
  }

  #hasText({ room, bytes }: Acked): boolean {
    const { clocks } = this.#oracle.room(room);
    return Y.decodeUpdate(bytes).structs.every(
      ({ id, length }) => (clocks.get(id.client) ?? 0) >= id.clock + length,
    );
  }

  #hasCommand(id: string, room: RoomId): boolean {
    return this.#oracle.room(room).entries.some((entry) => entry.id === id);
  }
}
