import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../shared/access/actor.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { judgeCommand, type Resource } from '../../../shared/documents/decide.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { chatKind, directChatId } from '../../../shared/features/chat/kind.ts';
import {
  messageMarks,
  noMarks,
  recalledSeq,
  type MessageMarks,
} from '../../../shared/features/chat/marks.ts';
import { mostPins, mostReactions, mostRecorded } from '../../../shared/features/chat/messages.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import { seededRandom, seedFromEnvironment } from '../random.ts';

type Line = readonly [type: string, by: string, data: unknown];

const entriesOf = (lines: readonly Line[]): LogEntry[] =>
  lines.map(([type, by, data], seq) => ({
    seq,
    id: `c${seq}` as CommandId,
    type,
    by: by as MemberId,
    at: 1_000 + seq,
    data,
  }));
const actor = (member: string): Actor => ({ member: member as MemberId, role: 'member', active: true });
const at = (seq: number, id = `c${seq}`) => ({ seq, id });

const group: Line[] = [
  ['chat.create', 'ada', { type: 'group', title: 'T', members: ['ben'] }],
  ['chat.send', 'ada', { text: 'one' }],
  ['chat.send', 'ben', { text: 'two' }],
  ['chat.rename', 'ada', { title: 'U' }],
  ['chat.send', 'ben', { text: 'said elsewhere', forwarded: { by: 'eve' } }],
];
const pairId = directChatId('ada' as MemberId, 'ben' as MemberId);
const pair: Line[] = [
  ['chat.create', 'ada', { type: 'direct', title: '', members: ['ben'] }],
  ['chat.send', 'ben', { text: 'hi' }],
];

/** As the relay sees it; `unseen`: as a device that does not show the entries. */
function resource(lines: readonly Line[], id = 'team', unseen = false): Resource {
  const found = findRoom(`w/chat/${id}`)!;
  const entries = entriesOf(lines);
  const state = chatKind.fold(chatKind.initial, entries);
  return {
    kind: found.kind,
    room: found.name,
    state,
    governing: state,
    at: 1,
    stateOf: () => null,
    isActiveMember: (member) => ['ada', 'ben', 'eve', 'max'].includes(member),
    entry: (target) => (unseen ? undefined : (entries.find((entry) => entry.id === target.id) ?? null)),
  };
}
const outcome = (by: string, type: string, data: unknown, on = resource(group)): string => {
  const judged = judgeCommand(actor(by), type, data, on);
  return judged.ok ? 'allowed' : judged.error.code;
};
const stored = (by: string, type: string, data: unknown, on = resource(group)): unknown => {
  const judged = judgeCommand(actor(by), type, data, on);
  return judged.ok ? judged.value.data : judged.error.code;
};

const many = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => String.fromCodePoint(0x1f600 + i));
const pinned = Array.from({ length: mostPins }, (_, i): Line => ['chat.send', 'ada', { text: String(i) }]);
const full: Line[] = [
  group[0]!,
  ...pinned,
  ...pinned.map((_, i): Line => ['chat.pin', 'ada', { target: at(i + 1), on: true }]),
  ['chat.send', 'ada', { text: 'one too many' }],
];
const late: Line[] = [
  ...group,
  ['chat.set', 'ada', { newcomersRead: 'fromThen' }],
  ['chat.addMembers', 'ada', { members: ['max'] }],
];
const item = { by: 'ada', at: 1, text: 'x' };

