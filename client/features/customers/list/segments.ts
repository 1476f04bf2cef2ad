/* Filters that were given a name, one's own before those of everybody; and how many customers each has. */
import { fits } from '../../../../shared/features/customers/segments.ts';
import { stagesOf } from '../../../../shared/features/customers/settings-schema.ts';
import type { Segment } from '../../../../shared/features/segments/schema.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import { now } from '../../../i18n/clock.svelte.ts';
import { compareNames } from '../../../i18n/index.ts';
import { dayEnd } from './arrange.ts';

export interface NamedSegment {
  readonly segment: Segment;
  readonly forEverybody: boolean;
}

const byName = (segments: Readonly<Record<string, Segment>>): Segment[] =>
  Object.values(segments).sort((a, b) => compareNames(a.name, b.name));

export const segmentsOf = (data: WorkspaceData): readonly NamedSegment[] => [
  ...byName(data.segments.items).map((segment) => ({ segment, forEverybody: false })),
  ...byName(data.customerSettings.segments ?? {}).map((segment) => ({ segment, forEverybody: true })),
];

/** Of each segment, by its id. */
export function countsOf(
  data: WorkspaceData,
  segments: readonly NamedSegment[],
): ReadonlyMap<string, number> {
  const at = { stages: stagesOf(data.customerSettings), dayEnd: dayEnd(now()) };
  const counts = new Map(segments.map(({ segment }) => [segment.id, 0]));
  for (const line of data.customerLines ?? [])
    for (const { segment } of segments)
      if (fits(segment.filter, line, at)) counts.set(segment.id, counts.get(segment.id)! + 1);
  return counts;
}
