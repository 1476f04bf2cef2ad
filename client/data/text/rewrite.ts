import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { mergeInTree } from './merge.ts';

/**
 * The structs of a client id from clock `from` up to clock `to` go on under another id, from its clock 0 on. What lies
 * behind them was written by another copy of this device, or not yet.
 */
export interface Move {
  readonly client: number;
  readonly from: number;
  readonly to: number;
  readonly as: number;
}

/** An update as its structs and deletions. */
type Decoded = ReturnType<typeof Y.decodeUpdate>;
type Struct = Decoded['structs'][number];
interface Range {
  readonly clock: number;
  readonly len: number;
}

/**
 * The same changes under other client ids: what somebody did stays exactly what it was, and refers to what it referred
 * to. For a branch that was written under ids which another copy of this device used too.
 */
export function moved(update: Uint8Array, moves: readonly Move[]): Uint8Array {
  const { structs, ds } = Y.decodeUpdate(update);
  const place = (id: Y.ID): Y.ID => {
    const move = moves.find(
      ({ client, from, to }) => client === id.client && from <= id.clock && id.clock < to,
    );
    return move ? Y.createID(move.as, id.clock - move.from) : id;
  };
  for (const struct of structs) {
    struct.id = place(struct.id);
    if (!(struct instanceof Y.Item)) continue;
    if (struct.origin) struct.origin = place(struct.origin);
    if (struct.rightOrigin) struct.rightOrigin = place(struct.rightOrigin);
    if (struct.parent instanceof Y.ID) struct.parent = place(struct.parent);
  }
  const deletes = new Map<number, Range[]>();
  for (const [client, ranges] of ds.clients)
    for (const range of ranges)
      for (const part of cut(client, range, moves)) {
        const { client: as, clock } = place(Y.createID(client, part.clock));
        deletes.set(as, [...(deletes.get(as) ?? []), { clock, len: part.len }]);
      }
  return encode(structs, deletes);
}

/** A range in parts where what is moved begins or ends inside it. */
function cut(client: number, { clock, len }: Range, moves: readonly Move[]): Range[] {
  const move = moves.find((each) => each.client === client);
  const inside = move ? [move.from, move.to].filter((edge) => clock < edge && edge < clock + len) : [];
  const edges = [clock, ...inside, clock + len];
  return edges.slice(1).map((end, i) => ({ clock: edges[i]!, len: end - edges[i]! }));
}

/** The same moves after `update`, in which a page went on with what is moved. */
export function goneOn(moves: readonly Move[], update: Uint8Array): Move[] {
  const { to: ends } = Y.parseUpdateMeta(update);
  return moves.map((move) => ({ ...move, to: Math.max(move.to, ends.get(move.client) ?? 0) }));
}

/** `update` without deletions of what `isThere` does not know. */
export function withoutDeletions(
  update: Uint8Array,
  isThere: (client: number, clock: number) => boolean,
): Uint8Array {
  const { structs, ds } = Y.decodeUpdate(update);
  const deletes = new Map<number, Range[]>();
  for (const [client, ranges] of ds.clients) {
    const kept = ranges.filter(({ clock, len }) => isThere(client, clock + len - 1));
    if (kept.length > 0) deletes.set(client, kept);
  }
  return encode(structs, deletes);
}

function encode(structs: readonly Struct[], deletes: ReadonlyMap<number, readonly Range[]>): Uint8Array {
  const runs = new Map<number, Struct[]>();
  for (const struct of structs) {
    const run = runs.get(struct.id.client);
    if (run) run.push(struct);
    else runs.set(struct.id.client, [struct]);
  }
  const encoder = new Y.UpdateEncoderV1();
  const rest = encoder.restEncoder;
  encoding.writeVarUint(rest, runs.size);
  // The highest id first: whoever merges updates counts on that order.
  for (const [client, run] of [...runs].sort(([a], [b]) => b - a)) {
    encoding.writeVarUint(rest, run.length);
    encoder.writeClient(client);
    encoding.writeVarUint(rest, run[0]!.id.clock);
    for (const struct of run) struct.write(encoder, 0);
  }
  encoding.writeVarUint(rest, deletes.size);
  for (const [client, ranges] of deletes) {
    encoding.writeVarUint(rest, client);
    encoding.writeVarUint(rest, ranges.length);
    for (const { clock, len } of ranges) {
      encoding.writeVarUint(rest, clock);
      encoding.writeVarUint(rest, len);
    }
  }
  return encoder.toUint8Array();
}

/** Two hands may begin with the same letters by chance; so many in the same place are one and the same writing. */
const noChance = 32;

/**
 * What of `branch`, not sent yet, the relay does not have: what it has under the same id and clock and means the same
 * is left out.
 */
