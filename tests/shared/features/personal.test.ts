import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../shared/access/actor.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { judgeCommand, type Resource } from '../../../shared/documents/decide.ts';
import { findRoom, type AnyLogKind } from '../../../shared/documents/registry.ts';
import {
  longestReplies,
  mostReplyFiles,
  longestReply,
  most,
  type ListState,
  type NoticesState,
  type RepliesState,
  type SavedState,
  type TodosState,
} from '../../../shared/features/personal/schema.ts';
import { wordsKind } from '../../../shared/features/words/kind.ts';

type Line = readonly [type: string, data: unknown];
interface States {
  readonly 'w/personal/ada': ListState;
  readonly 'w/personal/ada:saved': SavedState;
  readonly 'w/personal/ada:todos': TodosState;
  readonly 'w/personal/ada:notices': NoticesState;
  readonly 'w/personal/ada:replies': RepliesState;
}
type Room = keyof States;

const ada: Actor = { member: 'ada' as MemberId, role: 'member', active: true };
const eve: Actor = { member: 'eve' as MemberId, role: 'owner', active: true };

const entry = ([type, data]: Line, seq: number): LogEntry => ({
  seq,
  id: `c${seq}` as CommandId,
  type,
  by: ada.member,
  at: 100 + seq,
  data,
});
const kindOf = (room: Room): AnyLogKind => findRoom(room)!.kind as AnyLogKind;
const resource = (room: Room, state: unknown): Resource => ({
  ...findRoom(room)!,
  room: findRoom(room)!.name,
  state,
  governing: state,
  at: 1,
  stateOf: (kind) => (kind === wordsKind.kind ? wordsKind.initial : null),
  isActiveMember: () => true,
  entry: () => null,
});

/** What the relay makes of commands in the order in which it takes them: it folds what passes and is not done yet. */
function after<R extends Room>(room: R, lines: readonly Line[]): States[R] {
  const kind = kindOf(room);
  let state = kind.initial;
  lines.forEach((line, seq) => {
    const judged = judgeCommand(ada, line[0], line[1], resource(room, state));
    if (judged.ok && !judged.value.done) state = kind.fold(state, [entry([line[0], judged.value.data], seq)]);
  });
  return state as States[R];
}

const list = 'w/personal/ada';
const saved = 'w/personal/ada:saved';
const todos = 'w/personal/ada:todos';
const notices = 'w/personal/ada:notices';
const replies = 'w/personal/ada:replies';
const work: Line = ['list.addSection', { id: 's1', name: 'Work' }];
const home: Line = ['list.addSection', { id: 's2', name: 'Home' }];
const message = { chat: 'c', message: 'm1', seq: 4, by: 'ben', at: 50, text: 'the words' };
const milk: Line = ['todo.add', { id: 't', text: ' Buy milk ', due: 900 }];
const thanks: Line = [
  'reply.add',
  { id: 'r', folder: 'Orders', title: ' Thanks ', text: 'Thank you, {customer}' },
];

