import * as Y from 'yjs';
import type { MemberId } from '../../shared/base/ids.ts';
import type { AuthorIndex } from './author-index.ts';
import type {
  Attribution,
  AttributionQuery,
  Author,
  AuthoredBlock,
  AuthoredRun,
  DeletedRun,
  Path,
} from './contract.ts';

type AnyType = Y.AbstractType<unknown>;

/** The parts of Yjs' types that lists and maps are made of; typed here, since Yjs keeps them to itself. */
interface Inside {
  readonly _start: Y.Item | null;
  readonly _map: ReadonlyMap<string, Y.Item>;
}
const inside = (type: AnyType): Inside => type as unknown as Inside;

const isAlive = (item: Y.Item | undefined): item is Y.Item => item !== undefined && !item.deleted;
const typeOf = (item: Y.Item): AnyType | null =>
  item.content instanceof Y.ContentType ? (item.content.type as AnyType) : null;

/** All items of a sequence in order, deleted ones too. */
function* itemsOf(type: AnyType): Generator<Y.Item> {
  for (let item = inside(type)._start; item; item = item.right as Y.Item | null) yield item;
}

/** What one document says of itself together with what is known of its clocks. */
export function attribute(
  doc: Y.Doc,
  written: AuthorIndex,
  deleted: AuthorIndex,
  { path, from, to }: AttributionQuery,
): Attribution | null {
  const authorOf = ({ client, clock }: Y.ID): Author => {
    const [first] = written.find(client, clock, clock + 1);
    return { by: first!.by, at: first!.at, client };
  };
  const deleterOf = ({ client, clock }: Y.ID) => {
    const [first] = deleted.find(client, clock, clock + 1);
    return { deletedBy: first!.by, deletedAt: first!.at };
  };

  const sequence = (type: AnyType): Attribution => {
    const runs: AuthoredRun[] = [];
    const deletions: DeletedRun[] = [];
    let position = 0;
    for (const item of itemsOf(type)) {
      if (item.deleted) {
        if (position >= from && position <= to) noteDeleted(item, position, deletions);
      } else if (item.countable) {
        noteWritten(item, position, runs);
        position += item.length;
      }
    }
    return { of: 'sequence', length: position, runs, deletions };
  };

  const noteWritten = ({ id, length }: Y.Item, position: number, runs: AuthoredRun[]): void => {
    const first = Math.max(0, from - position);
    const end = Math.min(length, to - position);
    if (first >= end) return;
    const { client, clock } = id;
    for (const { by, at, ...part } of written.find(client, clock + first, clock + end)) {
      const begins = position + part.clock - clock;
      const ends = position + part.until - clock;
      const last = runs.at(-1);
      if (last?.to === begins && last.client === client && last.by === by && last.at === at)
        runs[runs.length - 1] = { ...last, to: ends };
      else runs.push({ from: begins, to: ends, by, at, client });
    }
  };

  const noteDeleted = ({ id, length }: Y.Item, position: number, deletions: DeletedRun[]): void => {
    const { client, clock } = id;
    for (const gone of deleted.find(client, clock, clock + length)) {
      const next: DeletedRun = {
        position,
        length: gone.until - gone.clock,
        ...authorOf(new Y.ID(client, gone.clock)),
        deletedBy: gone.by,
        deletedAt: gone.at,
      };
      const last = deletions.at(-1);
      if (last && isSameDeletion(last, next))
        deletions[deletions.length - 1] = { ...last, length: last.length + next.length };
      else deletions.push(next);
    }
  };

  /** A key's value and those before it, which are its neighbours to the left. */
  const cell = (item: Y.Item): Attribution => {
    const writers: Author[] = [];
    for (let each: Y.Item | null = item; each; each = each.left as Y.Item | null)
      for (const { by, at } of [...written.find(each.id.client, each.id.clock, endOf(each))].reverse())
        writers.push({ by, at, client: each.id.client });
    return item.deleted
      ? { of: 'value', current: null, removed: deleterOf(item.lastId), earlier: writers }
      : { of: 'value', current: writers[0]!, removed: null, earlier: writers.slice(1) };
  };

  const blockOf = (place: Path, items: Iterable<Y.Item>): AuthoredBlock | null => {
    const amounts = new Map<MemberId | null, number>();
    let made: Author | null = null;
    let last: Author | null = null;
    for (const item of alive(items)) {
      for (const { by, at, clock, until } of written.find(item.id.client, item.id.clock, endOf(item))) {
        const author: Author = { by, at, client: item.id.client };
        made ??= author;
        if (!last || (at ?? -1) >= (last.at ?? -1)) last = author;
        if (item.countable) amounts.set(by, (amounts.get(by) ?? 0) + until - clock);
      }
    }
    if (!made || !last) return null;
    const writers = [...amounts].map(([by, amount]) => ({ by, amount }));
    return { path: place, made, last, writers: writers.sort((a, b) => b.amount - a.amount) };
  };

  const blocks = (): Attribution => {
    const found: AuthoredBlock[] = [];
    let count = 0;
    const add = (place: Path, items: Iterable<Y.Item>): void => {
      const wanted = count >= from && count < to;
      const block = blockOf(place, items);
      if (!block) return;
      count++;
      if (wanted) found.push(block);
    };
    for (const [root, type] of [...doc.share].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const direct: Y.Item[] = [];
      let position = 0;
      for (const item of itemsOf(type as AnyType)) {
        if (item.deleted) continue;
        if (typeOf(item)) add([root, position], [item]);
        else direct.push(item);
        if (item.countable) position += item.length;
      }
      if (direct.length > 0) add([root], direct);
      for (const [key, item] of inside(type as AnyType)._map) if (isAlive(item)) add([root, key], [item]);
    }
    return { of: 'blocks', count, blocks: found };
  };

  if (path === null) return blocks();
  const found = follow(doc, path);
  if (!found) return null;
  if (found instanceof Y.Item) return cell(found);
  if (found instanceof Y.ID) return { of: 'value', current: authorOf(found), removed: null, earlier: [] };
  return sequence(found);
}

