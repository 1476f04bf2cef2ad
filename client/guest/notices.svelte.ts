import { beTold, beToldNoMore, canBeTold } from './push.ts';
import type { LocalCopy } from './store.ts';

/** Whether this guest is told of answers while the page is closed, and whether they were asked. */
export class Notices {
  readonly #store: LocalCopy;
  #wish = $state<'on' | 'off' | null>(null);
  #asked = $state(true);
  #failed = $state(false);

  constructor(store: LocalCopy) {
    this.#store = store;
  }

  /** What was chosen on this device; a subscription that the relay lost is brought back. */
  async start(): Promise<void> {
    const wish = (await this.#store.fact('notices')) ?? null;
    this.#wish = wish;
    this.#asked = wish !== null;
    if (wish === 'on') void beTold(false);
  }

  get possible(): boolean {
    return canBeTold();
  }
  get on(): boolean {
    return this.#wish === 'on';
  }
  /** Asked once, after the first message. */
  get offered(): boolean {
    return !this.#asked && this.possible;
  }
  /** The browser or the network did not let it be. */
  get failed(): boolean {
    return this.#failed;
  }

  /** In answer to a click. */
  async set(on: boolean): Promise<void> {
    this.#failed = false;
    const isOn = on && (await beTold(true));
    this.#failed = on && !isOn;
    if (!on && this.on) await beToldNoMore();
    this.#asked = true;
    this.#wish = isOn ? 'on' : 'off';
    await this.#store.setFact('notices', this.#wish);
  }
}
