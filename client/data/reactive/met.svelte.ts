import { SvelteMap } from 'svelte/reactivity';
import { isId, type MemberId } from '../../../shared/base/ids.ts';
import type { DirectoryState, Member } from '../../../shared/features/directory/schema.ts';
import type { Meta, MetPerson, MetaStore } from '../storage/contract.ts';
import type { Timers } from '../sync/contract.ts';

export interface MetParts {
  readonly meta: MetaStore;
  readonly timers: Timers;
  /** What people are called, by their ids; rejects where the relay cannot be reached. */
  ask(ids: readonly MemberId[]): Promise<readonly (MetPerson & { readonly id: MemberId })[]>;
}

/** Ids in one question. */
const mostAsked = 100;
/** Milliseconds in which questions are gathered, and after which one is asked again. */
const gathering = 50;
const again = 10_000;

/**
 * People whom the directory does not show to this person, though they are in a conversation together or wrote in a doc:
 * found under their ids, with their names alone, and in no list.
 */
export class Met {
  readonly #parts: MetParts;
  readonly #known = new SvelteMap<MemberId, Member>();
  /** Asked for since the page was opened, or about to be. */
  readonly #asked = new Set<MemberId>();
  #waiting: MemberId[] = [];
  #scheduled = false;
  /** What was known before, read once somebody is not shown. */
  #read: Promise<void> | null = null;

  constructor(parts: MetParts) {
    this.#parts = parts;
  }

  /** The directory, with them where somebody asks for one of them. */
  in(directory: DirectoryState): DirectoryState {
    if (!directory.partial) return directory;
    this.#read ??= this.#remember();
    const members = new Proxy(directory.members, {
      get: (all, id): unknown => {
        if (typeof id !== 'string' || Object.hasOwn(all, id)) return Reflect.get(all, id);
        return id in Object.prototype || !isId(id) ? undefined : this.#meet(id as MemberId);
      },
    });
    return { ...directory, members };
  }

  async #remember(): Promise<void> {
    const { met = {} } = await this.#parts.meta.read().catch((): Partial<Meta> => ({}));
    for (const [id, person] of Object.entries(met)) this.#learn(id as MemberId, person, false);
  }

  #meet(id: MemberId): Member | undefined {
    if (!this.#asked.has(id)) {
      this.#asked.add(id);
      this.#waiting.push(id);
      this.#schedule(gathering);
    }
    return this.#known.get(id);
  }

  #schedule(milliseconds: number): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#parts.timers.after(milliseconds, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const ids = this.#waiting.splice(0, mostAsked);
    let wait = gathering;
    try {
      const people = await this.#parts.ask(ids);
      for (const { id, name, leftAt } of people) this.#learn(id, { name, leftAt }, true);
      await this.#read;
      const met = Object.fromEntries(
        [...this.#known].map(([id, { name, leftAt }]) => [id, { name, leftAt }]),
      );
      if (people.length > 0) await this.#parts.meta.write({ met });
    } catch {
      this.#waiting.push(...ids);
      wait = again;
    }
    this.#scheduled = false;
    if (this.#waiting.length > 0) this.#schedule(wait);
  }

  /** What was kept does not take the place of what the relay said. */
  #learn(id: MemberId, { name, leftAt }: MetPerson, isNew: boolean): void {
    if (!isNew && this.#known.has(id)) return;
    const blank = { email: '', post: '', phone: '', about: '', role: 'member' as const, joinedAt: 0 };
    this.#known.set(id, { ...blank, id, name, leftAt });
  }
}
