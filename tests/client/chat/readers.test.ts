import { expect, it } from 'vitest';
import { readersOf } from '../../../client/features/chat/keep/readers.ts';
import type { MemberId } from '../../../shared/base/ids.ts';
import type { ChatState, ReadsState } from '../../../shared/features/chat/schema.ts';

const id = (name: string): MemberId => name as MemberId;
const state = {
  members: { ben: { since: 0 }, eve: { since: 3 }, zoe: { since: 9 } },
} as unknown as ChatState;
const reads: ReadsState = { positions: { [id('ben')]: 5, [id('eve')]: 4 } };
const others = ['ben', 'eve', 'zoe'].map(id);

it.each([
  [4, ['ben', 'eve'], []],
  [5, ['ben'], ['eve']],
  [8, [], ['ben', 'eve']],
  [9, [], ['ben', 'eve', 'zoe']],
  [2, ['ben'], []],
])(
  'of a message at %i those have read it who read up to it, and only who was there is asked',
  (seq, read, waiting) => {
    expect(readersOf(state, reads, others, seq)).toEqual({ read, waiting });
  },
);
