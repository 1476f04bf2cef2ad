/* Asks whoever writes to customers about words that met rules, before anything is sent or kept. */
import type { RoomId } from '../../../shared/base/ids.ts';
import { heldBy, type Found } from '../../../shared/features/words/judge.ts';
import type { WorkspaceData } from '../../data/api.ts';
import { api } from '../../session/api.ts';

export class WordsAsking {
  readonly #data: WorkspaceData;
  /** The rule that keeps the words from going out. */
  held = $state.raw<Found | null>(null);
  /** Rules that are asked about. */
  warned = $state.raw<readonly Found[]>([]);
  #answer: ((goesOn: boolean) => void) | null = null;

  constructor(data: WorkspaceData) {
    this.#data = data;
  }

  /**
   * True at once where no rule is met; else what the person says, and false where the words are held. `isNew`: the relay
   * does not know the room yet, and can note nothing of it.
   */
  may(room: RoomId, type: string, data: unknown, isNew = false): true | Promise<boolean> {
    const found = this.#data.wordsFound(room, type, data);
    this.held = heldBy(this.#data.actor, found) ?? null;
    if (this.held) {
      if (!isNew) void api.noteHeld(room, type, data);
      return Promise.resolve(false);
    }
    if (found.length === 0) return true;
    this.warned = found;
    return new Promise((answer) => (this.#answer = answer));
  }

  answer(goesOn: boolean): void {
    this.warned = [];
    this.#answer?.(goesOn);
    this.#answer = null;
  }

  /** What was held is being changed. */
  forget(): void {
    this.held = null;
  }
}
