import { describe, expect, it } from 'vitest';
import type { Actor, Role } from '../../../shared/access/actor.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { decide, judgeCommand, type Action, type Resource } from '../../../shared/documents/decide.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { directChatId } from '../../../shared/features/chat/kind.ts';

const actor = (member: string, role: Role = 'member', active = true): Actor => ({
  member: member as MemberId,
  role,
  active,
});
const [ada, ben, eve, gone] = [
  actor('ada', 'owner'),
  actor('ben'),
  actor('eve'),
  actor('gus', 'member', false),
];
const joined = (member: string, role: Role) =>
  ['member.join', 'ada', { member, name: member, email: '', role }] as const;

type Line = readonly [type: string, by: string, data: unknown];
const entriesOf = (lines: readonly Line[]): LogEntry[] =>
  lines.map(([type, by, data], seq) => ({
    seq,
    id: `c${seq}` as CommandId,
    type,
    by: by as MemberId,
    at: seq,
    data,
  }));
const fold = (room: string, lines: readonly Line[]): unknown => {
  const kind = findRoom(room)?.kind;
  return kind?.class === 'log' ? kind.fold(kind.initial, entriesOf(lines)) : undefined;
};
/** A room after some entries; `governing` are those of the room its rights come from, when that is another one. */
const resource = (
  room: string,
  lines: readonly Line[],
  governing?: readonly [string, readonly Line[]],
): Resource => {
  const found = findRoom(room);
  if (!found) throw new Error(room);
  const entries = entriesOf(lines);
  const state = fold(room, lines);
  return {
    kind: found.kind,
    room: found.name,
    state,
    governing: governing ? fold(...governing) : state,
    at: 1,
    stateOf: () => null,
    isActiveMember: (member) => ['ada', 'ben', 'eve'].includes(member),
    entry: ({ id }) => entries.find((each) => each.id === id) ?? null,
  };
};
const read: Action = { do: 'read' };
const write: Action = { do: 'write' };
const attach: Action = { do: 'attach' };
const command = (type: string, data: unknown = {}): Action => ({ do: 'command', type, data });

const team: Line[] = [['chat.create', 'ada', { type: 'group', title: 'T', members: ['ben'] }]];
const pair = `w/chat/${directChatId(ada.member, ben.member)}`;
const direct: Line[] = [['chat.create', 'ada', { type: 'direct', title: '', members: ['ben'] }]];
const doc: Line[] = [['doc.create', 'ada', { title: 'D' }]];
const trashed: Line[] = [...doc, ['doc.delete', 'ben', {}]];
const people: Line[] = [joined('ada', 'owner'), joined('ben', 'member'), joined('eve', 'admin')];
const two: Line[] = [...people, joined('zoe', 'owner')];

const chat = resource('w/chat/team', team);
const directory = resource('w/directory/main', people);
const admin = actor('eve', 'admin');

