/* Which units of one segment have all that is asked for, by its postings alone: the texts themselves decide. */
import type { SearchQuery } from './contract.ts';
import { field, kindKey, personKey, roomKey } from './keys.ts';
import {
  anyPlace,
  BlockReader,
  blocksOf,
  numberIn,
  placeIn,
  readPostings,
  round,
  unitsInBlock,
  type Posting,
  type SegmentInfo,
} from './segment.ts';
import type { IndexTx } from './store.ts';
import type { Asked, Clue } from './words.ts';

/** No token has a character behind this one. */
const beyond = '\uffff';

export function cluesOf(query: SearchQuery, asked: Asked, room: number | null): Clue[] {
  const letter = field[query.kind];
  const key = (token: string): Clue => ({ token, begins: false, stands: null });
  const clues = asked.clues.map((clue) => ({ ...clue, token: letter + clue.token }));
  if (room !== null) clues.push(key(roomKey(room)));
  if (query.by !== null) clues.push(key(personKey(query.by)));
  if (asked.clues.length === 0) clues.push(key(kindKey(query.kind)));
  return clues;
}

/** Numbers of units, ascending: the newest first. Of those outside the time asked for some may be among them. */
export async function candidates(
  tx: IndexTx,
  info: SegmentInfo,
  clues: readonly Clue[],
  times: Pick<SearchQuery, 'from' | 'to'>,
): Promise<Uint32Array> {
  const blocks = await Promise.all(clues.map((clue) => blocksFor(tx, info, clue)));
  const whole: [Clue, Posting][] = [];
  const beginnings: [Clue, Posting[]][] = [];
  for (const [i, clue] of clues.entries()) {
    const list = postingsOf(blocks[i]!, clue);
    if (list.length === 0) return new Uint32Array(0);
    if (clue.begins) beginnings.push([clue, list]);
    else whole.push([clue, list[0]!]);
  }
  const range = numbersWithin(info, times);
  // The shortest first: there is never more to compare than it has.
  whole.sort(([, a], [, b]) => a.count - b.count);
  let found: Found | null = null;
  for (const [clue, posting] of whole) {
    const postings = within(posting, range);
    if (found) found.narrow(clue, postings);
    else found = Found.of(clue, postings);
    if (found.count === 0) return new Uint32Array(0);
  }
  for (const [clue, list] of beginnings) {
    if (found) found.narrowToAny(clue, list, info.units);
    else found = new Found(numbersIn(union(list, info.units), range));
  }
  return found?.numbers ?? new Uint32Array(0);
}

function blocksFor(tx: IndexTx, info: SegmentInfo, { token, begins }: Clue): Promise<Uint8Array[]> {
  const range = blocksOf(info, token, token + (begins ? beyond : '\0'));
  if (!range) return Promise.resolve([]);
  return tx.objectStore('postings').getAll(IDBKeyRange.bound([info.id, range[0]], [info.id, range[1]]));
}

function postingsOf(blocks: readonly Uint8Array[], { token, begins }: Clue): Posting[] {
  const found: Posting[] = [];
  for (const block of blocks) {
    const reader = new BlockReader(block);
    for (let posting = reader.next(); posting; posting = reader.next())
      if (begins ? posting.token.startsWith(token) : posting.token === token) found.push(posting);
      else if (posting.token > token) break;
  }
  return found;
}

/** [from, to) */
type Range = readonly [number, number];

function numbersWithin({ times, units }: SegmentInfo, { from, to }: Pick<SearchQuery, 'from' | 'to'>): Range {
  // Of blocks newest first, what begins before `to` begins in the last that itself does not, or later.
  const first = to === null ? 0 : Math.max(0, blocksSince(times, to) - 1) * unitsInBlock;
  const end = from === null ? units : Math.min(units, blocksSince(times, from) * unitsInBlock);
  return [first, end];
}