describe('the own list', () => {
  it('keeps one place for each conversation, field by field, and nothing where nothing is set', () => {
    const lines: Line[] = [
      work,
      ['list.chat', { chat: 'a', pinned: true, section: 's1' }],
      ['list.chat', { chat: 'a', muted: true }],
      ['list.chat', { chat: 'b', unread: true, hidden: 7 }],
      ['list.chat', { chat: 'b', unread: false, hidden: null }],
    ];
    expect(after(list, lines)).toEqual({
      owner: 'ada',
      chats: { a: { pinned: true, muted: true, section: 's1' } },
      sections: [{ id: 's1', name: 'Work', collapsed: false }],
    });
  });

  it.each<[string, Line[], object]>([
    ['nothing is nothing', [['list.chat', { chat: 'a', tell: 'none' }]], { muted: true, tell: 'none' }],
    ['of mentions is mute', [['list.chat', { chat: 'a', tell: 'mentions' }]], { muted: true }],
    [
      'the level goes when it is muted anew',
      [
        ['list.chat', { chat: 'a', tell: 'none' }],
        ['list.chat', { chat: 'a', muted: true }],
      ],
      { muted: true },
    ],
    [
      'a mute goes when a level is said',
      [
        ['list.chat', { chat: 'a', muted: true }],
        ['list.chat', { chat: 'a', tell: 'all' }],
      ],
      { tell: 'all' },
    ],
    [
      'and other things leave it as it is',
      [
        ['list.chat', { chat: 'a', tell: 'none' }],
        ['list.chat', { chat: 'a', pinned: true }],
      ],
      { pinned: true, muted: true, tell: 'none' },
    ],
  ])('of what one is told in a conversation: %s', (_, lines, place) => {
    expect(after(list, lines).chats['a']).toEqual(place);
    const back: Line = ['list.chat', { chat: 'a', tell: null, pinned: false }];
    expect(after(list, [...lines, back]).chats).toEqual({});
  });

  // Two devices of one person without a network: whose commands the relay takes later counts.
  const conflicts: [string, Line[], Line[], Line[], Partial<ListState>][] = [
    [
      'pinned here and muted there: both',
      [],
      [['list.chat', { chat: 'a', pinned: true }]],
      [['list.chat', { chat: 'a', muted: true }]],
      { chats: { a: { pinned: true, muted: true } } },
    ],
    [
      'pinned here and taken from the top there: as it was said last',
      [['list.chat', { chat: 'a', pinned: true }]],
      [['list.chat', { chat: 'a', pinned: false }]],
      [['list.chat', { chat: 'a', pinned: true }]],
      { chats: { a: { pinned: true } } },
    ],
    [
      'a section removed here and renamed there: removed',
      [work],
      [['list.removeSection', { id: 's1' }]],
      [['list.changeSection', { id: 's1', name: 'Firm' }]],
      { sections: [] },
    ],
    [
      'a conversation moved into a section that was removed: in none, and what else was said of it counts',
      [work],
      [['list.removeSection', { id: 's1' }]],
      [['list.chat', { chat: 'a', section: 's1', pinned: true }]],
      { sections: [], chats: { a: { pinned: true } } },
    ],
    [
      'a section made on each: both, in the order in which they arrived',
      [],
      [work],
      [home],
      {
        sections: [
          { id: 's1', name: 'Work', collapsed: false },
          { id: 's2', name: 'Home', collapsed: false },
        ],
      },
    ],
    [
      'ordered here while one is made there: the new one stands behind',
      [work, home],
      [['list.addSection', { id: 's3', name: 'New' }]],
      [['list.order', { sections: ['s2', 's1'] }]],
      {
        sections: [
          { id: 's2', name: 'Home', collapsed: false },
          { id: 's1', name: 'Work', collapsed: false },
          { id: 's3', name: 'New', collapsed: false },
        ],
      },
    ],
    [
      'removed while there is a conversation in it: that one is in none',
      [
        work,
        ['list.chat', { chat: 'a', section: 's1' }],
        ['list.chat', { chat: 'b', section: 's1', muted: true }],
      ],
      [['list.removeSection', { id: 's1' }]],
      [],
      { sections: [], chats: { b: { muted: true } } },
    ],
  ];
  it.each(conflicts)('offline on two devices: %s', (_title, before, first, second, result) => {
    expect(after(list, [...before, ...first, ...second])).toMatchObject(result);
    const { chats } = after(list, [...before, ...first, ...second]);
    if (result.chats) expect(chats).toEqual(result.chats);
  });

  it('orders what is named, once each, and leaves out what is not there', () => {
    const ordered: Line = ['list.order', { sections: ['s2', 'gone', 's2'] }];
    expect(after(list, [work, home, ordered]).sections.map(({ id }) => id)).toEqual(['s2', 's1']);
  });
});

