import { allow } from '../../access/actor.ts';
import { makeFold } from '../../access/fold.ts';
import { mostSegments, segmentDrop, segmentPut, type Segment } from '../segments/schema.ts';
import { full, ownCommand, ownEntry, ownKind } from './owned.ts';
import type { Owned } from './schema.ts';

/** By their ids. */
export interface SegmentsState extends Owned {
  items: Readonly<Record<string, Segment>>;
}

const has = ({ items }: SegmentsState, id: string): boolean => Object.hasOwn(items, id);

/** A person's own segments of their customers. */
export const segmentsKind = ownKind<SegmentsState>('segments', {
  initial: { owner: null, items: {} },
  fold: makeFold<SegmentsState>((state) => ({ ...state }), {
    'segment.put': ownEntry(segmentPut, (draft, data) => {
      draft.items = { ...draft.items, [data.id]: data };
    }),
    'segment.drop': ownEntry(segmentDrop, (draft, { id }) => {
      const { [id]: _, ...others } = draft.items;
      draft.items = others;
    }),
  }),
  commands: {
    'segment.put': ownCommand(
      segmentPut,
      (data, state: SegmentsState) =>
        has(state, data.id) && JSON.stringify(state.items[data.id]) === JSON.stringify(data),
      ({ id }, state) =>
        has(state, id) || Object.keys(state.items).length < mostSegments ? allow : full('segments'),
    ),
    'segment.drop': ownCommand(segmentDrop, ({ id }, state: SegmentsState) => !has(state, id)),
  },
});
