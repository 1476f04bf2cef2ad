import { expect, test } from 'vitest';
import { guestOf } from '../../../shared/base/guests.ts';
import type { CommandId, CustomerId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import { customerKind } from '../../../shared/features/customers/customer.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import type { CustomerRow } from '../../../client/data/api.ts';
import { arrange, nothingNarrowed } from '../../../client/features/customers/list/arrange.ts';

/** Noon, somewhere. */
const now = new Date(2026, 2, 9, 12).getTime();
const hour = 3_600_000;
const ann = 'ann' as MemberId;

interface Change extends Partial<CustomerState> {
  readonly waits?: boolean;
  readonly said?: never;
}

const row = (id: string, at: number, { waits = false, ...state }: Change = {}): CustomerRow => ({
  room: `w/customer/${id}` as RoomId,
  id,
  state: {
    ...customerKind.initial,
    begun: { by: guestOf(id as CustomerId), at },
    owner: ann,
    name: id,
    ...state,
  },
  chat: null,
  waits,
  at,
  pending: false,
});

const dueAt = (at: number): Pick<CustomerState, 'next'> => ({
  next: { seq: 1, id: 'k' as CommandId, by: ann, at, text: 'call' },
});

/** As the data layer gives them: newest first. */
const rows = [
  row('new', 90),
  row('later', 80, dueAt(now + 48 * hour)),
  row('waits', 70, { waits: true, stage: 'talk' }),
  row('tonight', 60, dueAt(now + 8 * hour)),
  row('ended', 50, { ended: { by: ann, at: 1 } }),
  row('overdue', 40, { ...dueAt(now - hour), tags: ['vip'] }),
  row('old waits', 30, { waits: true, company: '海港贸易', phone: '+86 138 0000 1111' }),
  row('李明', 20, { owner: 'bo' as MemberId }),
];

const names = (wish: Partial<Parameters<typeof arrange>[0]> = {}): string[] =>
  arrange({
    ...nothingNarrowed,
    rows,
    firstStage: 'new',
    text: '',
    view: 'all',
    order: 'attention',
    now,
    nameOf: ({ state }) => state.name,
    ...wish,
  }).map(({ id }) => id);

test('who waits for an answer comes first, then what is due today by its time, then the newest; ended ones last', () => {
  expect(names()).toEqual(['waits', 'old waits', 'overdue', 'tonight', 'new', 'later', '李明', 'ended']);
  expect(rows[0]?.id).toBe('new');
});

test('a view shows those that wait, or what is to be done today', () => {
  expect(names({ view: 'waiting' })).toEqual(['waits', 'old waits']);
  expect(names({ view: 'due' })).toEqual(['overdue', 'tonight']);
});

test('stage, tag and owner narrow; who was never moved is at the first stage', () => {
  expect(names({ stage: 'talk' })).toEqual(['waits']);
  expect(names({ stage: 'new' })).toHaveLength(7);
  expect(names({ tag: 'vip' })).toEqual(['overdue']);
  expect(names({ owner: 'bo' as MemberId })).toEqual(['李明']);
  expect(names({ owner: 'bo' as MemberId, tag: 'vip' })).toEqual([]);
});

test('customers are found by name, its sounds, company and phone', () => {
  expect(names({ text: 'lim' })).toEqual(['李明']);
  expect(names({ text: '海港' })).toEqual(['old waits']);
  expect(names({ text: '1380000' })).toEqual(['old waits']);
  expect(names({ text: 'nobody' })).toEqual([]);
});

test('the list goes by the newest message or by name where somebody wants that', () => {
  expect(names({ order: 'newest' })).toEqual(rows.map(({ id }) => id));
  expect(names({ order: 'name', view: 'due' })).toEqual(['overdue', 'tonight']);
});
