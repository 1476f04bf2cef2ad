import * as encoding from 'lib0/encoding';
import type { ReadRun, ReadUpdate } from './read-update.ts';

/** The most that is put together. */
const mostStructs = 256;
const mostBytes = 64 * 1024;

interface Part {
  readonly update: ReadUpdate;
  readonly run: ReadRun;
}

/** What goes on under one client id. */
interface Course {
  readonly writer: unknown;
  readonly from: number;
  to: number;
  count: number;
  readonly parts: Part[];
}

/**
 * Small updates that came in one turn, put together as one: judging and applying that costs about what one of them does.
 * Takes only what goes on where the document, or another of them, ends, and deletes nothing.
 */
export class Together {
  readonly #known: (client: number) => number;
  readonly #courses = new Map<number, Course>();
  #structs = 0;
  #bytes = 0;

  /** `known`: the first clock of a client id that the document does not have. */
  constructor(known: (client: number) => number) {
    this.#known = known;
  }

  /** Whether there is room for it, and every client id goes on where it ended and is in one hand. */
  accepts({ bytes, runs, starts, deletes }: ReadUpdate, writer: unknown): boolean {
    if (deletes.length > 0) return false;
    if (this.#structs + starts.length > mostStructs || this.#bytes + bytes.length > mostBytes) return false;
    for (const { client, from } of runs) {
      const course = this.#courses.get(client);
      if (from !== (course ? course.to : this.#known(client))) return false;
      if (course && course.writer !== writer) return false;
    }
    return true;
  }

  add(update: ReadUpdate, writer: unknown): void {
    this.#structs += update.starts.length;
    this.#bytes += update.bytes.length;
    for (const run of update.runs) {
      const { client, from, to } = run;
      let course = this.#courses.get(client);
      if (!course) this.#courses.set(client, (course = { writer, from, to, count: 0, parts: [] }));
      course.to = to;
      course.count += run.end - run.first;
      course.parts.push({ update, run });
    }
  }

  joined(): ReadUpdate {
    const encoder = encoding.createEncoder();
    const runs: ReadRun[] = [];
    const starts: number[] = [];
    const clocks: number[] = [];
    encoding.writeVarUint(encoder, this.#courses.size);
    for (const [client, { from, to, count, parts }] of this.#courses) {
      encoding.writeVarUint(encoder, count);
      encoding.writeVarUint(encoder, client);
      encoding.writeVarUint(encoder, from);
      const first = starts.length;
      for (const { update, run } of parts) {
        const begin = update.starts[run.first]!;
        const moved = encoding.length(encoder) - begin;
        for (let i = run.first; i < run.end; i++) {
          starts.push(update.starts[i]! + moved);
          clocks.push(update.clocks[i]!);
        }
        encoding.writeUint8Array(encoder, update.bytes.subarray(begin, run.stop));
      }
      runs.push({ client, from, to, first, end: starts.length, stop: encoding.length(encoder) });
    }
    encoding.writeVarUint(encoder, 0);
    return { bytes: encoding.toUint8Array(encoder), runs, starts, clocks, deletes: [] };
  }
}
