import {
  BlockReader,
  numberIn,
  placeIn,
  postingOf,
  readPostings,
  SegmentWriter,
  unitsIn,
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

/** What the merged segments are like. */
export interface Merged {
  /** Gives the id of another segment. */
  readonly newId: () => number;
  /** No segment has more units: what is searched for from the newest back is mostly found in the first of them. */
  readonly most: number;
  /** Of which rooms units stay. */
  readonly lives: (room: number) => boolean;
  readonly sink: BlockSink;
  /** Waited for every now and then. */
  readonly rest: () => Promise<void>;
}

const blocksAtOnce = 16;
const unitBlocksAtOnce = 128;
const dropped = 0xffffffff;

async function allUnits(source: SegmentSource): Promise<Units> {
  const count = source.info.units;
  const all = { at: new Float64Array(count), room: new Uint32Array(count), seq: new Uint32Array(count) };
  const blocks = source.info.times.length;
  let filled = 0;
  for (let from = 0; from < blocks; from += unitBlocksAtOnce)
    for (const block of await source.units(from, Math.min(from + unitBlocksAtOnce, blocks))) {
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
  #reader: BlockReader | null = null;
  now: Posting | null = null;

  constructor(source: SegmentSource) {
    this.#source = source;
    this.#blocks = source.info.tokens.length;
  }

  /** True when the next token is in a block that is not here yet: `fetch`, then step again. */
  step(): boolean {
    for (;;) {
      this.now = this.#reader?.next() ?? null;
      if (this.now) return false;
      const block = this.#waiting.shift();
      this.#reader = block ? new BlockReader(block) : null;
      if (!block) return this.#next < this.#blocks;
    }
  }

  async fetch(): Promise<void> {
    const to = Math.min(this.#next + blocksAtOnce, this.#blocks);
    this.#waiting = [...(await this.#source.postings(this.#next, to))];
    this.#next = to;
  }
}

/**
 * Writes several segments as one run of them. `sources` are from the oldest to the newest: of a unit that is in several the
 * newest counts.
 */
export async function mergeSegments(sources: readonly SegmentSource[], how: Merged): Promise<SegmentInfo[]> {
  const { rest } = how;
  const tables: Units[] = [];
  for (const source of sources) tables.push(await allUnits(source));
  const { units, numberOf } = await inOneOrder(tables, how);
  const run = new RunWriter(units.at.length, runOf(sources), how);
  await run.units(units, rest);
  const walks = sources.map((source) => new Walk(source));
  const step = async (walk: Walk): Promise<void> => {
    while (walk.step()) {
      await walk.fetch();
      await rest();
    }
  };
  for (const walk of walks) await step(walk);
  const gathered = new Gathered();
  for (;;) {
    let token: string | null = null;
    for (const { now } of walks) if (now && (token === null || now.token < token)) token = now.token;
    if (token === null) break;
    gathered.clear();
    for (let i = 0; i < walks.length; i++) {
      const walk = walks[i]!;
      if (walk.now?.token !== token) continue;
      gathered.add(walk.now, numberOf[i]!);
      // Waited for only where something has to be read: there are very many tokens.
      if (walk.step()) {
        await walk.fetch();
        await step(walk);
        await rest();
      }
    }
    run.token(token, gathered.ascending());
  }
  return run.finish();
}

/** Parts of a run that are written anew alone stay parts of it. */
function runOf(sources: readonly SegmentSource[]): number | null {
  const [first] = sources;
  return first && sources.every(({ info }) => info.run === first.info.run) ? first.info.run : null;
}

/** Postings of one token out of several segments. */
class Gathered {
  #postings = new Uint32Array(1_024);
  #count = 0;

  clear(): void {
    this.#count = 0;
  }

  add(posting: Posting, numberOf: Uint32Array): void {
    const most = this.#count + posting.count;
    if (most > this.#postings.length) {
      const larger = new Uint32Array(most * 2);
      larger.set(this.#postings.subarray(0, this.#count));
      this.#postings = larger;
    }
    const postings = this.#postings;
    readPostings(posting, postings, this.#count);
    for (let i = this.#count; i < most; i++) {
      const number = numberOf[numberIn(postings[i]!)]!;
      if (number !== dropped) postings[this.#count++] = postingOf(number, placeIn(postings[i]!));
    }
  }

  ascending(): Uint32Array {
    const all = this.#postings.subarray(0, this.#count);
    for (let i = 1; i < all.length; i++) if (all[i]! < all[i - 1]!) return all.sort();
    return all;
  }
}

/** Writes units and tokens as segments of at most so many units. */
class RunWriter {
  readonly #writers: SegmentWriter[] = [];
  readonly #each: number;

  constructor(count: number, run: number | null, { newId, most, sink }: Merged) {
    const parts = Math.ceil(count / most);
    this.#each = Math.ceil(count / parts);
    while (this.#writers.length < parts) {
      const id = newId();
      run ??= id;
      this.#writers.push(new SegmentWriter(id, run, sink));
    }
  }

  async units({ at, room, seq }: Units, rest: () => Promise<void>): Promise<void> {
    for (const [part, writer] of this.#writers.entries()) {
      const [from, to] = [part * this.#each, (part + 1) * this.#each];
      writer.units({ at: at.subarray(from, to), room: room.subarray(from, to), seq: seq.subarray(from, to) });
      await rest();
    }
  }

  token(token: string, postings: Uint32Array): void {
    let from = 0;
    for (let part = 0; from < postings.length; part++) {
      const end = part + 1 < this.#writers.length ? postingOf((part + 1) * this.#each, 0) : Infinity;
      let to = from;
      while (to < postings.length && postings[to]! < end) to += 1;
      if (to > from)
        this.#writers[part]!.token(token, postings.subarray(from, to), postingOf(part * this.#each, 0));
      from = to;
    }
  }

  finish(): SegmentInfo[] {
    return this.#writers.map((writer) => writer.finish());
  }
}

/** The new order of all units that stay, and for each table the new number of each of its units. */
async function inOneOrder(
  tables: readonly Units[],
  { lives, rest }: Merged,
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
    if (read >= 4_096) {
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
