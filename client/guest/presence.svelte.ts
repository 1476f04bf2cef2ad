import { systemTimers } from '../data/sync/contract.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import type { SeenState } from './awareness.ts';

/** Somebody who typed is taken to be at it for so long. Milliseconds. */
const typesFor = 6_000;

interface Present {
  readonly member: MemberId;
  readonly typesUntil: number;
}

/** Who of the company is here just now, and who is writing. */
export class Presence {
  #states = $state.raw<ReadonlyMap<number, Present>>(new Map());
  #online = $state.raw<readonly MemberId[]>([]);
  #now = $state(Date.now());

  isHere(member: MemberId): boolean {
    return this.#online.includes(member) || [...this.#states.values()].some((each) => each.member === member);
  }

  get typing(): readonly MemberId[] {
    const writing = [...this.#states.values()].filter(({ typesUntil }) => typesUntil > this.#now);
    return [...new Set(writing.map(({ member }) => member))];
  }

  /** Members with a page open, as far as the relay tells guests. */
  online(members: readonly MemberId[]): void {
    this.#online = members;
  }

  see(states: readonly SeenState[], me: MemberId): void {
    this.#now = Date.now();
    const seen = new Map(this.#states);
    for (const { client, member, typing } of states) {
      if (member === null || member === me) seen.delete(client);
      else seen.set(client, { member, typesUntil: typing ? this.#now + typesFor : 0 });
    }
    this.#states = seen;
    systemTimers.after(typesFor + 50, () => (this.#now = Date.now()));
  }

  /** Nobody tells any more. */
  clear(): void {
    this.#states = new Map();
    this.#online = [];
  }
}
