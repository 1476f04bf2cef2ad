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

interface Change {
  readonly id: string;
  readonly from: Row | undefined;
  readonly to: Row | undefined;
}

function changesBetween(before: DirectoryState, after: DirectoryState, name: Table): readonly Change[] {
  const known = name === 'members' ? mayDiffer(before, after) : null;
  if (known) return known;
  const [from, to] = [before[name] ?? {}, after[name] ?? {}] as [Record<string, Row>, Record<string, Row>];
  if (from === to) return [];
  const ids = [...Object.keys(to), ...Object.keys(from).filter((id) => !Object.hasOwn(to, id))];
  return ids.map((id) => ({ id, from: from[id], to: to[id] }));
}

function tableBetween(before: DirectoryState, after: DirectoryState, name: Table): DirectorySeen {
  const changes = changesBetween(before, after, name);
  const set = changes.flatMap(({ from, to }) => (to && !isSame(from, to) ? [to] : []));
  const gone = changes.flatMap(({ id, from, to }) => (from && !to ? [id] : []));
  return set.length + gone.length === 0 ? {} : ({ [name]: { set, gone } } as DirectorySeen);
}

/** Without reading the people of a part, who are put together when they are read. */
const restOf = (state: DirectoryState): Omit<DirectoryState, Table> =>
  Object.fromEntries(
    (Object.keys(state) as (keyof DirectoryState)[])
      .filter((key) => key !== 'members' && key !== 'departments')
      .map((key) => [key, state[key]]),
  ) as unknown as Omit<DirectoryState, Table>;

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
