import * as decoding from 'lib0/decoding';
import * as Y from 'yjs';
import type { Part } from '../../../shared/access/text-content.ts';
import type { AnyTextKind } from '../../../shared/documents/registry.ts';
import { failure, type Failure } from '../../../shared/base/errors.ts';
import { bounds } from './bounds.ts';
import { inOrder } from './order.ts';
import { valuesAtOnce } from './pieces.ts';
import { typeNames, type PlacedHolder, type Places } from './places.ts';
import { clockAfter, content, structAt, StructReader, type ReadRun, type ReadUpdate } from './read-update.ts';
import { deletesAll, isSame } from './same-content.ts';
import { rootOf, Walks } from './walks.ts';
import type { Sliced, Work } from './work.ts';

/** Whether new structs under this client id are the sender's own. */
export type OwnsClient = (client: number) => boolean;

/** What is asked of an update, and of which document. */
export interface Question {
  readonly doc: Y.Doc;
  readonly places: Places;
  readonly kind: AnyTextKind;
  readonly update: ReadUpdate;
  readonly owns: OwnsClient;
}

/** The new structs in the order in which they can be applied one after the other. */
export interface Plan {
  /** Numbers of structs in the update. */
  readonly order: readonly number[];
  /**
   * Those of them that Yjs would collect at once, because what they stand in or beside was collected. They are applied as
   * collected structs: Yjs would still cut their neighbours, here and nowhere else.
   */
  readonly gone: ReadonlySet<number>;
  /** Those that are many values in a sequence: they can be applied a few at a time. */
  readonly lists: ReadonlySet<number>;
  /** Those that Yjs may have to carry past many items to find their places: each may be long work. */
  readonly far: ReadonlySet<number>;
  /** Whether nothing is deleted, also not by the way: no key gets another value, no struct comes deleted. */
  readonly onlyAdds: boolean;
}

const malformed = (message: string): Failure => failure('update-malformed', message);
const forbidden = (message: string): Failure => failure('update-forbidden-content', message);
const missing = (): Failure =>
  failure('update-missing-reference', 'refers to something the relay does not have');

/** Compares what was read with the document it is meant for, so that applying it cannot fail. Changes nothing. */
export function* judge(question: Question, work: Work): Sliced<Failure | Plan> {
  const { doc, update, owns } = question;
  const known = (client: number): number => Y.getState(doc.store, client);
  for (const { client, from, to } of update.runs) {
    const state = known(client);
    if (from > state) return failure('update-clock-gap', `structs before clock ${from} are missing`);
    if (to > state && !owns(client))
      return failure('update-not-leased', 'structs under an id of somebody else');
  }
  if (update.runs.some(({ client, from }) => from < known(client))) {
    const forked = yield* forkIn(question, known, work);
    if (forked) return forked;
  }

  const order: number[] = [];
  const standing = new Standing(question, known, work);
  const refused = yield* inOrder(update, known, work, (reader, run, i) => {
    order.push(i);
    return standing.refuse(reader, run, i);
  });
  if (refused) return refused;

  const { gone, lists, far, onlyAdds } = standing;
  if (update.deletes.length === 0) return { order, gone, lists, far, onlyAdds };
  const ends = new Map(update.runs.map(({ client, to }) => [client, Math.max(to, known(client))]));
  for (let at = 0; at < update.deletes.length; at += 3) {
    const client = update.deletes[at]!;
    const end = ends.get(client) ?? known(client);
    if (!(update.deletes[at + 1]! + update.deletes[at + 2]! <= end)) return missing();
    if (work.did(1)) yield;
  }
  return { order, gone, lists, far, onlyAdds: false };
}

/** Structs that the relay has must be the same here: otherwise a device and its copy went on under one id. */
function* forkIn(
  { doc, update, owns }: Question,
  known: (client: number) => number,
  work: Work,
): Sliced<Failure | null> {
  const forked = (client: number): Failure =>
    owns(client)
      ? failure('update-forked', 'the relay has something else under these clocks')
      : failure('update-not-leased', 'something else than what somebody else wrote');
  const doomed = new Set<Y.Item>();
  /** Whose structs were collected, if what they stood in is deleted. */
  let doubtful: number | null = null;
  let reader: StructReader | null = null;
  for (const run of update.runs) {
    const state = known(run.client);
    if (run.from >= state) continue;
    reader ??= new StructReader(update.bytes);
    for (let i = run.first; i < run.end && update.clocks[i]! < state; i++) {
      if (!isSame(doc, update, run, i, state, reader, doomed)) return forked(run.client);
      if (work.did(2)) yield;
    }
    if (doomed.size > 0) doubtful ??= run.client;
  }
  return doubtful === null || (yield* deletesAll(update, doomed, work)) ? null : forked(doubtful);
}

