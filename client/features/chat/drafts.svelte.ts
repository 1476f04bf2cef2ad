/*
 * What was written but not sent, by conversation and thread. The device keeps it; this map lets the list show a change at once
 * without reading the database for every row again.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { WorkspaceData } from '../../data/api.ts';
import type { DraftPlace } from '../../data/storage/contract.ts';

const pause = 400;

// Both people of a pair have the same room; on one device each has their own draft in it.
const keyOf = (data: WorkspaceData, place: DraftPlace): string => `${data.me} ${place}`;

class Drafts {
  readonly #texts = new SvelteMap<string, string>();
  readonly #waiting = new Map<string, { timer: ReturnType<typeof setTimeout>; write: () => void }>();

  /** Empty while nothing is written or not read yet. */
  text(data: WorkspaceData, place: DraftPlace): string {
    return this.#texts.get(keyOf(data, place)) ?? '';
  }

  async load(data: WorkspaceData, place: DraftPlace): Promise<string> {
    const key = keyOf(data, place);
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const stored = await data.drafts.get(place);
    // Somebody may have typed while the database answered.
    const now = this.#texts.get(key);
    if (now !== undefined) return now;
    this.#texts.set(key, stored);
    return stored;
  }

  /** Shown at once, stored after a pause; `now` for what must not wait: sent, or the page goes. */
  save(data: WorkspaceData, place: DraftPlace, text: string, when: 'soon' | 'now' = 'soon'): void {
    const key = keyOf(data, place);
    if (this.#texts.get(key) === text && !this.#waiting.has(key)) return;
    this.#texts.set(key, text);
    const earlier = this.#waiting.get(key);
    if (earlier) clearTimeout(earlier.timer);
    const write = (): void => {
      this.#waiting.delete(key);
      void data.drafts.put(place, text);
    };
    if (when === 'now') return write();
    this.#waiting.set(key, { timer: setTimeout(write, pause), write });
  }

  /** Writes what waits. */
  flush(): void {
    for (const { timer, write } of [...this.#waiting.values()]) {
      clearTimeout(timer);
      write();
    }
  }
}

export const drafts = new Drafts();
