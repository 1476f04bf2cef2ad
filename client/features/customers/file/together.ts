/* The entries of a customer's file and of those that are a part of it, as one story. Pure. */
import type { CommandId } from '../../../../shared/base/ids.ts';
import { importedName, original } from '../../../../shared/features/customers/exchange.ts';
import type { ViewEntry } from '../../../data/api.ts';

export interface Told extends ViewEntry {
  /** What its author is called who is nobody here; null where they are known by their id. */
  readonly name: string | null;
}

/** What was brought from elsewhere stands as it stood there; of several files in the order of time. */
export function together(files: readonly (readonly ViewEntry[])[]): readonly Told[] {
  const all = files.flatMap((entries) =>
    entries.map((entry): Told => ({ ...entry, ...original(entry), name: importedName(entry) })),
  );
  return files.length > 1 ? all.sort((a, b) => a.at - b.at) : all;
}

/** Entries that nobody changes from here: of parts, and those that were brought from elsewhere. */
export const unchangeable = ([
  own = [],
  ...parts
]: readonly (readonly ViewEntry[])[]): ReadonlySet<CommandId> =>
  new Set([
    ...own.filter(({ type }) => type === 'customer.import').map((entry) => original(entry).id),
    ...parts.flatMap((entries) => entries.map((entry) => original(entry).id)),
  ]);