describe('saved messages', () => {
  it('are kept with their words, once, until they are removed', () => {
    expect(after(saved, [['saved.add', message]])).toEqual({
      owner: 'ada',
      items: { m1: { ...message, files: [], savedAt: 100 } },
    });
    const twice = after(saved, [
      ['saved.add', message],
      ['saved.add', { ...message, text: 'other words' }],
    ]);
    expect(twice.items['m1']?.text).toBe('the words');
  });

  it.each<[string, Line[], string[]]>([
    ['saved here, removed there: removed', [['saved.remove', { message: 'm1' }]], []],
    [
      'removed here, saved again there: saved',
      [
        ['saved.remove', { message: 'm1' }],
        ['saved.add', message],
      ],
      ['m1'],
    ],
  ])('offline on two devices: %s', (_title, lines, left) => {
    expect(Object.keys(after(saved, [['saved.add', message], ...lines]).items)).toEqual(left);
  });
});

describe('to-dos', () => {
  it.each<[string, Line[], Partial<TodosState['items'][string]> | null]>([
    [
      'made: open, with its date',
      [milk],
      { text: 'Buy milk', due: 900, done: null, source: null, madeAt: 100 },
    ],
    [
      'text changed here, date there: both',
      [milk, ['todo.change', { id: 't', text: 'Buy oats' }], ['todo.change', { id: 't', due: null }]],
      { text: 'Buy oats', due: null },
    ],
    [
      'done on both: when it was done first',
      [milk, ['todo.change', { id: 't', done: true }], ['todo.change', { id: 't', done: true }]],
      { done: 101 },
    ],
    [
      'done here, opened again there: as it was said last',
      [milk, ['todo.change', { id: 't', done: true }], ['todo.change', { id: 't', done: false }]],
      { done: null },
    ],
    [
      'removed here, changed there: removed',
      [milk, ['todo.remove', { ids: ['t'] }], ['todo.change', { id: 't', done: true }]],
      null,
    ],
    ['removed, and brought back: there', [milk, ['todo.remove', { ids: ['t'] }], milk], { text: 'Buy milk' }],
  ])('%s', (_title, lines, result) => {
    const { items } = after(todos, lines);
    if (result) expect(items['t']).toMatchObject(result);
    else expect(items).toEqual({});
  });
});

describe('own quick replies', () => {
  const reply = { id: 'r', folder: 'Orders', title: 'Thanks', text: 'Thank you, {customer}' };
  const flyer = { hash: 'a'.repeat(64), name: 'flyer.pdf', size: 12, type: 'application/pdf' };

  it.each<[string, Line[], RepliesState['items'][string] | null]>([
    ['made', [thanks], reply],
    ['made twice: as it was first', [thanks, ['reply.add', { ...reply, text: 'No' }]], reply],
    [
      'text changed here, folder there: both',
      [thanks, ['reply.change', { id: 'r', text: 'Thanks' }], ['reply.change', { id: 'r', folder: '' }]],
      { ...reply, text: 'Thanks', folder: '' },
    ],
    [
      'given a file here, other words there: both',
      [thanks, ['reply.change', { id: 'r', files: [flyer] }], ['reply.change', { id: 'r', text: 'Here' }]],
      { ...reply, text: 'Here', files: [flyer] },
    ],
    [
      'its files taken out again: none',
      [
        ['reply.add', { ...reply, files: [flyer] }],
        ['reply.change', { id: 'r', files: [] }],
      ],
      reply,
    ],
    [
      'removed here, changed there: removed',
      [thanks, ['reply.remove', { id: 'r' }], ['reply.change', { id: 'r', title: 'Hello' }]],
      null,
    ],
  ])('%s', (_title, lines, result) => {
    expect(after(replies, lines)).toEqual({ owner: 'ada', items: result ? { r: result } : {} });
  });

  it('may be a file without words, and not nothing', () => {
    const bare = { ...reply, text: '', files: [flyer] };
    const state = resource(replies, after(replies, [['reply.add', bare]]));
    expect(judgeCommand(ada, 'reply.add', { ...bare, id: 'r2' }, state).ok).toBe(true);
    expect(judgeCommand(ada, 'reply.add', { ...bare, id: 'r2', files: [] }, state).ok).toBe(false);
    expect(judgeCommand(ada, 'reply.change', { id: 'r', files: [] }, state)).toMatchObject({
      error: { code: 'bad-request' },
    });
    const many = Array.from({ length: mostReplyFiles + 1 }, () => flyer);
    expect(judgeCommand(ada, 'reply.change', { id: 'r', files: many }, state).ok).toBe(false);
  });

  it('hold only so many words, however few they are, also when one is written anew', () => {
    const kind = kindOf(replies);
    const count = longestReplies / longestReply;
    const nth = (i: number, length = longestReply): Line => [
      'reply.add',
      { id: `r${i}`, folder: '', title: 'x', text: 'x'.repeat(length) },
    ];
    const lines = Array.from({ length: count }, (_, i) => entry(nth(i, i === 0 ? 1 : longestReply), i));
    const state = resource(replies, kind.fold(kind.initial, lines));
    expect(judgeCommand(ada, ...nth(count), state)).toMatchObject({ error: { code: 'too-many' } });
    expect(judgeCommand(ada, ...nth(count, longestReply - 1), state).ok).toBe(true);
    const full = resource(replies, kind.fold(state.state, [entry(nth(count, longestReply - 1), count)]));
    const change = (id: string, text: string) => judgeCommand(ada, 'reply.change', { id, text }, full);
    expect(change('r0', 'xx')).toMatchObject({ error: { code: 'too-many' } });
    expect(change('r1', 'y'.repeat(longestReply)).ok).toBe(true);
  });
});

