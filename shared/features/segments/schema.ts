/* Which customers somebody means: a filter, and filters that were given a name, for oneself or for everybody. */
import * as z from 'zod/mini';
import { idPattern } from '../../base/ids.ts';
import { memberId } from '../directory/schema.ts';

/** Ids are keys of plain objects, so none may be a name that every object has. */
const key = z.string().check(
  z.regex(idPattern),
  z.refine((id) => !(id in {})),
);
const line = (longest: number) => z.string().check(z.trim(), z.maxLength(longest));
const words = (longest: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(longest));

/** Bounds of segments, one's own and those of everybody each. */
export const mostSegments = 50;

export const segmentFilter = z.object({
  /** Null narrows nothing, here and below. */
  stage: z.nullable(key),
  tags: z.array(key).check(z.maxLength(50)),
  /** Has all of these tags, not just one. */
  all: z.boolean(),
  owner: z.nullable(memberId),
  helper: z.nullable(memberId),
  source: z.nullable(line(60)),
  /** Waits for an answer. */
  waits: z.boolean(),
  /** The next follow-up: to be done today or before, within a week, or none planned. */
  next: z.nullable(z.enum(['due', 'week', 'none'])),
  ended: z.nullable(z.boolean()),
  /** Of one of the company's own fields: what is in it. */
  field: z.nullable(z.object({ id: key, text: line(100) })),
});

/** The whole of it anew. */
export const segmentPut = z.object({ id: key, name: words(30), filter: segmentFilter });
export const segmentDrop = z.object({ id: key });

export type SegmentFilter = z.infer<typeof segmentFilter>;
export type Segment = z.infer<typeof segmentPut>;
