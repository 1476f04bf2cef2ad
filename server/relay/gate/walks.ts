import * as Y from 'yjs';
import { failure, type Failure } from '../../../shared/base/errors.ts';
import { bounds } from './bounds.ts';
import { StructReader, type ReadUpdate } from './read-update.ts';
import type { Work } from './work.ts';

/**
 * Where several wrote at one place, Yjs finds the place of a new item by walking past the others, one after the other and
 * without a pause. Here that is counted before it is done.
 */

/** Items to walk past from which a struct is applied alone: fewer are nothing beside what a piece costs. */
const fewItems = 256;
/** Items that are counted in the time of one step of work. */
const itemsPerStep = 128;

/** A new item and what it says of its place in the document. */
export interface Arrival {
  readonly client: number;
  /** What it stands behind, with the clock of the character; null at the beginning. */
  readonly left: Y.Item | null;
  readonly leftClock: number;
  /** What it stands before, if that is in the document. */
  readonly right: Y.Item | null;
  /** The same by its clock; client −1 where there is nothing. */
  readonly rightClient: number;
  readonly rightClock: number;
  /** What holds it, where that is in the document; its key there, null in a sequence. */
  readonly type: Y.AbstractType<unknown> | null;
  readonly sub: string | null;
}

const isAt = (id: Y.ID | null, client: number, clock: number): boolean =>
  id === null ? client < 0 : id.client === client && id.clock === clock;

/** Items that Yjs will walk past until the new one has its place: never fewer, and counted up to `most`. */
export function itemsPast(arrival: Arrival, most: number): number {
  const { client, left, leftClock, right, rightClient, rightClock, type, sub } = arrival;
  let past = 0;
  let at: Y.Item | null;
  if (left) {
    const isCut = leftClock < left.id.clock + left.length - 1;
    if (isCut && right === left && rightClock === leftClock + 1) return 0;
    if (isCut) past++;
    at = left.right;
  } else {
    at = (sub === null ? type?._start : type?._map.get(sub)) ?? null;
    // Of a key's values the last is known, and the way begins at the first.
    for (; sub !== null && at !== null && at.left !== null && past < most; past++) at = at.left;
  }
  const leftClient = left ? left.id.client : -1;
  for (; at !== null && at !== right && past < most; at = at.right) {
    past++;
    if (isAt(at.origin, leftClient, leftClock)) {
      if (at.id.client >= client && isAt(at.rightOrigin, rightClient, rightClock)) break;
    } else if (at.origin === null) break;
  }
  return past;
}

/** A root of the document; null when nothing stands in it yet. */
export const rootOf = (doc: Y.Doc, name: string): Arrival['type'] =>
  (doc.share.get(name) as Arrival['type'] | undefined) ?? null;

/** A struct of an update, by its number. */
export interface Numbered {
  readonly client: number;
  readonly i: number;
}

/** A struct that is the next to be applied: all that it refers to is in the document. */
export function arrivalOf(doc: Y.Doc, update: ReadUpdate, { client, i }: Numbered): Arrival {
  const reader = new StructReader(update.bytes);
  reader.read(update.starts[i]!);
  const itemAt = (of: number, clock: number): Y.Item | null => {
    const structs = of < 0 ? undefined : doc.store.clients.get(of);
    const found = structs?.[Y.findIndexSS(structs, clock)];
    return found instanceof Y.Item ? found : null;
  };
  const state = Y.getState(doc.store, client);
  // The document has the beginning of it: the rest goes on behind that.
  const goesOn = update.clocks[i]! < state;
  const [leftClient, leftClock] = goesOn ? [client, state - 1] : [reader.originClient, reader.originClock];
  const left = itemAt(leftClient, leftClock);
  const { rightClient, rightClock, root } = reader;
  const right = itemAt(rightClient, rightClock);
  const parent = itemAt(reader.parentClient, reader.parentClock)?.content;
  const typed = parent instanceof Y.ContentType ? parent.type : right?.parent;
  const type = root === null ? ((typed as Arrival['type'] | undefined) ?? null) : rootOf(doc, root);
  const sub = left ? left.parentSub : reader.sub;
  return { client, left, leftClock, right, rightClient, rightClock, type, sub };
}

