import { describe, expect, it } from 'vitest';
import type { Actor, Role } from '../../../shared/access/actor.ts';
import type { EntryTarget, LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { decide, judgeCommand, type Resource } from '../../../shared/documents/decide.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { chatKind, directChatId } from '../../../shared/features/chat/kind.ts';
import { messageMarks } from '../../../shared/features/chat/marks.ts';
import { importedIn, messageOf } from '../../../shared/features/chat/messages.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';

type Line = readonly [type: string, by: string, data: unknown];

const roles: Readonly<Record<string, Role>> = { ada: 'owner', eve: 'admin', ben: 'member', zoe: 'member' };
const actor = (name: string): Actor => ({ member: name as MemberId, role: roles[name]!, active: true });
const entryOf = ([type, by, data]: Line, seq: number): LogEntry => ({
  ...{ seq, id: `c${seq}` as CommandId, type, by: by as MemberId, at: 10_000 + seq, data },
});
const at = (seq: number): EntryTarget => ({ seq, id: `c${seq}` as CommandId });

const begin = (by = 'ada', members = [by]): Line => [
  'chat.create',
  by,
  { type: 'group', title: 'From before', members, imports: 'slack' },
];
const bring = (n: number, more: object = {}, by = 'ada'): Line => [
  'chat.import',
  by,
  {
    text: `words ${n}`,
    imported: { n, id: `m${n}`, name: 'Ben of old', member: 'ben', at: 100 + n },
    ...more,
  },
];
const finish = (members: string[] = ['ben'], by = 'ada'): Line => ['chat.imported', by, { members }];

const resource = (entries: readonly LogEntry[], room = 'w/chat/g'): Resource => {
  const state = chatKind.fold(chatKind.initial, entries);
  return {
    ...findRoom(room)!,
    room: findRoom(room)!.name,
    state,
    governing: state,
    at: 1,
    stateOf: () => null,
    isActiveMember: (member) => Object.hasOwn(roles, member),
    entry: (target) => entries.find(({ id }) => id === target.id) ?? null,
  };
};
const outcome = (before: readonly Line[], [type, by, data]: Line, room?: string): string => {
  const decision = decide(actor(by), { do: 'command', type, data }, resource(before.map(entryOf), room));
  return decision.ok ? 'allowed' : decision.error.code;
};
const relayed = (...lines: Line[]): { entries: LogEntry[]; state: ChatState; refused: string[] } => {
  const entries: LogEntry[] = [];
  const refused: string[] = [];
  for (const [type, by, data] of lines) {
    const judged = judgeCommand(actor(by), type, data, resource(entries));
    if (!judged.ok) refused.push(`${by} ${type}: ${judged.error.code}`);
    else if (!judged.value.done) entries.push(entryOf([type, by, judged.value.data], entries.length));
  }
  return { entries, state: chatKind.fold(chatKind.initial, entries), refused };
};

const part: Line[] = [begin(), bring(0), bring(1)];
const whole: Line[] = [...part, finish()];
const imported = { n: 2, id: 'm2', name: 'Ben of old', at: 102 };

describe('who imports what', () => {
  it.each<[string, readonly Line[], Line, string]>([
    ['an administrator makes a group for it', [], begin('eve'), 'allowed'],
    ['a member does not', [], begin('ben'), 'forbidden'],
    ['nobody else is in it from the start', [], begin('ada', ['ben']), 'forbidden'],
    ['the next message', part, bring(2), 'allowed'],
    ['no message twice', part, bring(1), 'import-incomplete'],
    ['no message before another', part, bring(3), 'import-incomplete'],
    ['not another administrator', part, bring(2, {}, 'eve'), 'forbidden'],
    ['not a member', part, bring(2, {}, 'ben'), 'forbidden'],
    ['not when all of it is there', whole, bring(2), 'forbidden'],
    ['not somebody who was let in', whole, bring(2, {}, 'ben'), 'forbidden'],
    [
      'not into a group that was not made for it',
      [['chat.create', 'ada', { type: 'group', title: '', members: ['ben'] }]],
      bring(0),
      'forbidden',
    ],
    ['an answer to what was imported', part, bring(2, { reply: at(1) }), 'allowed'],
    ['no answer to what is not there', part, bring(2, { reply: at(7) }), 'message-not-found'],
    ['no answer to what is no message', part, bring(2, { reply: at(0) }), 'message-not-found'],
    ['nothing is said meanwhile', part, ['chat.send', 'ada', { text: 'x' }], 'import-running'],
    ['nobody is added meanwhile', part, ['chat.addMembers', 'ada', { members: ['ben'] }], 'import-running'],
    ['nothing is recalled meanwhile', part, ['chat.recall', 'ada', { target: at(1) }], 'import-running'],
    ['there is no link meanwhile', part, ['chat.link', 'ada', { key: 'k'.repeat(22) }], 'import-running'],
    ['it may be given up', part, ['chat.dissolve', 'ada', {}], 'allowed'],
    ['and goes no further then', [...part, ['chat.dissolve', 'ada', {}]], bring(2), 'group-dissolved'],
    ['people are let in at the end', part, finish(), 'allowed'],
    ['nobody who is not in the company', part, finish(['pia']), 'member-not-found'],
    ['not by another administrator', part, finish(['ben'], 'eve'), 'forbidden'],
    ['once', whole, finish(['zoe']), 'forbidden'],
    ['then it is a group like any other', whole, ['chat.send', 'ben', { text: 'x' }], 'allowed'],
    ['that has no words', part, bring(2, { text: ' ' }), 'bad-request'],
    [
      'that was taken back has none',
      part,
      bring(2, { imported: { ...imported, recalled: true } }),
      'bad-request',
    ],
    [
      'that was taken back',
      part,
      bring(2, { text: '', imported: { ...imported, recalled: true } }),
      'allowed',
    ],
    ['whose author has no name', part, bring(2, { imported: { ...imported, name: ' ' } }), 'bad-request'],
    [
      'with versions beyond measure',
      part,
      bring(2, {
        imported: {
          ...imported,
          versions: Array.from({ length: 6 }, () => ({ at: 1, text: 'x'.repeat(20_000) })),
        },
      }),
      'bad-request',
    ],
  ])('%s', (_title, before, line, expected) => {
    expect(outcome(before, line)).toBe(expected);
  });

  it('never becomes a direct conversation', () => {
    const room = `w/chat/${directChatId('ada' as MemberId, 'ben' as MemberId)}`;
    const pair = (members: string[]): Line => [
      'chat.create',
      'ada',
      { type: 'direct', title: '', members, imports: 'weft' },
    ];
    expect(outcome([], pair(['ben']), room)).not.toBe('allowed');
    expect(outcome([], begin(), room)).toBe('bad-request');
  });

  it('keeps files with the group while it is imported, and only its administrator', () => {
    const may = (who: string, lines: readonly Line[]): string => {
      const decision = decide(actor(who), { do: 'attach' }, resource(lines.map(entryOf)));
      return decision.ok ? 'allowed' : decision.error.code;
    };
    expect(may('ada', part)).toBe('allowed');
    expect(may('eve', part)).toBe('forbidden');
    expect(may('ben', whole)).toBe('allowed');
  });
});

describe('an imported message', () => {
  const { entries, state } = relayed(...whole, ['chat.send', 'ben', { text: 'Good to have it' }]);

  it('is its importer’s entry and says whose it was', () => {
    expect(entries[1]).toMatchObject({ type: 'chat.import', by: 'ada' });
    expect(messageOf(entries[1]!)?.text).toBe('words 0');
    expect(importedIn(entries[1]!)).toMatchObject({ name: 'Ben of old', member: 'ben', at: 100 });
    expect(importedIn(entries[4]!)).toBeNull();
  });

  it('cannot be made of an ordinary one', () => {
    const said = relayed(...whole, ['chat.send', 'ben', { text: 'x', imported }]).entries.at(-1)!;
    expect(said).toMatchObject({ type: 'chat.send', by: 'ben', data: { text: 'x' } });
    expect(said.data).not.toHaveProperty('imported');
    expect(importedIn(said)).toBeNull();
  });

  it('is edited by nobody, and recalled by whoever brought it', () => {
    const edit = (by: string): Line => ['chat.edit', by, { target: at(1), text: 'x' }];
    const recall = (by: string): Line => ['chat.recall', by, { target: at(1) }];
    expect(['ada', 'ben'].map((by) => outcome(whole, edit(by)))).toEqual(['forbidden', 'forbidden']);
    expect(['ada', 'ben'].map((by) => outcome(whole, recall(by)))).toEqual(['allowed', 'forbidden']);
  });

  it('is answered and reacted to like any other when all of it is there', () => {
    expect(outcome(whole, ['chat.send', 'ben', { text: 'x', reply: at(1) }])).toBe('allowed');
    expect(outcome(whole, ['chat.react', 'ben', { target: at(1), emoji: ['👍'] }])).toBe('allowed');
  });

  it('calls nobody, and shows as the last one with the name of who said it', () => {
    expect(chatKind.noteworthy.has('chat.import')).toBe(false);
    const { last } = relayed(...whole).state;
    expect(last).toMatchObject({ by: 'ada', name: 'Ben of old', at: 101, text: 'words 1' });
    expect(state.last).not.toHaveProperty('name');
  });

  it('belongs to the talk of the one it answers, also of one that was taken back', () => {
    const gone = { text: '', imported: { ...imported, n: 0, recalled: true } };
    const talk = relayed(begin(), bring(0, gone), bring(1, { reply: at(1) }), bring(2, { reply: at(2) }));
    expect(talk.refused).toEqual([]);
    expect(talk.entries.slice(2).map(({ data }) => data)).toMatchObject([
      { reply: at(1), thread: at(1) },
      { reply: at(2), thread: at(1) },
    ]);
    expect(messageOf(talk.entries[1]!)).toBeNull();
    expect(messageMarks.targetOf(talk.entries[3]!)).toEqual(at(1));
    expect(messageMarks.targetOf(talk.entries[1]!)).toBeNull();
  });

  it('counts in the order of the file, whatever two devices of the importer send', () => {
    const twice = relayed(begin(), bring(0), bring(0), bring(1), bring(0), bring(1), bring(2), finish());
    expect(twice.state.imports).toEqual({ from: 'slack', count: 3, last: 'm2', done: true });
    expect(twice.refused).toHaveLength(3);
    expect(Object.keys(twice.state.members).sort()).toEqual(['ada', 'ben']);
  });
});
