import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { defaultBounds, type Bound } from '../../server/bounds.ts';
import { createAwareness, type AwarenessUpdate, type Watcher } from '../../server/relay/awareness.ts';

interface Told {
  readonly client: number;
  readonly clock: number;
  readonly state: { readonly user?: { readonly id: string }; readonly at?: number } | null;
}
type Said = readonly [client: number, clock: number, state: unknown];
const write = (...states: readonly Said[]): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, states.length);
    for (const [client, clock, state] of states) {
      encoding.writeVarUint(encoder, client);
      encoding.writeVarUint(encoder, clock);
      encoding.writeVarString(encoder, JSON.stringify(state));
    }
  });
const read = ({ bytes }: AwarenessUpdate): Told[] => {
  const decoder = decoding.createDecoder(bytes);
  return Array.from({ length: decoding.readVarUint(decoder) }, () => ({
    client: decoding.readVarUint(decoder),
    clock: decoding.readVarUint(decoder),
    state: JSON.parse(decoding.readVarString(decoder)) as Told['state'],
  }));
};

const pad = 'w/scratch/pad' as RoomId;
/** A hub whose turns and waits end when the test says so. */
function makeHub(bounds: Partial<Record<Bound, number>> = {}) {
  const turn: (() => void)[] = [];
  const waits: { milliseconds: number; run: () => void }[] = [];
  const struck: Bound[] = [];
  let lookups = 0;
  const hub = createAwareness({
    bounds: { ...defaultBounds, ...bounds },
    metrics: { reached: () => {}, struck: (bound) => void struck.push(bound) },
    nameOf: (member) => member,
    defer: (run) => void turn.push(run),
    later: (milliseconds, run) => void waits.push({ milliseconds, run }),
  });
  /** A plain client: any id that nobody wrote under is its own. */
  const comes = (name: string, owns: (client: number) => boolean = () => true) => {
    const heard: Told[][] = [];
    let full = 0;
    const watcher: Watcher = {
      member: name as MemberId,
      owns(_room, client) {
        lookups++;
        return owns(client);
      },
      show: (_room, update) => void heard.push(read(update)),
      full: () => full++,
    };
    hub.watch(pad, watcher);
    return {
      watcher,
      heard,
      isFull: () => full,
      says: (...states: readonly Said[]): boolean => hub.receive(pad, watcher, write(...states)),
    };
  };
  return {
    hub,
    comes,
    struck,
    waits,
    lookups: () => lookups,
    endTurn: () => turn.splice(0).forEach((run) => run()),
    pass: () => waits.splice(0).forEach(({ run }) => run()),
    known: () => {
      const current = hub.current(pad);
      return current ? read(current) : [];
    },
  };
}
const latest = (now: number) => Number.MAX_SAFE_INTEGER - now;