export const tooFar: Failure = failure('too-large', 'too much was written at one place');

/** The structs of one update that go in behind the same thing of the document, or at the beginning of the same one. */
interface Course {
  /** With all that stands behind them. */
  count: number;
  /** Whose place is known to be before the others'; −1 when that is nobody's. All are of one client then. */
  foremost: number;
  /** What it names. */
  arrival: Arrival | null;
  /** Items of the document before it. */
  past: number;
}

/** What a struct stands beside: an item of the document, the number of a struct of the update, or nothing. */
export type Beside = Y.Item | number | undefined;

/** Says of each new struct, in order, whether its place is far to find, as well as can be said before any is applied. */
export class Walks {
  /** To be applied alone: those that may have to be carried past many others. */
  readonly far = new Set<number>();
  readonly #work: Work;
  readonly #courses = new Map<object, Course>();
  /** By number of the struct: its course, and how many were placed before it. */
  readonly #courseOf: Course[] = [];
  readonly #before: number[] = [];
  #placed = 0;
  #past = 0;

  constructor(work: Work) {
    this.#work = work;
  }

  /** It stands behind something new: only what came later can stand there. */
  behindNew(i: number, left: number, right: Beside, { originClock, rightClock }: StructReader): void {
    const before = (this.#before[i] = this.#placed++);
    const course = this.#courseOf[left]!;
    this.#courseOf[i] = course;
    course.count++;
    if (before - this.#before[left]! <= fewItems) return;
    // Between two neighbouring characters of one struct is nothing.
    if (left !== right || rightClock !== originClock + 1) this.far.add(i);
  }

  /** It stands behind something of the document or at the beginning. `holder` stands for what holds it. */
  refuse(
    i: number,
    left: Y.Item | undefined,
    right: Beside,
    holder: object,
    arrival: Arrival,
  ): Failure | null {
    this.#before[i] = this.#placed++;
    const key = left ?? holder;
    let course = this.#courses.get(key);
    if (!course) this.#courses.set(key, (course = { count: 0, foremost: -1, arrival: null, past: 0 }));
    const isBefore = isBeforeForemost(right, arrival, course);
    /** Otherwise it stands before something new, and nobody can say yet where that is. */
    const isKnown = isBefore || typeof right !== 'number';
    const isForemost = isBefore || (isKnown && course.count === 0);
    if (typeof right !== 'number') {
      const most = Math.min(bounds.pastOne, bounds.past - this.#past) + 1;
      course.past = itemsPast(arrival, most);
      this.#work.did(course.past / itemsPerStep);
    }
    this.#past += course.past;
    if (course.past > bounds.pastOne || this.#past > bounds.past) return tooFar;
    // Behind what lies between may stand anything else of the update.
    const others = course.past > 0 ? this.#before[i]! : isForemost ? 0 : course.count;
    if (!isKnown || course.past + others >= fewItems) this.far.add(i);
    this.#courseOf[i] = course;
    course.foremost = isForemost ? i : -1;
    course.arrival = arrival;
    course.count++;
    return null;
  }
}

/** It names the foremost as its right neighbour, or the same neighbours as that does, which ends the way there. */
function isBeforeForemost(right: Beside, named: Arrival, { foremost, arrival }: Course): boolean {
  if (foremost < 0 || arrival === null || named.sub !== null) return false;
  const { client, leftClock, rightClient, rightClock } = named;
  if (client !== arrival.client || leftClock !== arrival.leftClock) return false;
  return right === foremost || (rightClient === arrival.rightClient && rightClock === arrival.rightClock);
}
