import { expect, test } from 'vitest';
import type { CustomerId, MemberId } from '../../../shared/base/ids.ts';
import { broadcastKind } from '../../../shared/features/customers/broadcast.ts';
import type { BroadcastState } from '../../../shared/features/customers/broadcast-schema.ts';
import { customerKind } from '../../../shared/features/customers/customer.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import { seenBy, stateIn } from '../../../client/features/customers/broadcast/figures.ts';
import { everyone, inParts, recipients } from '../../../client/features/customers/broadcast/recipients.ts';
import type { ChatRow, CustomerRow } from '../../../client/data/api.ts';

const me = 'me' as MemberId;
const row = (id: string, state: Partial<CustomerState>): CustomerRow =>
  ({
    id,
    chats: [] as readonly ChatRow[],
    state: { ...customerKind.initial, owner: me, guest: `guest-${id}` as MemberId, ...state },
  }) as CustomerRow;
const talk = (state: object): ChatRow => ({ state }) as ChatRow;
const ended = { by: me, at: 1 };

test('a message goes to one’s own customers who are so, and to none who is ended, quiet or has not come yet', () => {
  const rows = [
    row('a', { tags: ['vip'], source: 'fair' }),
    row('b', { stage: 'won', source: 'web' }),
    row('c', { ended }),
    row('d', { quiet: ended }),
    row('e', { owner: 'other' as MemberId }),
    row('f', { guest: null }),
    // Whose conversations are with those who were merged into them.
    { ...row('g', { guest: null, source: 'call' }), chats: [talk({}), talk({ ended: { at: 1 } })] },
    { ...row('h', { guest: null, source: 'call' }), chats: [talk({ ended: { at: 1 } })] },
  ];
  const whom = (wish: object): string[] =>
    recipients(rows, me, { ...everyone, ...wish }, 'new').map(({ id }) => id);
  expect(whom({})).toEqual(['a', 'b', 'g']);
  expect(whom({ stage: 'new' })).toEqual(['a', 'g']);
  expect(whom({ source: 'call' })).toEqual(['g']);
  expect(whom({ stage: 'won' })).toEqual(['b']);
  expect(whom({ source: 'web' })).toEqual(['b']);
  expect(whom({ tags: ['vip', 'none'] })).toEqual(['a']);
});

test('customers are named in commands of no more than may be in one, none twice and none left out', () => {
  const ids = Array.from({ length: 1_001 }, (_, i) => `c${i}` as CustomerId);
  const parts = inParts(ids, 500);
  expect(parts.map(({ length }) => length)).toEqual([500, 500, 1]);
  expect(parts.flat()).toEqual(ids);
});

const state = (more: Partial<BroadcastState>): BroadcastState => ({
  ...broadcastKind.initial,
  begun: { by: me, at: 1 },
  submitted: { at: 1, customers: 3, from: null, hours: null },
  ...more,
});
const part = { member: 'ada' as MemberId, customers: 2, counts: { s: 1 }, answer: null, without: [] };

test('a message to many says how far it is', () => {
  expect(stateIn(state({}), 5)).toBe('Preparing');
  expect(stateIn(state({ looked: 3, owners: [part], approval: true }), 5)).toBe('Waits for approval');
  expect(stateIn(state({ looked: 3, owners: [part] }), 5)).toBe('Sending');
  const hours = { from: '01:00', to: '02:00', days: [4], offset: 0 };
  const resting = { at: 1, customers: 3, from: null, hours };
  expect(stateIn(state({ looked: 3, owners: [part], submitted: resting }), 5)).toBe('Rests until its hours');
  expect(stateIn(state({ stopped: { by: me, at: 1, why: 'lost' } }), 5)).toMatch(/^Stopped: .*lost/);
  expect(stateIn(state({ finishedAt: 4 }), 5)).toBe('Sent');
});

test('whoever made it sees all figures, an owner those of their own customers', () => {
  const all = state({ looked: 3, owners: [part], counts: { s: 1, q: 1 } });
  expect(seenBy(all, me)).toEqual({ all: 3, counts: { sent: 1, quiet: 1 } });
  expect(seenBy(all, 'ada' as MemberId)).toEqual({ all: 2, counts: { sent: 1 } });
});