const nothing: ReadonlySet<number> = new Set();

/** Finds for each new struct what it will stand in, by its neighbours and parents, and whether it may. */
class Standing {
  gone: ReadonlySet<number> = nothing;
  readonly lists = new Set<number>();
  onlyAdds = true;
  #gone: Set<number> | null = null;
  readonly #walks: Walks;
  readonly #question: Question;
  readonly #known: (client: number) => number;
  /** By client id; null where there is one run alone. */
  readonly #runs: ReadonlyMap<number, ReadRun> | null;
  /** By number of the struct: what holds it, null for one that will be collected at once, and its key there. */
  readonly #holders: (PlacedHolder | null)[] = [];
  readonly #subs: (string | null)[] = [];
  /** By number of the struct: its kind of content. */
  readonly #refs: number[] = [];
  #types: Map<number, PlacedHolder> | null = null;

  constructor(question: Question, known: (client: number) => number, work: Work) {
    this.#walks = new Walks(work);
    this.#question = question;
    this.#known = known;
    const { runs } = question.update;
    this.#runs = runs.length > 1 ? new Map(runs.map((run) => [run.client, run])) : null;
  }

  refuse(reader: StructReader, run: ReadRun, i: number): Failure | null {
    const { update } = this.#question;
    const { ref } = reader;
    const state = this.#known(run.client);
    const clock = update.clocks[i]!;
    this.#refs[i] = ref;
    this.#holders[i] = null;
    this.#subs[i] = null;
    if (ref === content.gc || ref === content.deleted) {
      this.onlyAdds = false;
      const length = clockAfter(update, run, i) - Math.max(clock, state);
      if (length > bounds.gap) return malformed('a gap of impossible length');
      if (ref === content.gc) return null;
    }
    const isList = ref === content.any && clockAfter(update, run, i) - clock > valuesAtOnce;
    const refused = this.#stand(reader, run, i, this.#leftOf(reader, run, clock), this.#rightOf(reader));
    // In a map the last of the values is the one that counts, and replaces what was there.
    if (isList && this.#holders[i] && this.#subs[i] === null) this.lists.add(i);
    return refused;
  }

  #leftOf(
    { originClient, originClock }: StructReader,
    { client }: ReadRun,
    clock: number,
  ): Y.Item | Y.GC | number | undefined {
    const state = this.#known(client);
    // The relay has the beginning of it: the rest goes on behind that.
    if (clock < state) return this.#at(client, state - 1);
    return originClient < 0 ? undefined : this.#at(originClient, originClock);
  }