const table: [what: string, by: string, type: string, data: unknown, expected: string, on?: Resource][] = [
  ['a message is answered', 'ben', 'chat.send', { text: 'x', reply: at(1) }, 'allowed'],
  [
    'what is no message is not answered',
    'ben',
    'chat.send',
    { text: 'x', reply: at(3) },
    'message-not-found',
  ],
  [
    'what is not here is not answered',
    'ben',
    'chat.send',
    { text: 'x', reply: at(1, 'zzz') },
    'message-not-found',
  ],
  ['everybody is called in a group', 'ben', 'chat.send', { text: '@所有人', all: true }, 'allowed'],
  ['not by two', 'ben', 'chat.send', { text: 'x', all: true }, 'forbidden', resource(pair, pairId)],
  ['nothing is not sent', 'ben', 'chat.send', { text: '' }, 'bad-request'],
  [
    'a record needs no words',
    'ben',
    'chat.send',
    { text: '', record: { title: 'R', items: [item] } },
    'allowed',
  ],
  [
    'a record has a bound',
    'ben',
    'chat.send',
    { text: '', record: { title: 'R', items: Array(mostRecorded + 1).fill(item) } },
    'bad-request',
  ],
  [
    'an empty record is none',
    'ben',
    'chat.send',
    { text: '', record: { title: 'R', items: [] } },
    'bad-request',
  ],

  ['an author edits', 'ada', 'chat.edit', { target: at(1), text: 'uno' }, 'allowed'],
  ['nobody else does', 'ben', 'chat.edit', { target: at(1), text: 'uno' }, 'forbidden'],
  ['nobody edits what others said', 'ben', 'chat.edit', { target: at(4), text: 'x' }, 'forbidden'],
  ['nothing is no edit', 'ada', 'chat.edit', { target: at(1), text: ' ' }, 'bad-request'],
  ['a stranger edits nothing', 'eve', 'chat.edit', { target: at(1), text: 'x' }, 'forbidden'],
  [
    'an author gives up no file that the message does not have',
    'ada',
    'chat.giveUp',
    { target: at(1), hash: 'a'.repeat(64) },
    'bad-request',
  ],
  ['nobody else gives it up', 'ben', 'chat.giveUp', { target: at(1), hash: 'a'.repeat(64) }, 'forbidden'],
  ['an author recalls', 'ada', 'chat.recall', { target: at(1) }, 'allowed'],
  ['nobody else does', 'ben', 'chat.recall', { target: at(1) }, 'forbidden'],
  ['what is no message is not recalled', 'ada', 'chat.recall', { target: at(0) }, 'message-not-found'],
  ['a place alone names nothing', 'ada', 'chat.recall', { target: at(1, 'c2') }, 'forbidden'],

  [
    'a member reacts',
    'ben',
    'chat.react',
    { target: at(1), emoji: ['👍', '❤️', '👨‍👩‍👧', '🇨🇳', '👍🏽', '1️⃣'] },
    'allowed',
  ],
  ['and takes it back', 'ben', 'chat.react', { target: at(1), emoji: [] }, 'allowed'],
  ['a stranger does not', 'eve', 'chat.react', { target: at(1), emoji: ['👍'] }, 'forbidden'],
  ['words are no emoji', 'ben', 'chat.react', { target: at(1), emoji: ['ok'] }, 'bad-request'],
  ['markup is no emoji', 'ben', 'chat.react', { target: at(1), emoji: ['<b>'] }, 'bad-request'],
  ['two are not one', 'ben', 'chat.react', { target: at(1), emoji: ['👍👍'] }, 'bad-request'],
  [
    'an emoji has an end',
    'ben',
    'chat.react',
    { target: at(1), emoji: [Array(30).fill('👍').join('\u200d')] },
    'bad-request',
  ],
  ['one counts once', 'ben', 'chat.react', { target: at(1), emoji: ['👍', '👍'] }, 'bad-request'],
  [
    'as many as there is room for',
    'ben',
    'chat.react',
    { target: at(1), emoji: many(mostReactions) },
    'allowed',
  ],
  ['but no more', 'ben', 'chat.react', { target: at(1), emoji: many(mostReactions + 1) }, 'bad-request'],

  ['a member pins', 'ben', 'chat.pin', { target: at(1), on: true }, 'allowed'],
  ['not what is no message', 'ben', 'chat.pin', { target: at(3), on: true }, 'message-not-found'],
  [
    'not beyond the bound',
    'ben',
    'chat.pin',
    { target: at(2 * mostPins + 1), on: true },
    'too-many',
    resource(full),
  ],
  ['what hangs there may stay', 'ben', 'chat.pin', { target: at(1), on: true }, 'allowed', resource(full)],
  ['what is gone is taken down', 'ben', 'chat.pin', { target: at(9, 'gone'), on: false }, 'allowed'],
  ['a stranger takes nothing down', 'eve', 'chat.pin', { target: at(1), on: false }, 'forbidden'],

  ['a newcomer answers what they may read', 'max', 'chat.send', { text: 'x' }, 'allowed', resource(late)],
  [
    'and nothing before',
    'max',
    'chat.send',
    { text: 'x', reply: at(1) },
    'message-not-found',
    resource(late),
  ],
  [
    'nor reacts to it',
    'max',
    'chat.react',
    { target: at(1), emoji: ['👍'] },
    'message-not-found',
    resource(late),
  ],
  ['nor pins it', 'max', 'chat.pin', { target: at(1), on: true }, 'message-not-found', resource(late)],

  ['a target has a place', 'ada', 'chat.recall', { target: { seq: -1, id: 'c1' } }, 'bad-request'],
  ['a target has an id', 'ada', 'chat.recall', { target: { seq: 1, id: '../x' } }, 'bad-request'],
  [
    'a device leaves to the relay what it does not see',
    'ben',
    'chat.edit',
    { target: at(1), text: 'x' },
    'allowed',
    resource(group, 'team', true),
  ],
];

