import { beforeEach, describe, expect, it } from 'vitest';
import { pathOf } from '../../../client/data/notices/clicks.ts';
import {
  closeWhere,
  countOn,
  lookOf,
  noteCount,
  readNotice,
  showNotice,
  type NoticeMemory,
  type NoticeOptions,
  type NoticePlace,
} from '../../../client/data/notices/notices.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import type { PushedNotice } from '../../../shared/protocol/pushed.ts';

const notice: PushedNotice = {
  member: 'ben' as MemberId,
  chat: 'team',
  id: 'm1' as CommandId,
  seq: 7,
  at: 1_000,
  by: 'Ada',
  group: 'Team',
  text: 'Hello',
  count: 1,
  language: 'en',
  read: [],
};

let memory: NoticeMemory | null;
let shown: Map<string, { title: string; options: NoticeOptions }>;
let times: number;
let badge: number | null;
let place: NoticePlace;
let turn: Promise<unknown>;

beforeEach(() => {
  turn = Promise.resolve();
  memory = { member: 'ben', told: {}, count: 2 };
  shown = new Map();
  times = 0;
  badge = null;
  place = {
    read: async () => memory,
    write: async (next) => void (memory = next),
    alone(work) {
      const done = turn.then(work);
      turn = done;
      return done;
    },
    async show(title, options) {
      times++;
      shown.set(options.tag!, { title, options });
    },
    shown: async () =>
      [...shown].map(([tag, { options }]) => ({ data: options.data, close: () => void shown.delete(tag) })),
    badge: (count) => void (badge = count),
  };
});
const lines = (): string[] => [...shown.values()].map(({ title, options }) => `${title} | ${options.body}`);

describe('a notification', () => {
  it.each<[string, Partial<PushedNotice>, string, string]>([
    ['of a group says where and who', {}, 'Team', 'Ada: Hello'],
    ['of one person says who', { group: null }, 'Ada', 'Hello'],
    ['stands for several', { count: 3 }, 'Team (3)', 'Ada: Hello'],
    ['says nothing of what is not to be shown', { text: null, is: 'files' }, 'Team', 'Ada: New message'],
    ['of a file', { text: '', is: 'files' }, 'Team', 'Ada: [File]'],
    ['of a file with words', { is: 'files', language: 'zh' }, 'Team', 'Ada：[文件] Hello'],
    ['that is urgent', { urgent: true }, 'Urgent: Team', 'Ada: Hello'],
    ['that is urgent, in Chinese', { urgent: true, language: 'zh', group: null }, '【加急】Ada', 'Hello'],
  ])('%s', (_, more, title, body) => {
    const look = lookOf({ ...notice, ...more });
    expect([look.title, look.options.body]).toEqual([title, body]);
  });

  it('leads to its message, stays when it is urgent, and makes no sound that is not wanted', () => {
    expect(lookOf(notice).options).toMatchObject({
      tag: 'team',
      requireInteraction: false,
      silent: false,
      data: { path: '/messages/team?at=7.m1' },
    });
    const urgent = lookOf({ ...notice, urgent: true, silent: true }).options;
    expect(urgent).toMatchObject({ tag: 'urgent:m1', requireInteraction: true, silent: true });
    expect(urgent).not.toHaveProperty('vibrate');
  });

  it('leads nowhere but to our own conversations', () => {
    for (const path of ['https://evil.example', '//evil.example', '/api/session', 'javascript:1', 7])
      expect(pathOf({ path })).toBe('/messages');
    expect(pathOf(null)).toBe('/messages');
    expect(pathOf({ path: '/messages/team?at=7.m1' })).toBe('/messages/team?at=7.m1');
  });
});

describe('what is shown', () => {
  it('is each message once, a newer one in the place of an older', async () => {
    expect(await showNotice(place, notice, false)).toBe(true);
    expect(await showNotice(place, notice, false)).toBe(false);
    expect(await showNotice(place, { ...notice, seq: 6, id: 'm0' as CommandId }, false)).toBe(false);
    expect(await showNotice(place, { ...notice, seq: 8, text: 'More' }, false)).toBe(true);
    expect([lines(), times]).toEqual([['Team | Ada: More'], 2]);
  });

  it('is an urgent one beside what its conversation says, each once for each time it is asked', async () => {
    await showNotice(place, notice, false);
    await showNotice(place, { ...notice, urgent: true }, false);
    await showNotice(place, { ...notice, urgent: true }, false);
    await showNotice(place, { ...notice, urgent: true, at: 2_000 }, false);
    expect([lines().length, times]).toEqual([2, 3]);
  });

  it('is nothing for somebody else, for nobody, and while a page is looked at', async () => {
    await showNotice(place, { ...notice, member: 'eve' as MemberId }, false);
    await showNotice(place, notice, true);
    memory = null;
    await showNotice(place, notice, false);
    expect(lines()).toEqual([]);
  });

  it('goes when it was read elsewhere', async () => {
    await showNotice(place, notice, false);
    await showNotice(place, { ...notice, chat: 'late', seq: 9, group: 'Late' }, false);
    const read = [
      ['team', 7],
      ['late', 8],
    ] as const;
    await showNotice(place, { ...notice, chat: 'other', group: 'Other', read }, false);
    expect(lines()).toEqual(['Late | Ada: Hello', 'Other | Ada: Hello']);
    await closeWhere(place, ({ chat }) => chat === 'late');
    expect(lines()).toEqual(['Other | Ada: Hello']);
  });

  it('is remembered for so many conversations', async () => {
    for (let i = 0; i < 250; i++) await showNotice(place, { ...notice, chat: `c${i}` }, false);
    expect(Object.keys(memory!.told)).toHaveLength(200);
    expect(memory!.told).toHaveProperty('c249');
  });

  it('is remembered whatever a page counts at the same time, and counted on whatever is told', async () => {
    const done = Promise.all([
      showNotice(place, notice, false),
      noteCount(place, 'ben', 3),
      showNotice(place, { ...notice, chat: 'other' }, false),
      countOn(place, 2),
      showNotice(place, notice, false),
    ]);
    expect(await done).toMatchObject([true, undefined, true, undefined, false]);
    expect(memory).toEqual({ member: 'ben', told: { team: 7, other: 7 }, count: 5 });
  });

  it('is counted on from what a page counted last', async () => {
    await countOn(place, 3);
    expect([badge, memory?.count]).toEqual([5, 5]);
  });

  it('is nothing that is not ours', () => {
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '{"member":"ben","language":"__proto__"}',
      '{"member":1}',
    ])
      expect([text, readNotice(text)]).toEqual([text, null]);
    expect(readNotice(JSON.stringify(notice))).toEqual(notice);
  });
});