describe('awareness', () => {
  it('[A-2] under 200,000 forged ids keeps no more than a socket may have', () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const { hub, comes, known, endTurn, struck } = makeHub();
    const eve = comes('eve');
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let from = 0; from < 200_000; from += 4_000) {
      const ids = Array.from({ length: 4_000 }, (_, i) => [from + i, 1, { at: i }] as const);
      expect(eve.says(...ids)).toBe(true);
      endTurn();
    }
    expect(known()).toHaveLength(64);
    expect(struck.filter((bound) => bound === 'statesPerSocket').length).toBe(200_000 - 64);
    // One after the other, each gone before the next.
    for (let client = 1_000_000; client < 1_200_000; client++) {
      eve.says([client - 1, 2, null], [client, 1, { at: client }]);
      if (client % 1_000 === 0) endTurn();
    }
    eve.heard.length = 0;
    endTurn();
    struck.length = 0;
    gc();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 * 1024 * 1024);
    hub.leave(eve.watcher);
    expect(known()).toEqual([]);
  });

  it('[A-2] looks up no more foreign ids in one message than an honest client sends', () => {
    const { comes, lookups } = makeHub();
    const eve = comes('eve', () => false);
    eve.says(...Array.from({ length: 4_000 }, (_, i) => [i, 1, {}] as const));
    expect(lookups()).toBeLessThanOrEqual(256);
  });

  it('[A-6] keeps an id for who spoke first under it, whatever clock somebody else claims meanwhile', () => {
    const { hub, comes, known, endTurn } = makeHub();
    const ben = comes('ben');
    const ada = comes('ada');
    ada.says([77, 5, { at: 1 }]);
    endTurn();
    const eve = comes('eve');
    eve.says([77, latest(2), { at: 666 }]);
    hub.leave(ada.watcher);
    endTurn();
    // The laptop sleeps; the id is seen by all, and taken by none.
    eve.says([77, latest(2), { at: 666 }]);
    endTurn();
    expect(known()).toEqual([]);
    const back = comes('ada');
    back.says([77, 7, { at: 2 }]);
    endTurn();
    expect(known()).toMatchObject([{ client: 77, clock: 7, state: { at: 2, user: { id: 'ada' } } }]);
    expect(ben.heard.flat().every(({ clock }) => clock < 10)).toBe(true);
    expect(ben.heard.flat().at(-1)).toMatchObject({ clock: 7 });
  });

  it('takes no clock at the end of the numbers', () => {
    const { comes } = makeHub();
    expect(comes('eve').says([1, latest(1), {}])).toBe(false);
  });

  it('[A-7] has a bound for the states of a room and their size, and says so', () => {
    const { comes, known, endTurn, struck } = makeHub({ statesPerRoom: 3, awarenessPerRoom: 4_096 });
    const people = ['ada', 'ben', 'eve', 'zoe'].map((name) => comes(name));
    people.forEach(({ says }, i) => says([i + 1, 1, { at: i }]));
    endTurn();
    expect(known()).toHaveLength(3);
    expect(people.map(({ isFull }) => isFull())).toEqual([0, 0, 0, 1]);
    people[0]!.says([1, 2, { long: 'x'.repeat(5_000) }]);
    expect(people[0]!.isFull()).toBe(1);
    expect(struck).toEqual(['statesPerRoom', 'awarenessPerRoom']);
    // What was there stays, and a place that is given up is free.
    people[1]!.says([2, 2, null]);
    endTurn();
    people[3]!.says([4, 2, { at: 3 }]);
    endTurn();
    expect(known().map(({ client }) => client)).toEqual([1, 3, 4]);
  });

  it('[A-8] tells few people at once what changed, and many less often', () => {
    const few = makeHub();
    const small = Array.from({ length: 10 }, (_, i) => few.comes(`p${i}`));
    for (let turn = 1; turn <= 10; turn++) {
      small.forEach(({ says }, i) => says([i, turn, { at: turn }]));
      few.endTurn();
    }
    expect(small[0]!.heard).toHaveLength(10);
    expect(few.waits).toEqual([]);

    const many = makeHub();
    const crowd = Array.from({ length: 500 }, (_, i) => many.comes(`p${i}`));
    for (let turn = 1; turn <= 10; turn++) {
      crowd.forEach(({ says }, i) => says([i, turn, { at: turn }]));
      many.endTurn();
    }
    expect(crowd[0]!.heard).toHaveLength(1);
    expect(many.waits).toHaveLength(1);
    expect(many.waits[0]!.milliseconds).toBeGreaterThan(500);
    many.pass();
    // The newest of each, together.
    expect(crowd[0]!.heard).toHaveLength(2);
    expect(crowd[0]!.heard[1]).toHaveLength(500);
    expect(crowd[0]!.heard[1]!.every(({ clock }) => clock === 10)).toBe(true);
    // Who is gone is gone, also when nobody was told for a while.
    crowd.slice(1).forEach(({ watcher }) => many.hub.leave(watcher));
    many.endTurn();
    many.pass();
    expect(many.known().map(({ client }) => client)).toEqual([0]);
    expect(crowd[0]!.heard.at(-1)!.every(({ state }) => state === null)).toBe(true);
  });
});
