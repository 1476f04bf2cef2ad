/*
 * What was written but not sent, by conversation. The device keeps it; this map lets the list show a change at once
 * without reading the database for every row again.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { RoomId } from '../../../shared/base/ids.ts';
import type { WorkspaceData } from '../../data/api.ts';

const pause = 400;

class Drafts {
  readonly #texts = new SvelteMap<RoomId, string>();
  readonly #waiting = new Map<RoomId, { timer: ReturnType<typeof setTimeout>; write: () => void }>();

  /** Empty while nothing is written or not read yet. */
  text(room: RoomId): string {
    return this.#texts.get(room) ?? '';
  }

  async load(data: WorkspaceData, room: RoomId): Promise<string> {
    const known = this.#texts.get(room);
    if (known !== undefined) return known;
    const stored = await data.draft(room);
    // Somebody may have typed while the database answered.
    const now = this.#texts.get(room);
    if (now !== undefined) return now;
    this.#texts.set(room, stored);
    return stored;
  }

  /** Shown at once, stored after a pause; `now` for what must not wait: sent, or the page goes. */
  save(data: WorkspaceData, room: RoomId, text: string, when: 'soon' | 'now' = 'soon'): void {
    if (this.#texts.get(room) === text && !this.#waiting.has(room)) return;
    this.#texts.set(room, text);
    const earlier = this.#waiting.get(room);
    if (earlier) clearTimeout(earlier.timer);
    const write = (): void => {
      this.#waiting.delete(room);
      void data.saveDraft(room, text);
    };
    if (when === 'now') return write();
    this.#waiting.set(room, { timer: setTimeout(write, pause), write });
  }

  /** Writes what waits. */
  flush(): void {
    for (const { timer, write } of [...this.#waiting.values()]) {
      clearTimeout(timer);
      write();
    }
  }

  /** Another account must not see the drafts of this one. */
  forget(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#texts.clear();
  }
}

export const drafts = new Drafts();