describe('rights over what is one’s own', () => {
  const samples: [Room, string, unknown][] = [
    [list, 'list.chat', { chat: 'a', pinned: true }],
    [list, 'list.addSection', { id: 's9', name: 'Mine' }],
    [list, 'list.changeSection', { id: 's1', name: 'Mine' }],
    [list, 'list.removeSection', { id: 's1' }],
    [list, 'list.order', { sections: ['s2', 's1'] }],
    [saved, 'saved.add', message],
    [saved, 'saved.remove', { message: 'm0' }],
    [todos, 'todo.add', { id: 't9', text: 'x' }],
    [todos, 'todo.change', { id: 't', done: true }],
    [todos, 'todo.remove', { ids: ['t'] }],
    [notices, 'notices.set', { level: 'none' }],
    [replies, 'reply.add', { id: 'r9', folder: '', title: 'x', text: 'x' }],
    [replies, 'reply.change', { id: 'r', title: 'x' }],
    [replies, 'reply.remove', { id: 'r' }],
  ];
  const begun: Record<Room, Line[]> = {
    [list]: [work, home],
    [saved]: [['saved.add', { ...message, message: 'm0' }]],
    [todos]: [milk],
    [notices]: [['notices.set', { sound: false }]],
    [replies]: [thanks],
  };

  it('has a sample of every command', () => {
    const rooms: Room[] = [list, saved, todos, notices, replies];
    const all = rooms.flatMap((room) => Object.keys(kindOf(room).commands)).sort();
    expect(samples.map(([, type]) => type).sort()).toEqual(all);
  });

  it.each(samples)('%s: %s is for its owner alone, before and after it exists', (room, type, data) => {
    for (const state of [kindOf(room).initial, after(room, begun[room])]) {
      expect(judgeCommand(ada, type, data, resource(room, state)).ok).toBe(true);
      expect(judgeCommand(eve, type, data, resource(room, state))).toMatchObject({
        ok: false,
        error: { code: 'forbidden' },
      });
    }
  });

  it.each<[string, Room, string, unknown]>([
    ['a name that every object has', list, 'list.chat', { chat: '__proto__', pinned: true }],
    ['a section without a name', list, 'list.addSection', { id: 's', name: '  ' }],
    ['a to-do without words', todos, 'todo.add', { id: 't', text: ' ' }],
    ['a to-do named like a method', todos, 'todo.add', { id: 'constructor', text: 'x' }],
    ['a reply without a title', replies, 'reply.add', { id: 'r', folder: '', title: ' ', text: 'x' }],
    ['a copy that is too long', saved, 'saved.add', { ...message, text: 'x'.repeat(4_001) }],
  ])('refuses %s', (_title, room, type, data) => {
    expect(judgeCommand(ada, type, data, resource(room, kindOf(room).initial))).toMatchObject({
      error: { code: 'bad-request' },
    });
  });

  it('keeps only so many words of saved messages, however few they are', () => {
    const kind = kindOf(saved);
    const long = (i: number): Line => [
      'saved.add',
      { ...message, message: `m${i}`, text: 'x'.repeat(4_000) },
    ];
    const full = kind.fold(
      kind.initial,
      Array.from({ length: 250 }, (_, i) => entry(long(i), i)),
    );
    expect(judgeCommand(ada, ...long(250), resource(saved, full))).toMatchObject({
      error: { code: 'too-many' },
    });
    expect(judgeCommand(ada, ...long(249), resource(saved, full))).toMatchObject({ ok: true });
  });

  it.each<[Room, number, (i: number) => Line]>([
    [list, most.sections, (i) => ['list.addSection', { id: `s${i}`, name: 'x' }]],
    [list, most.chats, (i) => ['list.chat', { chat: `c${i}`, pinned: true }]],
    [saved, most.saved, (i) => ['saved.add', { ...message, message: `m${i}` }]],
    [todos, most.todos, (i) => ['todo.add', { id: `t${i}`, text: 'x' }]],
    [replies, most.replies, (i) => ['reply.add', { id: `r${i}`, folder: '', title: 'x', text: 'x' }]],
  ])('%s holds only so many things (%i), and refuses one more in words', (room, bound, nth) => {
    const kind = kindOf(room);
    const full = kind.fold(
      kind.initial,
      Array.from({ length: bound }, (_, i) => entry(nth(i), i)),
    );
    const ask = (i: number) => judgeCommand(ada, ...nth(i), resource(room, full));
    expect(ask(bound)).toMatchObject({ ok: false, error: { code: 'too-many' } });
    expect(ask(bound - 1), 'what is there already').toMatchObject({ ok: true });
  });
});