describe('what may be done with messages', () => {
  it.each(table)('%s: %s %s', (_what, by, type, data, expected, on) => {
    expect(outcome(by, type, data, on)).toBe(expected);
  });

  it('names the place where a message is, whatever its sender thought', () => {
    expect(stored('ada', 'chat.edit', { target: at(7, 'c1'), text: 'uno' })).toEqual({
      target: at(1),
      text: 'uno',
    });
    expect(stored('ben', 'chat.react', { target: at(0, 'c1'), emoji: [] })).toEqual({
      target: at(1),
      emoji: [],
    });
  });

  it('says with which message a talk began, and nobody else says so', () => {
    const first = { text: 'x', reply: at(5, 'c1'), thread: at(2) };
    expect(stored('ben', 'chat.send', first)).toEqual({ text: 'x', reply: at(1), thread: at(1) });
    expect(stored('ben', 'chat.send', { text: 'x', thread: at(2) })).toEqual({ text: 'x' });
    const talk = resource([...group, ['chat.send', 'ben', { text: 'x', reply: at(1), thread: at(1) }]]);
    expect(stored('ada', 'chat.send', { text: 'y', reply: at(5) }, talk)).toEqual({
      text: 'y',
      reply: at(5),
      thread: at(1),
    });
  });
});

describe('what becomes of a conversation', () => {
  const fold = (...lines: Line[]): ChatState =>
    chatKind.fold(chatKind.initial, entriesOf([...group, ...lines]));

  it('is its last message as it reads now', () => {
    expect(fold(['chat.edit', 'ben', { target: at(4), text: 'anew' }]).last).toMatchObject({
      seq: 4,
      text: 'anew',
    });
    expect(fold(['chat.edit', 'ben', { target: at(2), text: 'anew' }]).last).toMatchObject({
      text: 'said elsewhere',
    });
    const recalled = fold(
      ['chat.recall', 'ben', { target: at(4) }],
      ['chat.edit', 'ben', { target: at(4), text: 'back' }],
    );
    expect(recalled.last).toMatchObject({ seq: 4, text: '', is: 'recalled' });
  });

  it('knows its last message by its place where a state is from before ids were kept', () => {
    const old = { ...fold(), last: { seq: 4, by: 'ben' as MemberId, at: 0, text: 'secret' } };
    const after = chatKind.fold(old, [
      { ...entriesOf([['chat.recall', 'ben', { target: at(4) }]])[0]!, seq: 5 },
    ]);
    expect(after.last?.text).toBe('');
  });

  it('keeps what is pinned in order, each once, and nothing that was recalled', () => {
    const pin = (seq: number, on = true): Line => ['chat.pin', 'ben', { target: at(seq), on }];
    const ids = (state: ChatState) => state.pins?.map(({ id }) => id);
    expect(fold().pins).toBeUndefined();
    expect(ids(fold(pin(1), pin(2), pin(1)))).toEqual(['c2', 'c1']);
    expect(ids(fold(pin(1), pin(2), pin(1, false)))).toEqual(['c2']);
    expect(ids(fold(pin(1), pin(2), ['chat.recall', 'ada', { target: at(1) }]))).toEqual(['c2']);
  });
});

