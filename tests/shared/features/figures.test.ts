import { describe, expect, test } from 'vitest';
import type { MemberId } from '../../../shared/base/ids.ts';
import { day, startCounting, type Chosen } from '../../../shared/features/customers/figures.ts';
import { isOfficeTime, officeTime } from '../../../shared/features/customers/hours.ts';
import type { OfficeHours } from '../../../shared/features/customers/settings-schema.ts';
import { seededRandom, seedFromEnvironment } from '../random.ts';

const hour = 3_600_000;
const monday = Date.UTC(2026, 0, 5);
const all: Chosen = { people: null, links: null, sources: null };
const week = { from: monday, to: monday + 7 * day, step: day };
const [ada, ben] = ['ada', 'ben'] as MemberId[] as [MemberId, MemberId];

const customer = (n: number, more: object = {}) => ({
  ...{ n, begunAt: monday, endedAt: null, owner: ada, firstOwner: ada, link: 'l', source: 'web' },
  ...{ stage: null, unansweredSince: null, isPart: false },
  ...more,
});
const talk = (of: number, since: number, answer: number | null, more: object = {}) => ({
  ...{ customer: of, owner: ada, link: 'l', source: 'web', since, lastGuestAt: since },
  ...{ firstAnswerAt: answer, lastAnswerAt: answer },
  ...more,
});
const counting = (chosen: Chosen = all, now = monday + 7 * day, hours: OfficeHours | null = null) =>
  startCounting(week, chosen, now, () => hours);

test('office time is the minutes that are office time, whatever the hours and the weeks between', () => {
  const seed = seedFromEnvironment();
  const random = seededRandom(seed);
  const clock = (): string => `${String(random(24)).padStart(2, '0')}:${random(2) ? '30' : '00'}`;
  for (let i = 0; i < 60; i++) {
    const days = [0, 1, 2, 3, 4, 5, 6].filter(() => random(3) > 0);
    const hours: OfficeHours = { from: clock(), to: clock(), days, offset: 30 * (random(57) - 28) };
    const from = monday + random(14 * 48) * hour * 0.5;
    const to = from + random(40 * 48) * hour * 0.5;
    let expected = 0;
    for (let at = from; at < to; at += hour / 2) if (isOfficeTime(hours, at)) expected += hour / 2;
    expect(officeTime(hours, from, to), `seed ${seed} ${JSON.stringify(hours)} ${from} ${to}`).toBe(expected);
  }
  expect(officeTime(null, 5, 15)).toBe(10);
});

describe('the figures of a line', () => {
  test('count who came and went in the period, for those whose customers they were then', () => {
    const counted = counting();
    counted.customer(customer(1));
    counted.customer(customer(2, { begunAt: monday + day, owner: ben, stage: 'won', source: 'fair' }));
    counted.customer(customer(3, { begunAt: monday - 1, endedAt: monday + 2 * day }));
    counted.customer(customer(4, { begunAt: monday + 7 * day, endedAt: monday - 5 }));
    counted.customer(customer(5, { isPart: true }));
    const { added, lost, stages, sources, customers, people } = counted.figures();
    expect(added).toEqual([1, 1, 0, 0, 0, 0, 0]);
    expect(lost).toEqual([0, 0, 1, 0, 0, 0, 0]);
    expect(customers).toBe(2);
    expect(stages).toEqual([
      { stage: null, count: 1 },
      { stage: 'won', count: 1 },
    ]);
    expect(sources).toEqual([
      { source: 'fair', count: 1 },
      { source: 'web', count: 1 },
    ]);
    expect(
      people.map(({ member, customers: of, added: came, lost: went }) => [member, of, came, went]),
    ).toEqual([
      ['ada', 1, 2, 1],
      ['ben', 1, 0, 0],
    ]);
  });

  test('leave out other people and channels', () => {
    const counted = counting({ people: new Set([ben]), links: null, sources: new Set(['web']) });
    counted.customer(customer(1));
    counted.customer(customer(2, { firstOwner: ben, source: 'fair' }));
    counted.customer(customer(3, { firstOwner: ben, unansweredSince: monday }));
    counted.customer(customer(4, { owner: ben, endedAt: monday }));
    counted.talk(talk(1, monday, monday + 5));
    counted.talk(talk(4, monday, monday + hour, { owner: ben }));
    const figures = counted.figures();
    expect(figures.added[0]).toBe(1);
    expect(figures.lost[0]).toBe(1);
    expect(figures.unanswered).toEqual([0, 0, 0, 0]);
    expect(figures.activeInAll).toBe(1);
    expect(figures.firstAnswer.count).toBe(1);
  });

  test('count a customer once in a bar and once in all while their talks go on', () => {
    const counted = counting();
    counted.talk(talk(1, monday - hour, monday + hour, { lastGuestAt: monday - hour }));
    counted.talk(talk(1, monday + 2 * day, null, { lastGuestAt: monday + 4 * day }));
    counted.talk(talk(2, monday - 3 * day, monday - 2 * day));
    counted.talk(talk(3, monday + 6 * day, null));
    const { active, activeInAll, firstAnswer } = counted.figures();
    expect(active).toEqual([1, 0, 1, 1, 1, 0, 1]);
    expect(activeInAll).toBe(2);
    // It was answered in the period, and began before.
    expect(firstAnswer.count).toBe(0);
  });

  test('say times of talks within one percent, in office hours where the link has some', () => {
    const nine: OfficeHours = { from: '09:00', to: '18:00', days: [1, 2, 3, 4, 5], offset: 0 };
    const always = counting();
    const office = counting(all, monday + 7 * day, nine);
    for (let i = 1; i <= 10; i++) {
      const each = talk(i, monday + 17 * hour, monday + 17 * hour + i * hour);
      always.talk(each);
      office.talk(each);
    }
    const { firstAnswer, resolution, firstAnswers } = always.figures();
    expect(firstAnswer.count).toBe(10);
    expect(firstAnswer.median! / (5 * hour)).toBeCloseTo(1, 1);
    expect(firstAnswer.p90! / (9 * hour)).toBeCloseTo(1, 1);
    expect(resolution).toEqual(firstAnswer);
    expect(firstAnswers.map((each) => each !== null)).toEqual([true, ...new Array<boolean>(6).fill(false)]);
    expect(office.figures().firstAnswer.p90! / hour).toBeCloseTo(1, 1);
  });

  test('call a talk resolved when nobody said anything for a day, and say who waits how long', () => {
    const counted = counting(all, monday + 7 * day);
    counted.talk(talk(1, monday + 6 * day + 2 * hour, monday + 6 * day + 3 * hour));
    counted.talk(talk(2, monday, monday + hour, { lastGuestAt: monday + 2 * hour }));
    for (const waited of [0.5, 2, 20, 30])
      counted.customer(customer(waited, { unansweredSince: monday + 7 * day - waited * hour }));
    const { resolution, firstAnswer, unanswered, longestWait } = counted.figures();
    expect([firstAnswer.count, resolution.count]).toEqual([2, 0]);
    expect(unanswered).toEqual([1, 1, 1, 1]);
    expect(longestWait).toBe(30 * hour);
  });
});
