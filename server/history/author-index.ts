import type { MemberId } from '../../shared/base/ids.ts';
import type { Writing } from '../storage/history-contract.ts';

/** Writings or deletions on their way to the workshop. `names` are the members that `numbers` refer to. */
export interface PackedWritings {
  /** Client, clock, until, index into `names`, at: five numbers each. */
  readonly numbers: Float64Array;
  readonly names: readonly MemberId[];
}

const width = 5;

export function packWritings(writings: readonly Writing[]): PackedWritings {
  const places = new Map<MemberId, number>();
  const numbers = new Float64Array(writings.length * width);
  writings.forEach(({ client, clock, until, by, at }, i) => {
    let place = places.get(by);
    if (place === undefined) places.set(by, (place = places.size));
    numbers.set([client, clock, until, place, at], i * width);
  });
  return { numbers, names: [...places.keys()] };
}

interface Stretch {
  readonly clock: number;
  readonly until: number;
  readonly by: MemberId;
  readonly at: number;
}

/** Who did something to which clocks, ready to be asked. */
export class AuthorIndex {
  readonly #byClient = new Map<number, { stretches: Stretch[]; sorted: boolean }>();

  add({ numbers, names }: PackedWritings): void {
    for (let i = 0; i < numbers.length; i += width) {
      const [client, clock, until, name, at] = numbers.subarray(i, i + width) as unknown as number[];
      let known = this.#byClient.get(client!);
      if (!known) this.#byClient.set(client!, (known = { stretches: [], sorted: true }));
      known.stretches.push({ clock: clock!, until: until!, by: names[name!]!, at: at! });
      known.sorted = false;
    }
  }

  /** What is known of `[clock, until)`, in order and without holes: `by` and `at` are null where nothing is. */
  *find(
    client: number,
    clock: number,
    until: number,
  ): Generator<{
    readonly clock: number;
    readonly until: number;
    readonly by: MemberId | null;
    readonly at: number | null;
  }> {
    const stretches = this.#sorted(client);
    let next = firstEndingAfter(stretches, clock);
    while (clock < until) {
      const stretch = stretches[next];
      if (!stretch || stretch.clock >= until) return yield { clock, until, by: null, at: null };
      if (stretch.clock > clock) yield { clock, until: stretch.clock, by: null, at: null };
      const { by, at } = stretch;
      const end = Math.min(stretch.until, until);
      yield { clock: Math.max(clock, stretch.clock), until: end, by, at };
      clock = end;
      next++;
    }
  }

  #sorted(client: number): readonly Stretch[] {
    const known = this.#byClient.get(client);
    if (!known) return [];
    if (!known.sorted) known.stretches.sort((a, b) => a.clock - b.clock);
    known.sorted = true;
    return known.stretches;
  }
}

function firstEndingAfter(stretches: readonly Stretch[], clock: number): number {
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stretches[middle]!.until <= clock) low = middle + 1;
    else high = middle;
  }
  return low;
}