  #rightOf({ rightClient, rightClock }: StructReader): Y.Item | Y.GC | number | undefined {
    return rightClient < 0 ? undefined : this.#at(rightClient, rightClock);
  }

  /** What covers this clock: a struct of the document, or the number of one of this update. */
  #at(client: number, clock: number): Y.Item | Y.GC | number {
    const { update } = this.#question;
    if (clock >= this.#known(client))
      return structAt(update, this.#runs ? this.#runs.get(client)! : update.runs[0]!, clock);
    const structs = this.#question.doc.store.clients.get(client)!;
    return structs[Y.findIndexSS(structs, clock)]!;
  }

  #stand(
    reader: StructReader,
    run: ReadRun,
    i: number,
    left: Y.Item | Y.GC | number | undefined,
    right: Y.Item | Y.GC | number | undefined,
  ): Failure | null {
    let holder: PlacedHolder | null;
    let sub: string | null;
    if (left !== undefined || right !== undefined) {
      const first = left ?? right!;
      holder = this.#holderOf(first);
      // Yjs collects what stands beside something collected.
      if (holder === null || (right !== undefined && this.#holderOf(right) === null)) return this.#collect(i);
      sub = this.#subOf(first);
      if (left !== undefined && right !== undefined)
        if (this.#holderOf(right) !== holder || this.#subOf(right) !== sub)
          return malformed('neighbours that are none');
    } else if (reader.root !== null) {
      holder = this.#question.places.root(reader.root);
      ({ sub } = reader);
    } else {
      const held = this.#heldAt(reader.parentClient, reader.parentClock);
      if (held === null) return malformed('a parent that holds nothing');
      if (held === 'gone') return this.#collect(i);
      holder = held;
      ({ sub } = reader);
    }
    if (sub !== null && right !== undefined) return malformed('a key whose value has a right neighbour');
    if (sub !== null) this.onlyAdds = false;
    this.#holders[i] = holder;
    this.#subs[i] = sub;
    return (
      this.#refuseContent(reader, i, holder, sub) ??
      this.#refusePlace(reader, run, i, left, right, holder, sub)
    );
  }

  /** Those that Yjs may have to carry far. */
  get far(): ReadonlySet<number> {
    return this.#walks.far;
  }

  #collect(i: number): null {
    if (this.gone === nothing) this.gone = this.#gone = new Set();
    this.#gone?.add(i);
    return null;
  }

  #holderOf(at: Y.Item | Y.GC | number): PlacedHolder | null {
    if (typeof at === 'number') return this.#holders[at]!;
    return at instanceof Y.Item ? this.#question.places.holderOf(at) : null;
  }

  #subOf(at: Y.Item | Y.GC | number): string | null {
    if (typeof at === 'number') return this.#subs[at]!;
    return at instanceof Y.Item ? at.parentSub : null;
  }

  #heldAt(client: number, clock: number): PlacedHolder | 'gone' | null {
    const at = this.#at(client, clock);
    if (typeof at !== 'number') return at instanceof Y.Item ? this.#question.places.heldBy(at) : 'gone';
    const ref = this.#refs[at]!;
    if (ref === content.gc || ref === content.deleted) return 'gone';
    if (ref !== content.type) return null;
    return this.#types?.get(at) ?? 'gone';
  }

  #refuseContent(reader: StructReader, i: number, holder: PlacedHolder, sub: string | null): Failure | null {
    const { roots, allows } = this.#question.kind;
    if (roots && holder.type === 'root' && !roots.includes(holder.name))
      return forbidden('a root this kind of document does not have');
    if (reader.ref === content.type) {
      const type = typeNames[decoding.readVarUint(reader.decoder)]!;
      const name = type === 'element' || type === 'hook' ? decoding.readVarString(reader.decoder) : '';
      const depth = holder.depth + 1;
      if (depth > bounds.typeDepth) return forbidden('nested too deeply');
      (this.#types ??= new Map()).set(i, { type, name, depth, loaded: null });
      if (allows && !allows(holder, sub, { is: 'type', type, name }))
        return forbidden('a type that has no place here');
      return null;
    }
    if (!allows || reader.ref === content.deleted) return null;
    return allows(holder, sub, partOf(reader)) ? null : forbidden('content that has no place here');
  }

  /** Nothing that stands somewhere has a neighbour that was collected. */
  #refusePlace(
    reader: StructReader,
    { client }: ReadRun,
    i: number,
    left: Y.Item | Y.GC | number | undefined,
    right: Y.Item | Y.GC | number | undefined,
    holder: PlacedHolder,
    sub: string | null,
  ): Failure | null {
    const before = right instanceof Y.GC ? undefined : right;
    if (typeof left === 'number') {
      this.#walks.behindNew(i, left, before, reader);
      return null;
    }
    const state = this.#known(client);
    const item = left instanceof Y.Item ? left : undefined;
    return this.#walks.refuse(i, item, before, holder, {
      client,
      left: item ?? null,
      leftClock: this.#question.update.clocks[i]! < state ? state - 1 : reader.originClock,
      right: before instanceof Y.Item ? before : null,
      rightClient: reader.rightClient,
      rightClock: reader.rightClock,
      type: holder.type === 'root' ? rootOf(this.#question.doc, holder.name) : holder.loaded,
      sub,
    });
  }
}

/** What a struct holds, for the rules of a kind; its decoder stands at the content. */
function partOf({ ref, decoder }: StructReader): Part {
  switch (ref) {
    case content.string:
      return { is: 'characters' };
    case content.format: {
      const name = decoding.readVarString(decoder);
      return { is: 'mark', name, value: JSON.parse(decoding.readVarString(decoder)) };
    }
    case content.any:
      return {
        is: 'values',
        values: Array.from({ length: decoding.readVarUint(decoder) }, () => decoding.readAny(decoder)),
      };
    case content.json:
      return {
        is: 'values',
        values: Array.from({ length: decoding.readVarUint(decoder) }, () => {
          const text = decoding.readVarString(decoder);
          return text === 'undefined' ? undefined : (JSON.parse(text) as unknown);
        }),
      };
    case content.embed:
      return { is: 'embed' };
    default:
      return { is: 'binary' };
  }
}
