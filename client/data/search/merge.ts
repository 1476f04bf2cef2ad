import {
  numbersOf,
  postingsIn,
  SegmentWriter,
  unitsIn,
  unitsInBlock,
  type BlockSink,
  type Posting,
  type SegmentInfo,
  type Units,
} from './segment.ts';

/** A segment that is read block by block: [from, to). */
export interface SegmentSource {
  readonly info: SegmentInfo;
  units(from: number, to: number): Promise<readonly Uint8Array[]>;
  postings(from: number, to: number): Promise<readonly Uint8Array[]>;
}

const blocksAtOnce = 16;
const dropped = 0xffffffff;

async function allUnits(source: SegmentSource): Promise<Units> {
  const count = source.info.units;
  const all = { at: new Float64Array(count), room: new Uint32Array(count), seq: new Uint32Array(count) };
  const blocks = source.info.times.length;
  let filled = 0;
  for (let from = 0; from < blocks; from += blocksAtOnce)
    for (const block of await source.units(from, Math.min(from + blocksAtOnce, blocks))) {
      const units = unitsIn(block);
      all.at.set(units.at, filled);
      all.room.set(units.room, filled);
      all.seq.set(units.seq, filled);
      filled += units.at.length;
    }
  return all;
}

/** Walks through the tokens of one segment. */
class Walk {
  readonly #source: SegmentSource;
  readonly #blocks: number;
  #next = 0;
  #waiting: Uint8Array[] = [];
  #postings: Iterator<Posting> | null = null;
  now: Posting | null = null;

  constructor(source: SegmentSource) {
    this.#source = source;
    this.#blocks = source.info.tokens.length;
  }

  /** True when the next token is in a block that is not here yet: `fetch`, then step again. */
  step(): boolean {
    for (;;) {
      const step = this.#postings?.next();
      if (step && !step.done) {
        this.now = step.value;
        return false;
      }
      const block = this.#waiting.shift();
      this.#postings = block ? postingsIn(block) : null;
      if (block) continue;
      this.now = null;
      return this.#next < this.#blocks;
    }
  }

  async fetch(): Promise<void> {
    const to = Math.min(this.#next + blocksAtOnce, this.#blocks);
    this.#waiting = [...(await this.#source.postings(this.#next, to))];
    this.#next = to;
  }
}

/**
 * Writes several segments as one. `sources` are from the oldest to the newest: of a unit that is in several the newest
 * counts. What is of no room that `lives` any more is left out. `rest` is waited for every now and then.
 */
export async function mergeSegments(
  sources: readonly SegmentSource[],
  id: number,
  lives: (room: number) => boolean,
  sink: BlockSink,
  rest: () => Promise<void>,
): Promise<SegmentInfo> {
  const tables: Units[] = [];
  for (const source of sources) tables.push(await allUnits(source));
  const { units, numberOf } = await inOneOrder(tables, lives, rest);
  const writer = new SegmentWriter(id, sink);
  writer.units(units);
  await rest();
  const walks = sources.map((source) => new Walk(source));
  const step = async (walk: Walk): Promise<void> => {
    while (walk.step()) {
      await walk.fetch();
      await rest();
    }
  };
  for (const walk of walks) await step(walk);
  for (;;) {
    let token: string | null = null;
    for (const { now } of walks) if (now && (token === null || now.token < token)) token = now.token;
    if (token === null) break;
    const lists: Uint32Array[] = [];
    for (let i = 0; i < walks.length; i++) {
      const walk = walks[i]!;
      if (walk.now?.token !== token) continue;
      const of = numberOf[i]!;
      const numbers = numbersOf(walk.now).map((number) => of[number]!);
      lists.push(numbers.includes(dropped) ? numbers.filter((number) => number !== dropped) : numbers);
      // Waited for only where something has to be read: there are very many tokens.
      if (walk.step()) {
        await walk.fetch();
        await step(walk);
        await rest();
      }
    }
    const numbers = together(lists);
    if (numbers.length > 0) writer.token(token, numbers);
  }
  return writer.finish();
}

function together(lists: readonly Uint32Array[]): Uint32Array {
  if (lists.length === 1) return lists[0]!;
  const all = new Uint32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all.sort();
}

/** The new order of all units that stay, and for each table the new number of each of its units. */
async function inOneOrder(
  tables: readonly Units[],
  lives: (room: number) => boolean,
  rest: () => Promise<void>,
): Promise<{ units: Units; numberOf: readonly Uint32Array[] }> {
  const total = tables.reduce((sum, { at }) => sum + at.length, 0);
  const units = { at: new Float64Array(total), room: new Uint32Array(total), seq: new Uint32Array(total) };
  const numberOf = tables.map(({ at }) => new Uint32Array(at.length).fill(dropped));
  const next = tables.map(() => 0);
  let count = 0;
  let read = 0;
  const keep = (t: number, i: number): void => {
    const { at, room, seq } = tables[t]!;
    if (!lives(room[i]!)) return;
    numberOf[t]![i] = count;
    units.at[count] = at[i]!;
    units.room[count] = room[i]!;
    units.seq[count] = seq[i]!;
    count += 1;
  };
  for (;;) {
    let time = -1;
    for (let t = 0; t < tables.length; t++) {
      const at = tables[t]!.at[next[t]!];
      if (at !== undefined && at > time) time = at;
    }
    if (time < 0) break;
    const begin = next.slice();
    let same = 0;
    for (let t = 0; t < tables.length; t++)
      for (const { at } = tables[t]!; at[next[t]!] === time; next[t]! += 1) same += 1;
    // A message that was indexed twice has the same time twice: the last of all counts.
    const last = same > 1 ? new Map<string, number>() : null;
    for (let t = 0; last && t < tables.length; t++)
      for (let i = begin[t]!; i < next[t]!; i++) last.set(placeOf(tables[t]!, i), t * 2 ** 32 + i);
    for (let t = 0; t < tables.length; t++)
      for (let i = begin[t]!; i < next[t]!; i++)
        if (!last || last.get(placeOf(tables[t]!, i)) === t * 2 ** 32 + i) keep(t, i);
    read += same;
    if (read >= unitsInBlock) {
      read = 0;
      await rest();
    }
  }
  const stay = {
    at: units.at.subarray(0, count),
    room: units.room.subarray(0, count),
    seq: units.seq.subarray(0, count),
  };
  return { units: stay, numberOf };
}

const placeOf = ({ room, seq }: Units, i: number): string => `${room[i]!}.${seq[i]!}`;
