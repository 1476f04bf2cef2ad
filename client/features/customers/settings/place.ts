/* The order of what a company arranged: each thing has a place, and is moved by getting another one. */
import type { CustomerField, TagGroup } from '../../../../shared/features/customers/settings-schema.ts';

interface Placed {
  readonly name: string;
  readonly place: number;
}

const inOrder = <Each extends Placed>(table: Readonly<Record<string, Each>>): Each[] =>
  Object.values(table).sort((a, b) => a.place - b.place || a.name.localeCompare(b.name));

export const groupsInOrder = (groups: Readonly<Record<string, TagGroup>>): TagGroup[] => inOrder(groups);
export const fieldsInOrder = (fields: Readonly<Record<string, CustomerField>>): CustomerField[] =>
  inOrder(fields);

/** Behind all others. */
export const lastPlace = (items: readonly Placed[]): number => (items.at(-1)?.place ?? 0) + 1;

/** The place that puts the item at `at` one step up (-1) or down (1); null where there is no way. */
export function stepPlace(items: readonly Placed[], at: number, step: -1 | 1): number | null {
  const next = items[at + step];
  if (!next) return null;
  const beyond = items[at + 2 * step];
  return beyond ? (next.place + beyond.place) / 2 : next.place + step;
}

/** The same things, one of them a step up or down. */
export function stepped<Each>(items: readonly Each[], at: number, step: -1 | 1): readonly Each[] {
  const moved = items[at];
  if (moved === undefined || at + step < 0 || at + step >= items.length) return items;
  const others = items.toSpliced(at, 1);
  return others.toSpliced(at + step, 0, moved);
}