describe('of what a person is told', () => {
  const quiet = { from: 1_320, to: 420, days: [1, 2], zone: 'Asia/Shanghai' };

  it('is said field by field, and as it was before anything was said', () => {
    const usual = { owner: 'ada', level: 'all', words: true, sound: true, quiet: null };
    expect(after(notices, [['notices.set', {}]])).toEqual(usual);
    const lines: Line[] = [
      ['notices.set', { level: 'mentions', quiet }],
      ['notices.set', { words: false }],
      ['notices.set', { sound: false }],
    ];
    expect(after(notices, lines)).toEqual({
      owner: 'ada',
      level: 'mentions',
      words: false,
      sound: false,
      quiet,
    });
    expect(after(notices, [...lines, ['notices.set', { quiet: null }]]).quiet).toBeNull();
  });

  it.each([
    { level: 'some' },
    { quiet: { ...quiet, from: 1_440 } },
    { quiet: { ...quiet, days: [7] } },
    { quiet: { ...quiet, days: [0, 1, 2, 3, 4, 5, 6, 0] } },
    { quiet: { ...quiet, zone: 'a b' } },
    { sound: 1 },
  ])('takes nothing else: %j', (data) => {
    const judged = judgeCommand(ada, 'notices.set', data, resource(notices, kindOf(notices).initial));
    expect(!judged.ok && judged.error.code).toBe('bad-request');
  });

  it('is nobody else’s to say', () => {
    const judged = judgeCommand(eve, 'notices.set', {}, resource(notices, kindOf(notices).initial));
    expect(!judged.ok && judged.error.code).toBe('forbidden');
  });
});