export function newIn(branch: Uint8Array, onRelay: readonly Uint8Array[]): Uint8Array {
  const theirs = new Relays(onRelay);
  const { from, to } = Y.parseUpdateMeta(branch);
  const agreed = new Map<number, number>();
  const ended = new Set<number>();
  for (const struct of Y.decodeUpdate(branch).structs) {
    const { client, clock } = struct.id;
    if (ended.has(client)) continue;
    const same = sameFor(struct, theirs);
    agreed.set(client, clock + same);
    if (same < struct.length) ended.add(client);
  }
  for (const [client, upTo] of agreed)
    if (upTo < to.get(client)! && upTo - from.get(client)! < noChance) agreed.set(client, from.get(client)!);
  return Y.diffUpdate(branch, Y.encodeStateVector(agreed));
}

/** The structs that the relay has. */
class Relays {
  readonly #runs = new Map<number, Struct[]>();

  constructor(updates: readonly Uint8Array[]) {
    if (updates.length === 0) return;
    for (const struct of Y.decodeUpdate(mergeInTree(updates)).structs) {
      const run = this.#runs.get(struct.id.client);
      if (run) run.push(struct);
      else this.#runs.set(struct.id.client, [struct]);
    }
  }

  at(client: number, clock: number): Y.Item | Y.GC | null {
    const run = this.#runs.get(client) ?? [];
    const found = run.find(({ id, length }) => id.clock <= clock && clock < id.clock + length);
    return !found || found instanceof Y.Skip ? null : found;
  }
}

/** For how many clocks `struct` is what the relay has there. */
function sameFor(struct: Struct, theirs: Relays): number {
  let same = 0;
  while (same < struct.length) {
    const clock = struct.id.clock + same;
    const other = theirs.at(struct.id.client, clock);
    if (!other) return same;
    const most = Math.min(struct.length - same, other.id.clock + other.length - clock);
    const run = agreement(struct, same, other, clock - other.id.clock, most, theirs);
    same += run;
    if (run < most) return same;
  }
  return same;
}

/** What is deleted on one side has lost its content, and what is collected its place too; then the other side decides. */
function agreement(a: Struct, fromA: number, b: Struct, fromB: number, most: number, theirs: Relays): number {
  if (!(a instanceof Y.Item)) return most;
  if (!(b instanceof Y.Item)) return isPlaceCollected(a, fromA, theirs) ? most : 0;
  if (!isSamePlace(a, fromA, b, fromB)) return 0;
  if (a.content instanceof Y.ContentDeleted || b.content instanceof Y.ContentDeleted) return most;
  if (a.content.constructor !== b.content.constructor) return 0;
  if (a.content instanceof Y.ContentType) return most;
  const [ofA, ofB] = [a.content.getContent(), b.content.getContent()];
  for (let i = 0; i < most; i++)
    if (JSON.stringify(ofA[fromA + i]) !== JSON.stringify(ofB[fromB + i])) return i;
  return most;
}

const isSameId = (a: Y.ID | null, b: Y.ID | null): boolean =>
  a?.client === b?.client && a?.clock === b?.clock;

/** The left neighbour that an item gives for its letter at `from`. */
const originAt = ({ id, origin }: Y.Item, from: number): Y.ID | null =>
  from > 0 ? Y.createID(id.client, id.clock + from - 1) : origin;

/** Items of an update name their parent only where they have no neighbours. */
function isSamePlace(a: Y.Item, fromA: number, b: Y.Item, fromB: number): boolean {
  const origin = originAt(a, fromA);
  if (!isSameId(origin, originAt(b, fromB)) || !isSameId(a.rightOrigin, b.rightOrigin)) return false;
  return origin !== null || a.rightOrigin !== null || (isSameParent(a, b) && a.parentSub === b.parentSub);
}

/** In an update a parent is the name of a root or the id of a type. */
function isSameParent({ parent: a }: Y.Item, { parent: b }: Y.Item): boolean {
  return a instanceof Y.ID && b instanceof Y.ID ? isSameId(a, b) : a === b;
}

/** The relay collects all that stands in something deleted. */
function isPlaceCollected(item: Y.Item, from: number, theirs: Relays): boolean {
  const isCollected = (id: Y.ID | null): boolean =>
    id !== null && theirs.at(id.client, id.clock) instanceof Y.GC;
  const origin = originAt(item, from);
  if (isCollected(origin) || isCollected(item.rightOrigin)) return true;
  if (origin !== null || item.rightOrigin !== null || !(item.parent instanceof Y.ID)) return false;
  const parent = theirs.at(item.parent.client, item.parent.clock);
  return parent instanceof Y.GC || parent?.content instanceof Y.ContentDeleted;
}

/** Which of the client ids in an update move where: each to one of the new ids, from its first struct on. */
export function movesOf(update: Uint8Array, ids: readonly number[]): Move[] {
  const { from, to } = Y.parseUpdateMeta(update);
  return [...from].map(([client, clock], i) => ({ client, from: clock, to: to.get(client)!, as: ids[i]! }));
}

/** The client ids an update was written under. */
export const writersOf = (update: Uint8Array): number[] => [...Y.parseUpdateMeta(update).from.keys()];