const table: [string, Actor, Action, Resource, string][] = [
  ['a member of a group reads it', ben, read, chat, 'allowed'],
  ['somebody else does not', eve, read, chat, 'forbidden'],
  ['an owner of the workspace does not read others’ groups', actor('zoe', 'owner'), read, chat, 'forbidden'],
  ['nobody reads what is not there', ada, read, resource('w/chat/x', []), 'room-not-found'],
  ['nobody writes a log', ada, write, chat, 'read-only'],
  ['a member sends', ben, command('chat.send', { text: 'x' }), chat, 'allowed'],
  ['a member keeps files with it', ben, attach, chat, 'allowed'],
  ['somebody else does not', eve, attach, chat, 'forbidden'],
  ['who has left keeps none', gone, attach, chat, 'forbidden'],
  ['nobody keeps files with what is not there', ada, attach, resource('w/chat/x', []), 'room-not-found'],
  ['members keep their photos with the directory', ada, attach, directory, 'allowed'],
  ['who has left keeps no photo', gone, attach, directory, 'forbidden'],
  ['word rules take no files', ada, attach, resource('w/words/main', []), 'read-only'],
  ['nobody sends blanks', ben, command('chat.send', { text: ' \n' }), chat, 'bad-request'],
  ['somebody else does not send', eve, command('chat.send', { text: 'x' }), chat, 'forbidden'],
  ['a member adds a member', ben, command('chat.addMembers', { members: ['eve'] }), chat, 'allowed'],
  [
    'a member adds nobody unknown',
    ben,
    command('chat.addMembers', { members: ['zoe'] }),
    chat,
    'member-not-found',
  ],
  ['the creator takes out', ada, command('chat.removeMember', { member: 'ben' }), chat, 'allowed'],
  [
    'another member does not take out',
    ben,
    command('chat.removeMember', { member: 'ada' }),
    chat,
    'forbidden',
  ],
  [
    'a group is made once',
    ben,
    command('chat.create', { type: 'group', title: '', members: ['ada'] }),
    chat,
    'already-exists',
  ],
  ['a pair is not renamed', ada, command('chat.rename', { title: 'x' }), resource(pair, direct), 'forbidden'],
  ['a pair is not left', ada, command('chat.leave'), resource(pair, direct), 'forbidden'],
  [
    'a pair is started by both',
    ben,
    command('chat.create', { type: 'direct', title: '', members: ['ada'] }),
    resource(pair, direct),
    'allowed',
  ],
  [
    'a pair is not started by a third',
    eve,
    command('chat.create', { type: 'direct', title: '', members: ['ada'] }),
    resource(pair, []),
    'bad-request',
  ],
  [
    'a pair’s name is not for groups',
    ada,
    command('chat.create', { type: 'group', title: '', members: ['eve'] }),
    resource(pair, []),
    'bad-request',
  ],
  [
    'a member reads read positions',
    ben,
    read,
    resource('w/chat/team:reads', [], ['w/chat/team', team]),
    'allowed',
  ],
  [
    'somebody else does not',
    eve,
    command('chat.read', { upTo: 1 }),
    resource('w/chat/team:reads', [], ['w/chat/team', team]),
    'forbidden',
  ],
  ['everybody reads a doc', eve, read, resource('w/doc/d', [], ['w/doc/d:about', doc]), 'allowed'],
  ['everybody writes a doc', eve, write, resource('w/doc/d', [], ['w/doc/d:about', doc]), 'allowed'],
  [
    'nobody writes a deleted doc',
    ada,
    write,
    resource('w/doc/d', [], ['w/doc/d:about', trashed]),
    'document-deleted',
  ],
  [
    'everybody reads a deleted doc',
    eve,
    read,
    resource('w/doc/d', [], ['w/doc/d:about', trashed]),
    'allowed',
  ],
  [
    'nobody writes a doc that is not there',
    ada,
    write,
    resource('w/doc/d', [], ['w/doc/d:about', []]),
    'room-not-found',
  ],
  [
    'a doc is made once',
    ada,
    command('doc.create', { title: '' }),
    resource('w/doc/d:about', doc),
    'already-exists',
  ],
  [
    'a doc that is not there is not renamed',
    ada,
    command('doc.rename', { title: '' }),
    resource('w/doc/d:about', []),
    'room-not-found',
  ],
  ['everybody writes scratch', eve, write, resource('w/scratch/s', []), 'allowed'],
  [
    'scratch takes no commands',
    eve,
    command('doc.create', { title: '' }),
    resource('w/scratch/s', []),
    'bad-request',
  ],
  [
    'everybody changes the own profile',
    ben,
    command('member.profile', { post: 'Cook' }),
    directory,
    'allowed',
  ],
  ['nobody has an empty name', ben, command('member.profile', { name: ' ' }), directory, 'bad-request'],
  [
    'a member does not rename the workspace',
    ben,
    command('workspace.rename', { name: 'x' }),
    directory,
    'forbidden',
  ],
  [
    'an administrator removes a member',
    admin,
    command('member.remove', { member: 'ben' }),
    directory,
    'allowed',
  ],
  ['a member does not', ben, command('member.remove', { member: 'eve' }), directory, 'forbidden'],
  [
    'an administrator does not remove an owner',
    admin,
    command('member.remove', { member: 'ada' }),
    directory,
    'forbidden',
  ],
  [
    'an administrator appoints nobody',
    admin,
    command('member.role', { member: 'ben', role: 'admin' }),
    directory,
    'forbidden',
  ],
  ['the last owner stays', ada, command('member.remove', { member: 'ada' }), directory, 'last-owner'],
  [
    'the last owner stays owner',
    ada,
    command('member.role', { member: 'ada', role: 'member' }),
    directory,
    'last-owner',
  ],
  [
    'one of two owners may go',
    ada,
    command('member.remove', { member: 'ada' }),
    resource('w/directory/main', two),
    'allowed',
  ],
  [
    'a stranger is not managed',
    ada,
    command('member.remove', { member: 'nobody' }),
    directory,
    'member-not-found',
  ],
  [
    'a name from the prototype is no id',
    ada,
    command('member.remove', { member: 'constructor' }),
    directory,
    'bad-request',
  ],
  ['a command from the prototype is unknown', ada, command('constructor'), directory, 'bad-request'],
  ['a fact is no command', ada, command('member.join', people[0]![2]), directory, 'bad-request'],
];

describe('the access decision', () => {
  it.each(table)('%s', (_what, who, action, on, outcome) => {
    const decision = decide(who, action, on);
    expect(decision.ok ? 'allowed' : decision.error.code).toBe(outcome);
  });

  it('allows nothing to whoever left', () => {
    const actions = [
      read,
      write,
      command('chat.send', { text: 'x' }),
      command('member.profile', {}),
      command('doc.create', { title: '' }),
    ];
    for (const on of [chat, directory, resource('w/scratch/s', []), resource('w/doc/d:about', [])])
      for (const action of actions)
        expect(decide(gone, action, on)).toMatchObject({ ok: false, error: { code: 'forbidden' } });
  });

  it('says when a command wants what is so already', () => {
    const done = (who: Actor, type: string, data: unknown, on: Resource) => {
      const judged = judgeCommand(who, type, data, on);
      return judged.ok && judged.value.done;
    };
    expect(done(ben, 'chat.rename', { title: ' T ' }, chat)).toBe(true);
    expect(done(ben, 'chat.rename', { title: 'U' }, chat)).toBe(false);
    expect(
      done(ben, 'chat.create', { type: 'direct', title: '', members: ['ada'] }, resource(pair, direct)),
    ).toBe(true);
    expect(done(eve, 'doc.delete', {}, resource('w/doc/d:about', trashed))).toBe(true);
    const positions: Line[] = [['chat.read', 'ben', { upTo: 5 }]];
    const reads = resource('w/chat/team:reads', positions, ['w/chat/team', team]);
    expect(done(ben, 'chat.read', { upTo: 5 }, reads)).toBe(true);
    expect(done(ada, 'chat.read', { upTo: 5 }, reads)).toBe(false);
  });
});
