import * as Y from 'yjs';
import type { AnyTextKind } from '../../shared/documents/registry.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { limits } from '../../shared/protocol/limits.ts';
import {
  content,
  readUpdate,
  Unreadable,
  type Point,
  type ReadRun,
  type ReadStruct,
  type ReadUpdate,
} from './read-update.ts';

/** Types inside types; nobody's document is deeper, and every reader walks down by recursion. */
const deepestType = 100;

const malformed = (message: string): Failure => failure('update-malformed', message);
const forbidden = (message: string): Failure => failure('update-forbidden-content', message);

/** Whether new structs under this client id are the sender's own. */
export type OwnsClient = (client: number) => boolean;

/** Reads the bytes alone: size, form, content, names of roots. Cheap, and before any document is loaded. */
export function readStrictly(bytes: Uint8Array, kind: AnyTextKind): Result<ReadUpdate, Failure> {
  if (bytes.length > limits.update) return err(failure('too-large', 'the update is too large'));
  let update: ReadUpdate;
  try {
    update = readUpdate(bytes);
  } catch (error) {
    // lib0's errors and a stack that overflowed in nested values are malformed bytes all the same.
    if (error instanceof Unreadable && error.forbidden) return err(forbidden(error.message));
    return err(malformed(error instanceof Error ? error.message : 'cannot be decoded'));
  }
  if (kind.roots)
    for (const run of update.runs)
      for (const { parent } of run.structs)
        if (typeof parent === 'string' && !kind.roots.includes(parent))
          return err(forbidden('a root this kind of document does not have'));
  return ok(update);
}

/** Compares what was read with the document it is meant for: ids, clocks, references. Changes nothing. */
export function checkAgainst(doc: Y.Doc, update: ReadUpdate, owns: OwnsClient): Failure | null {
  const ends = new Map<number, number>();
  const runs = new Map(update.runs.map((run) => [run.client, run]));
  const known = (client: number): number => Y.getState(doc.store, client);
  for (const { client, from, to } of update.runs) {
    const state = known(client);
    if (from > state) return failure('update-clock-gap', `structs before clock ${from} are missing`);
    if (to > state && !owns(client))
      return failure('update-not-leased', 'structs under an id of somebody else');
    ends.set(client, Math.max(state, to));
  }
  const end = (client: number): number => ends.get(client) ?? known(client);
  const isKnown = ({ client, clock }: Point): boolean => clock < end(client);

  for (const { client, structs } of update.runs) {
    const state = known(client);
    for (const struct of structs) {
      if (struct.clock + struct.length <= state) continue;
      for (const reference of [struct.origin, struct.rightOrigin, struct.parent]) {
        if (reference === null || typeof reference === 'string') continue;
        if (!isKnown(reference)) return missing();
        if (reference.client === client && reference.clock >= struct.clock)
          return malformed('a struct that refers to itself or later');
      }
      if (struct.parent !== null && typeof struct.parent !== 'string')
        if (!holdsType(doc, runs, struct.parent)) return malformed('a parent that holds nothing');
    }
  }
  for (const { client, clock, length } of update.deletes) if (clock + length > end(client)) return missing();
  return null;
}

const missing = (): Failure =>
  failure('update-missing-reference', 'refers to something the relay does not have');

/** Whether the item at a point is a type (or was one, before it was deleted). */
function holdsType(doc: Y.Doc, runs: ReadonlyMap<number, ReadRun>, { client, clock }: Point): boolean {
  if (clock < Y.getState(doc.store, client)) {
    const structs = doc.store.clients.get(client) ?? [];
    const struct = structs[Y.findIndexSS(structs, clock)];
    return !(struct instanceof Y.Item) || canHold(struct.content);
  }
  const held = structAt(runs.get(client)?.structs ?? [], clock)?.content;
  return held === content.type || held === content.gc || held === content.deleted;
}

/** Of structs in order, the one that covers the clock. Halving: an update may have a million. */
function structAt(structs: readonly ReadStruct[], clock: number): ReadStruct | undefined {
  let low = 0;
  let high = structs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { clock: from, length } = structs[middle]!;
    if (clock < from) high = middle;
    else if (clock < from + length) return structs[middle];
    else low = middle + 1;
  }
  return undefined;
}

const canHold = (held: Y.Item['content']): boolean =>
  held instanceof Y.ContentType || held instanceof Y.ContentDeleted;

/** After it was applied: nothing may wait for missing parts, and nothing may be nested without bound. */
export function checkApplied(doc: Y.Doc, update: ReadUpdate): Failure | null {
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) return missing();
  for (const { client, structs } of update.runs)
    for (const { clock, content: ref } of structs)
      if (ref === content.type && depthOf(doc, client, clock) > deepestType)
        return forbidden('nested too deeply');
  return null;
}

function depthOf(doc: Y.Doc, client: number, clock: number): number {
  const structs = doc.store.clients.get(client) ?? [];
  const found = structs[Y.findIndexSS(structs, clock)];
  let depth = 0;
  let item: Y.Item | null = found instanceof Y.Item ? found : null;
  while (item && depth <= deepestType) {
    depth++;
    item = item.parent instanceof Y.AbstractType ? item.parent._item : null;
  }
  return depth;
}