describe('what becomes of a message', () => {
  const marked = (entries: readonly LogEntry[], id: string): MessageMarks =>
    entries
      .filter((entry) => messageMarks.targetOf(entry)?.id === id)
      .reduce<MessageMarks>((marks, entry) => messageMarks.fold(marks, entry), noMarks);
  const after = (...lines: Line[]): MessageMarks => marked(entriesOf([...group, ...lines]), 'c1');

  it('is its newest edit, with those before', () => {
    const edit = (text: string): Line => ['chat.edit', 'ada', { target: at(1), text }];
    expect(after(edit('a'), edit('b')).edits.map(({ text }) => text)).toEqual(['a', 'b']);
  });

  it('is nothing once it was recalled, also of what it said before and after', () => {
    const marks = after(
      ['chat.edit', 'ada', { target: at(1), text: 'a' }],
      ['chat.recall', 'ada', { target: at(1) }],
      ['chat.edit', 'ada', { target: at(1), text: 'b' }],
    );
    expect(marks).toMatchObject({ edits: [], recalled: { seq: 6 } });
    expect(JSON.stringify(marks)).not.toContain('"a"');
  });

  it('has what each person says last', () => {
    const react = (by: string, ...emoji: string[]): Line => ['chat.react', by, { target: at(1), emoji }];
    const { reactions } = after(react('ada', '👍'), react('ben', '🎉', '👍'), react('ada'));
    expect(reactions).toEqual({ ada: { seq: 7, emoji: [] }, ben: { seq: 6, emoji: ['🎉', '👍'] } });
  });

  it('knows what was answered in its thread', () => {
    const answer = { text: 'x', reply: at(2), thread: at(1) };
    expect(after(['chat.send', 'ben', answer]).replies).toEqual([at(5)]);
  });

  it('tells where a recalled message stands', () => {
    const [recall, other] = entriesOf([
      ['chat.recall', 'ada', { target: at(7) }],
      ['chat.edit', 'ada', { target: at(7), text: 'x' }],
    ]);
    expect([recalledSeq(recall!), recalledSeq(other!)]).toEqual([7, null]);
  });

  it('is the same in whatever order entries arrive, once or twice, and of any shape', () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    const pick = <T>(of: readonly T[]): T => of[random(of.length)]!;
    const lines = Array.from({ length: 300 }, (): Line => {
      const target = at(1);
      const shapes = [
        { target, text: `v${random(9)}` },
        { target },
        { target, emoji: [pick(['👍', '🎉', '❤️'])] },
        { target, emoji: ['not one'] },
        { text: 'x', reply: target, thread: target },
        { target: 'c1' },
        null,
      ];
      // A recall ends it all: seldom, so that the rest is looked at too.
      const types = ['chat.edit', 'chat.react', 'chat.send', ...(random(60) === 0 ? ['chat.recall'] : [])];
      return [pick(types), pick(['ada', 'ben', '__proto__', 'constructor']), pick(shapes)];
    });
    const entries = entriesOf([...group, ...lines]);
    const inOrder = marked(entries, 'c1');
    for (let round = 0; round < 20; round++) {
      const shuffled = [...entries, ...entries.filter(() => random(3) === 0)]
        .map((entry) => ({ entry, by: random(1_000_000) }))
        .sort((a, b) => a.by - b.by)
        .map(({ entry }) => entry);
      expect(marked(shuffled, 'c1'), `seed ${seed}`).toEqual(inOrder);
    }
  });
});
