import { expect, test } from 'vitest';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { everyone } from '../../../shared/features/customers/segments.ts';
import type { SegmentFilter } from '../../../shared/features/segments/schema.ts';
import { defaultStages } from '../../../shared/features/customers/settings-schema.ts';
import type { CustomerLine } from '../../../client/data/api.ts';
import { arrange } from '../../../client/features/customers/list/arrange.ts';

/** Noon, somewhere. */
const now = new Date(2026, 2, 9, 12).getTime();
const hour = 3_600_000;
const [ann, bo] = ['ann', 'bo'] as readonly string[] as readonly [MemberId, MemberId];

const line = (id: string, at: number, change: Partial<CustomerLine> = {}): CustomerLine => ({
  room: `w/customer/${id}` as RoomId,
  id,
  name: id,
  phone: '',
  mail: '',
  company: '',
  fields: {},
  tags: [],
  stage: null,
  owner: ann,
  helpers: [],
  source: '',
  since: at,
  next: null,
  ended: false,
  waitsSince: null,
  unread: 0,
  said: '',
  at,
  pending: false,
  ...change,
});

const dueAt = (at: number): Pick<CustomerLine, 'next'> => ({ next: { at, text: 'call' } });

/** As the data layer gives them: newest first. */
const lines = [
  line('new', 90, { source: 'Fair', fields: { town: 'Hamburg' } }),
  line('later', 80, dueAt(now + 48 * hour)),
  line('waits', 70, { waitsSince: 70, stage: 'talk', helpers: [bo] }),
  line('tonight', 60, dueAt(now + 8 * hour)),
  line('ended', 50, { ended: true }),
  line('overdue', 40, { ...dueAt(now - hour), tags: ['vip', 'north'] }),
  line('old waits', 30, { waitsSince: 30, company: '海港贸易', phone: '+86 138 0000 1111', tags: ['north'] }),
  line('李明', 20, { owner: bo, stage: 'a stage that is gone' }),
];

const names = (wish: Partial<Parameters<typeof arrange>[0]> = {}): string[] =>
  arrange({
    filter: everyone,
    lines,
    stages: defaultStages,
    text: '',
    view: 'all',
    order: 'attention',
    now,
    nameOf: ({ name }) => name,
    ownerOf: ({ owner }) => owner ?? '',
    ...wish,
  }).map(({ id }) => id);

const filtered = (filter: Partial<SegmentFilter>): string[] =>
  names({ order: 'newest', filter: { ...everyone, ...filter } });

test('who waits for an answer comes first, then what is due today by its time, then the newest; ended ones last', () => {
  expect(names()).toEqual(['waits', 'old waits', 'overdue', 'tonight', 'new', 'later', '李明', 'ended']);
  expect(lines[0]?.id).toBe('new');
});

test('a view shows those that wait, or what is to be done today', () => {
  expect(names({ view: 'waiting' })).toEqual(['waits', 'old waits']);
  expect(names({ view: 'due' })).toEqual(['overdue', 'tonight']);
});

test('who was never moved is at the first stage, and so is who was at one that is gone', () => {
  expect(filtered({ stage: 'talk' })).toEqual(['waits']);
  expect(filtered({ stage: 'new' })).toHaveLength(7);
});

test('one of several tags is enough, or all of them have to be there', () => {
  expect(filtered({ tags: ['vip', 'north'] })).toEqual(['overdue', 'old waits']);
  expect(filtered({ tags: ['vip', 'north'], all: true })).toEqual(['overdue']);
});

test('each part of a filter narrows, and together they narrow further', () => {
  expect(filtered({ owner: bo })).toEqual(['李明']);
  expect(filtered({ helper: bo })).toEqual(['waits']);
  expect(filtered({ source: 'Fair' })).toEqual(['new']);
  expect(filtered({ waits: true })).toEqual(['waits', 'old waits']);
  expect(filtered({ next: 'due' })).toEqual(['tonight', 'overdue']);
  expect(filtered({ next: 'week' })).toEqual(['later', 'tonight', 'overdue']);
  expect(filtered({ next: 'none' })).toEqual(['new', 'waits', 'ended', 'old waits', '李明']);
  expect(filtered({ ended: true })).toEqual(['ended']);
  expect(filtered({ ended: false })).toHaveLength(7);
  expect(filtered({ field: { id: 'town', text: 'hamb' } })).toEqual(['new']);
  expect(filtered({ owner: bo, waits: true })).toEqual([]);
});

test('customers are found by name, its sounds, company and phone', () => {
  expect(names({ text: 'lim' })).toEqual(['李明']);
  expect(names({ text: '海港' })).toEqual(['old waits']);
  expect(names({ text: '1380000' })).toEqual(['old waits']);
  expect(names({ text: 'nobody' })).toEqual([]);
});

test('every column sorts either way, and what it says nothing of stays last', () => {
  expect(names({ order: 'newest' })).toEqual(lines.map(({ id }) => id));
  expect(names({ order: 'name', view: 'due' })).toEqual(['overdue', 'tonight']);
  expect(names({ order: 'name', view: 'due', backwards: true })).toEqual(['tonight', 'overdue']);
  expect(names({ order: 'unanswered' }).slice(0, 3)).toEqual(['old waits', 'waits', 'new']);
  expect(names({ order: 'unanswered', backwards: true }).slice(0, 3)).toEqual(['waits', 'old waits', 'new']);
  expect(names({ order: 'next' }).slice(0, 4)).toEqual(['overdue', 'tonight', 'later', 'new']);
  expect(names({ order: 'company' })[0]).toBe('old waits');
  expect(names({ order: 'company', backwards: true })[0]).toBe('old waits');
  expect(names({ order: 'stage' }).at(-1)).toBe('waits');
  expect(names({ order: 'owner' }).at(-1)).toBe('李明');
  expect(names({ order: 'since' })).toEqual(lines.map(({ id }) => id));
});
