import { entryRule } from '../../access/fold.ts';
import type { PartialReaders } from '../../access/kind.ts';
import { own } from './draft.ts';
import { directorySeen, type DirectorySeen, type DirectoryState } from './schema.ts';
import { keyOf, mayDiffer, shownTo } from './visibility.ts';

/* How a reader who may not see everything follows the directory: by what changes in what they see, and by nothing else. */

const type = 'directory.seen';

type Table = 'members' | 'departments';
type Row = DirectoryState['members'][never] | NonNullable<DirectoryState['departments']>[never];

const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

function tableBetween(before: DirectoryState, after: DirectoryState, name: Table): DirectorySeen {
  const [from, to] = [before[name] ?? {}, after[name] ?? {}] as [Record<string, Row>, Record<string, Row>];
  if (from === to) return {};
  const some = name === 'members' ? mayDiffer(before, after) : null;
  const set: Row[] = [];
  const gone: string[] = [];
  for (const id of some ?? Object.keys(to))
    if (Object.hasOwn(to, id) && !isSame(from[id], to[id])) set.push(to[id]!);
  for (const id of some ?? Object.keys(from))
    if (Object.hasOwn(from, id) && !Object.hasOwn(to, id)) gone.push(id);
  return set.length + gone.length === 0 ? {} : ({ [name]: { set, gone } } as DirectorySeen);
}

const restOf = ({ members: _, departments: __, ...rest }: DirectoryState) => rest;

function between(before: DirectoryState, after: DirectoryState): DirectorySeen | null {
  const rest = restOf(after);
  const data: DirectorySeen = {
    ...(isSame(restOf(before), rest) ? {} : { rest }),
    ...tableBetween(before, after, 'members'),
    ...tableBetween(before, after, 'departments'),
  };
  return Object.keys(data).length > 0 ? data : null;
}

export const partialDirectory: PartialReaders<DirectoryState> = {
  keyOf,
  shown: shownTo,
  isPart: ({ partial }) => partial === true,
  type,
  between,
  anew: { anew: true } satisfies DirectorySeen,
  isAnew: (entry) => entry.type === type && directorySeen.safeParse(entry.data).data?.anew === true,
};

function apply(draft: DirectoryState, { rest, members, departments }: DirectorySeen): void {
  if (rest) {
    for (const key of Object.keys(restOf(draft))) delete draft[key as never];
    Object.assign(draft, rest);
  }
  for (const [name, table] of [['members', members] as const, ['departments', departments] as const]) {
    if (!table) continue;
    const rows = own(draft, name) as Record<string, Row>;
    for (const id of table.gone) delete rows[id];
    for (const row of table.set) rows[(row as { id: string }).id] = row;
  }
}

export const seenEntries = { [type]: entryRule(directorySeen, apply) };
