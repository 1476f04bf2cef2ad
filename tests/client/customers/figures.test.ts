import { beforeEach, expect, test } from 'vitest';
import type { MemberId } from '../../../shared/base/ids.ts';
import { startCounting } from '../../../shared/features/customers/figures.ts';
import { settingsKind } from '../../../shared/features/customers/settings.ts';
import {
  addressWith,
  chosenBy,
  duration,
  figuresTable,
  periodOf,
  spans,
  stageCounts,
} from '../../../client/features/customers/figures/figures.ts';
import { language } from '../../../client/i18n/index.ts';

const minute = 60_000;
beforeEach(() => void (language.current = 'en'));

test.each([
  [4_000, '4 s'],
  [59 * minute, '59 min'],
  [60 * minute, '1 h'],
  [200 * minute, '3 h 20 min'],
  [48 * 60 * minute, '2 days'],
])('says %s milliseconds as people do', (time, said) => expect(duration(time)).toBe(said));

test('a period is whole days that end with today, by weeks where they are many', () => {
  const now = Date.now();
  for (const span of spans) {
    const { from, to, step } = periodOf(span, now);
    expect(to).toBeGreaterThan(now);
    expect(to - now).toBeLessThanOrEqual(25 * 60 * minute);
    expect((to - from) % step).toBe(0);
    expect((to - from) / (24 * 60 * minute)).toBeGreaterThanOrEqual(Number(span));
  }
});

test('asks for those who were chosen and for nothing else', () => {
  const wishes = { span: '30', team: '', person: '', channel: '' } as const;
  expect(chosenBy(wishes)).toEqual({});
  expect(chosenBy({ ...wishes, team: 't', person: 'p', channel: 'sFair' })).toEqual({
    ...{ team: 't', person: 'p', source: 'Fair' },
  });
  expect(chosenBy({ ...wishes, channel: 's' })).toEqual({ source: '' });
  expect(chosenBy({ ...wishes, channel: 'lx' })).toEqual({ link: 'x' });
  expect(addressWith(new URLSearchParams('of=lost'), 'c1')).toBe('/customers/figures?of=lost&look=c1');
  expect(addressWith(new URLSearchParams('of=lost&look=c1'), null)).toBe('/customers/figures?of=lost');
});

test('stages stand in the company’s order, and who is at one that is gone is at the first', () => {
  const period = periodOf('7', Date.now());
  const counting = startCounting(period, { people: null, links: null, sources: null }, period.to, () => null);
  const owner = 'ada' as MemberId;
  for (const [n, stage] of [null, 'won', 'gone', 'won'].entries())
    counting.customer({
      ...{ n, stage, owner, firstOwner: owner, begunAt: period.from, endedAt: null, link: null, source: '' },
      ...{ unansweredSince: null, isPart: false },
    });
  const figures = counting.figures();
  const { initial } = settingsKind;
  expect(stageCounts(figures, initial).map(({ id, name, count }) => [id, name, count])).toEqual([
    [null, 'New', 2],
    ['talk', 'In talk', 0],
    ['won', 'Won', 2],
    ['lost', 'Lost', 0],
  ]);
  const tally = { sent: 3, read: 2, answered: 1 };
  const told = {
    sent: [3],
    read: [2],
    answered: [1],
    people: [],
    broadcasts: [{ id: 'b', name: 'May', ...tally }],
  };
  const table = figuresTable(figures, period, initial, () => 'Ada', told);
  expect(table[0]).toEqual([
    ...['From', 'Added', 'Lost', 'Active conversations', 'First answer (min)', 'Resolution (min)'],
  ]);
  expect(table[1]!.slice(1)).toEqual([4, 0, 0, null, null]);
  expect(table).toContainEqual(['Ada', 4, 4, 0, 0, 0, null]);
  expect(table).toContainEqual(['No channel', 4]);
  expect(table).toContainEqual(['May', 3, 2, 1]);
});
