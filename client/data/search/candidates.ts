/* Which units of one segment have all that is asked for, by its postings alone: the texts themselves decide. */
import { field, kindKey, personKey, roomKey } from './keys.ts';
import type { SearchQuery } from './contract.ts';
import {
  blocksOf,
  numbersOf,
  postingsIn,
  readNumbers,
  unitsInBlock,
  type Posting,
  type SegmentInfo,
} from './segment.ts';
import type { IndexTx } from './store.ts';
import type { Asked, Clue } from './words.ts';

/** No token has a character behind this one. */
const beyond = '\u{10ffff}';

export function cluesOf(query: SearchQuery, asked: Asked, room: number | null): Clue[] {
  const letter = field[query.kind];
  const clues = asked.clues.map(({ token, begins }) => ({ token: letter + token, begins }));
  if (room !== null) clues.push({ token: roomKey(room), begins: false });
  if (query.by !== null) clues.push({ token: personKey(query.by), begins: false });
  if (asked.clues.length === 0) clues.push({ token: kindKey(query.kind), begins: false });
  // Single tokens are few numbers and leave few: those that stand for many come last.
  return clues.sort((a, b) => Number(a.begins) - Number(b.begins) || b.token.length - a.token.length);
}

/** Numbers of units, ascending: the newest first. */
export async function candidates(
  tx: IndexTx,
  info: SegmentInfo,
  clues: readonly Clue[],
): Promise<Uint32Array> {
  const reads = clues.map((clue) => blocksFor(tx, info, clue));
  const blocks = await Promise.all(reads);
  let found: Uint32Array | null = null;
  for (let i = 0; i < clues.length; i++) {
    const { token, begins } = clues[i]!;
    const list = postings(blocks[i]!, token, begins);
    if (list.length === 0) return new Uint32Array(0);
    if (list.length === 1) {
      const numbers = numbersOf(list[0]!);
      found = found ? inBoth(found, numbers) : numbers;
    } else {
      const set = union(list, info.units);
      found = found ? found.filter((number) => hasBit(set, number)) : numbersIn(set);
    }
    if (found.length === 0) return found;
  }
  return found ?? new Uint32Array(0);
}

function blocksFor(tx: IndexTx, info: SegmentInfo, { token, begins }: Clue): Promise<Uint8Array[]> {
  const range = blocksOf(info, token, begins ? token + beyond : `${token}\0`);
  if (!range) return Promise.resolve([]);
  return tx.objectStore('postings').getAll(IDBKeyRange.bound([info.id, range[0]], [info.id, range[1]]));
}

function postings(blocks: readonly Uint8Array[], token: string, begins: boolean): Posting[] {
  const found: Posting[] = [];
  for (const block of blocks)
    for (const posting of postingsIn(block))
      if (begins ? posting.token.startsWith(token) : posting.token === token) found.push(posting);
  return found;
}

function inBoth(a: Uint32Array, b: Uint32Array): Uint32Array {
  const both = new Uint32Array(Math.min(a.length, b.length));
  let count = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [left, right] = [a[i]!, b[j]!];
    if (left === right) both[count++] = left;
    if (left <= right) i += 1;
    if (right <= left) j += 1;
  }
  return both.subarray(0, count);
}

function union(list: readonly Posting[], units: number): Uint32Array {
  const set = new Uint32Array((units + 31) >> 5);
  const numbers = new Uint32Array(list.reduce((most, { count }) => Math.max(most, count), 0));
  for (const posting of list) {
    readNumbers(posting, numbers, 0);
    for (let i = 0; i < posting.count; i++) {
      const number = numbers[i]!;
      set[number >> 5]! |= 1 << (number & 31);
    }
  }
  return set;
}

const hasBit = (set: Uint32Array, number: number): boolean =>
  ((set[number >> 5]! >>> (number & 31)) & 1) === 1;

function numbersIn(set: Uint32Array): Uint32Array {
  const numbers: number[] = [];
  for (let word = 0; word < set.length; word++)
    for (let bits = set[word]!; bits !== 0; bits &= bits - 1)
      numbers.push(word * 32 + 31 - Math.clz32(bits & -bits));
  return Uint32Array.from(numbers);
}

/** Of units newest first, how many blocks begin after `time`: what is not newer begins in the last of them, or later. */
export const firstBlockWith = ({ times }: SegmentInfo, time: number): number => {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! > time) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
};

export const blockOf = (number: number): number => Math.floor(number / unitsInBlock);