/** How many blocks begin at this time or later. */
function blocksSince(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! >= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function within(posting: Posting, [first, end]: Range): Uint32Array {
  const postings = new Uint32Array(posting.count);
  readPostings(posting, postings, 0);
  let from = 0;
  while (from < postings.length && numberIn(postings[from]!) < first) from += 1;
  let to = postings.length;
  while (to > from && numberIn(postings[to - 1]!) >= end) to -= 1;
  return postings.subarray(from, to);
}

/** Places as bits. */
type Places = number;
const anywhere: Places = (1 << round) - 1;

/** Where a piece may begin, counted round, for this clue of it to stand at this place. */
function beginsOf(posting: number, { stands }: Clue): Places {
  const place = placeIn(posting);
  return !stands || place === anyPlace ? anywhere : 1 << ((place + round - (stands.turn % round)) % round);
}

/** Units that have all clues that were looked at, with those of one piece behind each other. */
class Found {
  readonly #numbers: Uint32Array;
  /** Of each piece where it may begin in each unit, as far as its clues have told. */
  readonly #begins = new Map<number, Uint16Array>();
  count: number;

  /** Nothing is known of where anything stands. */
  constructor(numbers: Uint32Array) {
    this.#numbers = numbers;
    this.count = numbers.length;
  }

  static of(clue: Clue, postings: Uint32Array): Found {
    const found = new Found(new Uint32Array(postings.length));
    const begins = new Uint16Array(postings.length);
    let last = -1;
    for (const posting of postings) {
      const number = numberIn(posting);
      if (last < 0 || found.#numbers[last] !== number) found.#numbers[++last] = number;
      begins[last]! |= beginsOf(posting, clue);
    }
    found.count = last + 1;
    if (clue.stands) found.#begins.set(clue.stands.piece, begins);
    return found;
  }

  get numbers(): Uint32Array {
    return this.#numbers.subarray(0, this.count);
  }

  /** To those that are among the postings. */
  narrow(clue: Clue, postings: Uint32Array): void {
    const { numbers } = this;
    const begins = new Uint16Array(numbers.length);
    for (let i = 0, j = 0; i < numbers.length && j < postings.length;) {
      const number = numberIn(postings[j]!);
      if (numbers[i]! < number) i += 1;
      else {
        if (numbers[i] === number) begins[i]! |= beginsOf(postings[j]!, clue);
        j += 1;
      }
    }
    this.#keep(clue, begins);
  }

  /** To those that are in any of the lists. */
  narrowToAny(clue: Clue, list: readonly Posting[], units: number): void {
    const { numbers } = this;
    const set = new Uint32Array((units + 31) >> 5);
    for (const number of numbers) set[number >> 5]! |= 1 << (number & 31);
    const begins = new Uint16Array(numbers.length);
    forEachIn(list, (posting) => {
      const number = numberIn(posting);
      if (hasBit(set, number)) begins[placeOf(numbers, number)]! |= beginsOf(posting, clue);
    });
    this.#keep(clue, begins);
  }

  /** Those where the piece of this clue can still begin somewhere. */
  #keep({ stands }: Clue, begins: Uint16Array): void {
    const known = stands ? this.#begins.get(stands.piece) : undefined;
    if (stands && !known) this.#begins.set(stands.piece, begins);
    let count = 0;
    for (let i = 0; i < begins.length; i++) {
      const left = begins[i]! & (known ? known[i]! : anywhere);
      if (left === 0) continue;
      if (known) known[i] = left;
      for (const each of this.#begins.values()) each[count] = each[i]!;
      this.#numbers[count++] = this.#numbers[i]!;
    }
    this.count = count;
  }
}

/** Of ascending numbers, where the one is that is among them. */
function placeOf(numbers: Uint32Array, wanted: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function union(list: readonly Posting[], units: number): Uint32Array {
  const set = new Uint32Array((units + 31) >> 5);
  forEachIn(list, (posting) => {
    const number = numberIn(posting);
    set[number >> 5]! |= 1 << (number & 31);
  });
  return set;
}

function forEachIn(list: readonly Posting[], tell: (posting: number) => void): void {
  const postings = new Uint32Array(list.reduce((most, { count }) => Math.max(most, count), 0));
  for (const posting of list) {
    readPostings(posting, postings, 0);
    for (let i = 0; i < posting.count; i++) tell(postings[i]!);
  }
}

const hasBit = (set: Uint32Array, number: number): boolean =>
  ((set[number >> 5]! >>> (number & 31)) & 1) === 1;

function numbersIn(set: Uint32Array, [first, end]: Range): Uint32Array {
  const numbers: number[] = [];
  for (let word = first >> 5; word < set.length; word++)
    for (let bits = set[word]!; bits !== 0; bits &= bits - 1) {
      const number = word * 32 + 31 - Math.clz32(bits & -bits);
      if (number >= end) return Uint32Array.from(numbers);
      numbers.push(number);
    }
  return Uint32Array.from(numbers);
}
