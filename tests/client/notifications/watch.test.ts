import { beforeEach, describe, expect, it } from 'vitest';
import { Watch } from '../../../client/features/notifications/watch.ts';
import { urgedOf } from '../../../client/features/chat/urgent/urged.ts';
import type { ChatRow, MarkedEntry } from '../../../client/data/api.ts';
import { pressing } from '../../../client/data/projection/attention.ts';
import type { CommandId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import { noMarks } from '../../../shared/features/chat/marks.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import type { DirectoryState } from '../../../shared/features/directory/schema.ts';
import type { Level, ListState, NoticesState } from '../../../shared/features/personal/schema.ts';

const me = 'ben' as MemberId;
const ada = 'ada' as MemberId;
/** When the page was opened. */
const opened = 1_000_000;

interface Chat {
  title: string;
  state: ChatState;
  entries: MarkedEntry[];
  read: number;
}

let chats: Record<string, Chat>;
let list: ListState;
let notices: NoticesState;
let now: number;
let watch: Watch;

const rowOf = (id: string, { state, entries, read }: Chat): ChatRow => {
  const unread = entries.filter(({ seq, by }) => seq > read && by !== me).map(({ seq }) => seq);
  return {
    room: `w/chat/${id}` as RoomId,
    id,
    state,
    reads: { positions: {} },
    requests: [],
    unread: unread.length,
    firstUnread: unread[0] ?? null,
    lastUnread: unread.at(-1) ?? null,
    calls: [],
    at: 0,
    pending: false,
  };
};
const data = {
  me,
  get chats() {
    return Object.entries(chats).map(([id, chat]) => rowOf(id, chat));
  },
  get list() {
    return list;
  },
  get notices() {
    return notices;
  },
  directory: { members: { ada: { name: 'Ada' } } } as unknown as DirectoryState,
  entries: async (room: RoomId, from: number, to: number) =>
    chats[room.split('/')[2]!]!.entries.filter(({ seq }) => seq >= from && seq < to),
};

function say(chat: string, text: string, more: Partial<MarkedEntry> & { data?: object } = {}): MarkedEntry {
  const { entries } = chats[chat]!;
  const seq = entries.length + 1;
  const id = `${chat}${seq}` as CommandId;
  const said = { seq, id, type: 'chat.send', by: ada, at: now, marks: null, ...more };
  const entry = { ...said, data: { text, ...more.data } };
  entries.push(entry);
  return entry;
}
const texts = async () => (await watch.news()).map(({ chat, text, count }) => `${chat}: ${text} (${count})`);

beforeEach(() => {
  const state = (type: 'group' | 'direct', title: string): ChatState => ({
    created: { by: ada, at: 0 },
    type,
    title,
    members: { [ada]: { since: 0 }, [me]: { since: 0 } } as ChatState['members'],
    last: null,
  });
  chats = {
    team: { title: 'Team', state: state('group', 'Team'), entries: [], read: 0 },
    ada: { title: '', state: state('direct', ''), entries: [], read: 0 },
  };
  list = { owner: me, chats: {}, sections: [] };
  notices = { owner: me, level: 'all', words: true, sound: true, quiet: null };
  now = opened;
  watch = new Watch(
    data,
    () => 'en',
    () => now,
  );
  watch.skip();
});

describe('the page tells', () => {
  it('of what came since, once, the newest of each conversation', async () => {
    say('team', 'one');
    say('team', 'two');
    say('ada', 'psst');
    expect(await texts()).toEqual(['team: two (2)', 'ada: psst (1)']);
    expect(await texts()).toEqual([]);
    say('team', 'three');
    expect(await texts()).toEqual(['team: three (1)']);
  });

  it('of nothing that was there, was read, was recalled, is one’s own, or is no message', async () => {
    say('team', 'read already');
    chats['team']!.read = 1;
    say('team', 'mine', { by: me });
    say('team', 'a mistake', { marks: { ...noMarks, recalled: { seq: 9, at: now } } });
    say('team', '', { type: 'chat.rename', data: { title: 'x' } });
    expect(await texts()).toEqual([]);
  });

  it('of nothing that was said before the page was opened and only came now', async () => {
    say('team', 'yesterday', { at: opened - 86_400_000 });
    expect(await texts()).toEqual([]);
    now += 3_600_000;
    say('team', 'while there was no network', { at: opened + 60_000 });
    expect(await texts()).toEqual(['team: while there was no network (1)']);
  });

  it('as the person wants it', async () => {
    const level = (next: Level): void => void (notices = { ...notices, level: next });
    level('mentions');
    say('team', 'by the way');
    say('team', '@ben', { data: { mentions: [me] } });
    say('ada', 'for you');
    expect(await texts()).toEqual(['team: @ben (1)', 'ada: for you (1)']);
    level('none');
    say('ada', 'again');
    expect(await texts()).toEqual([]);
    list = { ...list, chats: { ada: { tell: 'all' } } };
    notices = { ...notices, words: false };
    say('ada', 'and again');
    expect((await watch.news()).map(({ text, by }) => [text, by])).toEqual([[null, 'Ada']]);
  });

  it('of what is urgent in any case, once, and not also as a message; again when it is asked again', async () => {
    notices = { ...notices, level: 'none' };
    const { seq, id } = say('team', 'Fire');
    const ask = (at: number): void => {
      chats['team']!.state = {
        ...chats['team']!.state,
        urgent: [{ seq, id, by: ada, at, waiting: [me] }],
      };
    };
    ask(now);
    notices = { ...notices, level: 'all' };
    expect((await watch.news()).map(({ text, urgent }) => [text, urgent])).toEqual([['Fire', true]]);
    expect(await texts()).toEqual([]);
    ask(now + 5);
    expect(await texts()).toEqual(['team: Fire (1)']);
  });

  it('of nothing that another page told of, unless that page ended soon after it came', async () => {
    say('team', 'told elsewhere');
    watch.leave();
    now += 4_000;
    say('ada', 'perhaps not told any more');
    watch.leave();
    now += 2_000;
    expect(await texts()).toEqual(['ada: perhaps not told any more (1)']);
    say('team', 'told elsewhere too');
    watch.leave();
    now += 60_000;
    expect(await texts()).toEqual([]);
  });
});

describe('the number at the title', () => {
  const count = () => pressing(data.chats, list, notices, me);
  it('is that of what the person wants to be told of, and of what is urgent', () => {
    say('team', 'one');
    say('team', 'two');
    say('ada', 'three');
    expect(count()).toBe(3);
    notices = { ...notices, level: 'mentions' };
    expect(count()).toBe(1);
    notices = { ...notices, level: 'none' };
    expect(count()).toBe(0);
    list = { ...list, chats: { team: { tell: 'all' } } };
    expect(count()).toBe(2);
    list = { ...list, chats: {} };
    const { seq, id } = chats['team']!.entries[0]!;
    chats['team']!.state = { ...chats['team']!.state, urgent: [{ seq, id, by: ada, at: 1, waiting: [me] }] };
    expect(count()).toBe(1);
  });
});

describe('who confirmed an urgent message', () => {
  it('is told by what was confirmed after it was asked last', () => {
    const cai = 'cai' as MemberId;
    expect(urgedOf(null)).toEqual([]);
    const urged = { seq: 5, at: 50, members: [me, cai] };
    const confirmed = { [me]: { seq: 4, at: 40 }, [cai]: { seq: 6, at: 60 } };
    expect(urgedOf({ ...noMarks, urged, confirmed })).toEqual([
      { member: me, at: null },
      { member: cai, at: 60 },
    ]);
  });
});
