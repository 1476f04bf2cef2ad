import { failure, type Failure } from '../../../shared/base/errors.ts';
import { structAt, StructReader, type ReadRun, type ReadUpdate } from './read-update.ts';
import type { Sliced, Work } from './work.ts';

/** The first clock of a client id that the document does not have. */
export type KnownClock = (client: number) => number;

/** Called for every struct that is new, wholly or in its end, when all it refers to is known or was visited. */
export type Visit = (reader: StructReader, run: ReadRun, i: number) => Failure | null;

/** A run on its way: `next` is the struct that comes next. */
interface Course {
  readonly run: ReadRun;
  next: number;
  /** Whether it waits for another run, which therefore must not wait for it. */
  waits: boolean;
}

const missing = failure('update-missing-reference', 'refers to something the relay does not have');
const ahead = failure('update-malformed', 'a struct that refers to itself or later');
const circle = failure('update-malformed', 'structs that wait for each other');

/**
 * Goes through the new structs in an order in which each comes after everything it refers to, as Yjs will integrate
 * them. What refers to something unknown, to itself or in a circle is refused: Yjs would keep it waiting for ever.
 */
export function* inOrder(
  update: ReadUpdate,
  known: KnownClock,
  work: Work,
  visit: Visit,
): Sliced<Failure | null> {
  const reader = new StructReader(update.bytes);
  const [only] = update.runs;
  if (only && update.runs.length === 1) return yield* inOneRun(update, only, known, reader, work, visit);
  const courses = new Map<number, Course>();
  for (const run of update.runs) {
    const state = known(run.client);
    if (run.to <= state) continue;
    const next = run.from < state ? structAt(update, run, state) : run.first;
    courses.set(run.client, { run, next, waits: false });
  }

  /** The course that has to go on to this clock first; null when the clock is there, a failure when it never will be. */
  const before = (from: Course, client: number, clock: number): Course | Failure | null => {
    if (client === from.run.client) return clock < update.clocks[from.next]! ? null : ahead;
    const course = courses.get(client);
    if (!course) return clock < known(client) ? null : missing;
    if (course.next < course.run.end ? clock < update.clocks[course.next]! : clock < course.run.to)
      return null;
    // What the document has of a run that goes on is there, too.
    if (clock < known(client)) return null;
    if (clock >= course.run.to) return missing;
    return course.waits ? circle : course;
  };
  const blocker = (course: Course): Course | Failure | null => {
    reader.read(update.starts[course.next]!);
    const { originClient, rightClient, parentClient } = reader;
    return (
      (originClient < 0 ? null : before(course, originClient, reader.originClock)) ??
      (rightClient < 0 ? null : before(course, rightClient, reader.rightClock)) ??
      (parentClient < 0 ? null : before(course, parentClient, reader.parentClock))
    );
  };

  for (const first of [...courses.values()].sort((a, b) => b.run.client - a.run.client)) {
    const waiting: Course[] = [first];
    while (waiting.length > 0) {
      const course = waiting.at(-1)!;
      course.waits = false;
      if (course.next === course.run.end) {
        waiting.pop();
        continue;
      }
      const found = blocker(course);
      if (work.did(1)) yield;
      if (found !== null) {
        if ('code' in found) return found;
        course.waits = true;
        waiting.push(found);
        continue;
      }
      const refused = visit(reader, course.run, course.next);
      if (refused) return refused;
      course.next++;
      // As Yjs does: whoever waited is looked at again as soon as one more is there.
      if (waiting.length > 1) waiting.pop();
    }
  }
  return null;
}

/** What nearly all updates are: structs of one client id, in the order of their clocks. */
function* inOneRun(
  update: ReadUpdate,
  run: ReadRun,
  known: KnownClock,
  reader: StructReader,
  work: Work,
  visit: Visit,
): Sliced<Failure | null> {
  const state = known(run.client);
  if (run.to <= state) return null;
  for (let i = run.from < state ? structAt(update, run, state) : run.first; i < run.end; i++) {
    reader.read(update.starts[i]!);
    const clock = update.clocks[i]!;
    const why =
      (reader.originClient < 0 ? null : whyNot(reader.originClient, reader.originClock, run, clock, known)) ??
      (reader.rightClient < 0 ? null : whyNot(reader.rightClient, reader.rightClock, run, clock, known)) ??
      (reader.parentClient < 0 ? null : whyNot(reader.parentClient, reader.parentClock, run, clock, known)) ??
      visit(reader, run, i);
    if (why) return why;
    if (work.did(1)) yield;
  }
  return null;
}

function whyNot(
  client: number,
  referred: number,
  run: ReadRun,
  clock: number,
  known: KnownClock,
): Failure | null {
  if (client === run.client) return referred < clock ? null : ahead;
  return referred < known(client) ? null : missing;
}