const endOf = ({ id, length }: Y.Item): number => id.clock + length;

const isSameDeletion = (a: DeletedRun, b: DeletedRun): boolean =>
  a.position === b.position &&
  a.client === b.client &&
  a.by === b.by &&
  a.at === b.at &&
  a.deletedBy === b.deletedBy &&
  a.deletedAt === b.deletedAt;

/** Items that are there, with everything inside them. */
function* alive(items: Iterable<Y.Item>): Generator<Y.Item> {
  for (const item of items) {
    if (item.deleted) continue;
    yield item;
    const type = typeOf(item);
    if (!type) continue;
    yield* alive(inside(type)._map.values());
    yield* alive(itemsOf(type));
  }
}

/** The sequence that a path leads to, the item of a key, or the id of a single value; null when it leads nowhere. */
function follow(doc: Y.Doc, path: Path): AnyType | Y.Item | Y.ID | null {
  const [root, ...steps] = path;
  let type = typeof root === 'string' ? (doc.share.get(root) as AnyType | undefined) : undefined;
  for (const [i, step] of steps.entries()) {
    if (!type) return null;
    const isLast = i === steps.length - 1;
    if (typeof step === 'string') {
      const item: Y.Item | undefined = inside(type)._map.get(step);
      if (!item) return null;
      const held: AnyType | null = item.deleted ? null : typeOf(item);
      // What has no order is a value, also when it holds others.
      if (isLast && (!held || held instanceof Y.Map)) return item;
      type = held ?? undefined;
    } else {
      const found = itemAt(type, step);
      if (!found) return null;
      const held: AnyType | null = typeOf(found.item);
      if (isLast && !held) return new Y.ID(found.item.id.client, found.item.id.clock + found.offset);
      type = held ?? undefined;
    }
  }
  return type ?? null;
}

function itemAt(type: AnyType, position: number): { item: Y.Item; offset: number } | null {
  let before = 0;
  for (const item of itemsOf(type)) {
    if (item.deleted || !item.countable) continue;
    if (position < before + item.length) return { item, offset: position - before };
    before += item.length;
  }
  return null;
}
