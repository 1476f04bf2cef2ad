import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../shared/access/actor.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { decide, judgeCommand, type Resource } from '../../../shared/documents/decide.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { groupRevoking } from '../../../shared/features/chat/group.ts';
import { chatJoinsKind, joining, openRequests } from '../../../shared/features/chat/joining.ts';
import { chatKind, chatReadsKind, directChatId } from '../../../shared/features/chat/kind.ts';
import { ownerOf, readsFrom, roleIn, settingsOf } from '../../../shared/features/chat/membership.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';

type Line = readonly [type: string, by: string, data: unknown];

const id = (name: string): MemberId => name as MemberId;
const person = (name: string, active = true): Actor => ({ member: id(name), role: 'member', active });
const entryOf = ([type, by, data]: Line, seq: number): LogEntry => ({
  seq,
  id: `c${seq}` as CommandId,
  type,
  by: id(by),
  at: 100 + seq,
  data,
});
const fold = (...lines: Line[]): ChatState => chatKind.fold(chatKind.initial, lines.map(entryOf));

/** Ada makes a group with Ben, Eve and Zoe. */
const begun: Line = ['chat.create', 'ada', { type: 'group', title: 'T', members: ['ben', 'eve', 'zoe'] }];
const says = (by: string, text = 'x'): Line => ['chat.send', by, { text }];
const admin = (member: string, is = true, by = 'ada'): Line => ['chat.admin', by, { member, admin: is }];
const set = (by: string, change: object): Line => ['chat.set', by, change];
const add = (by: string, ...members: string[]): Line => ['chat.addMembers', by, { members }];
const takeOut = (by: string, member: string): Line => ['chat.removeMember', by, { member }];
const transfer = (by: string, member: string): Line => ['chat.transfer', by, { member }];
const leave = (by: string): Line => ['chat.leave', by, {}];
const key = 'k'.repeat(22);

const inTheCompany = new Set(['ada', 'ben', 'eve', 'zoe', 'pia', 'max']);
const resource = (state: ChatState, room = 'w/chat/g', active = inTheCompany): Resource => ({
  ...findRoom(room)!,
  room: findRoom(room)!.name,
  kind: findRoom(room)!.kind,
  state,
  governing: state,
  at: 1,
  stateOf: () => null,
  isActiveMember: (member) => active.has(member),
  entry: () => null,
});
const outcomeOf = (state: ChatState, [type, by, data]: Line, active = inTheCompany): string => {
  const decision = decide(person(by), { do: 'command', type, data }, resource(state, 'w/chat/g', active));
  return decision.ok ? 'allowed' : decision.error.code;
};

/**
 * What comes of commands that were made without knowing of each other: each is judged as the relay does it, in this order,
 * and what is refused leaves nothing.
 */
function relayed(...lines: Line[]): { state: ChatState; refused: string[] } {
  let state = chatKind.initial;
  const refused: string[] = [];
  let seq = 0;
  for (const line of lines) {
    const [type, by, data] = line;
    const judged = judgeCommand(person(by), type, data, resource(state));
    if (!judged.ok) refused.push(`${by} ${type}: ${judged.error.code}`);
    else if (!judged.value.done)
      state = chatKind.fold(state, [entryOf([type, by, judged.value.data], seq++)]);
  }
  return { state, refused };
}

describe('who may do what in a group', () => {
  const managed = fold(begun, admin('ben'));
  const strict = fold(
    begun,
    admin('ben'),
    set('ada', { adds: 'managers', renames: 'managers', writes: 'managers', mentionsAll: 'managers' }),
  );
  const over = fold(begun, admin('ben'), ['chat.dissolve', 'ada', {}]);
  const outsider = 'pia';

  const table: [string, ChatState, Line, string][] = [
    ['the owner appoints an admin', managed, admin('eve'), 'allowed'],
    ['an admin appoints nobody', managed, admin('eve', true, 'ben'), 'forbidden'],
    ['a member appoints nobody, not even themselves', managed, admin('eve', true, 'eve'), 'forbidden'],
    ['somebody else appoints nobody', managed, admin('pia', true, outsider), 'forbidden'],
    ['nobody outside becomes an admin', managed, admin('pia'), 'member-not-found'],
    ['the owner is no admin', managed, admin('ada'), 'bad-request'],
    ['the owner dismisses an admin', managed, admin('ben', false), 'allowed'],
    [
      'an admin does not dismiss another',
      fold(begun, admin('ben'), admin('eve')),
      admin('eve', false, 'ben'),
      'forbidden',
    ],
    ['the owner hands the group over', managed, transfer('ada', 'eve'), 'allowed'],
    ['an admin does not take it', managed, transfer('ben', 'ben'), 'forbidden'],
    ['nobody outside is given it', managed, transfer('ada', 'pia'), 'member-not-found'],
    ['the owner takes an admin out', managed, takeOut('ada', 'ben'), 'allowed'],
    ['an admin takes a member out', managed, takeOut('ben', 'eve'), 'allowed'],
    ['an admin does not take the owner out', managed, takeOut('ben', 'ada'), 'forbidden'],
    ['nor another admin', fold(begun, admin('ben'), admin('eve')), takeOut('ben', 'eve'), 'forbidden'],
    ['a member takes nobody out', managed, takeOut('eve', 'zoe'), 'forbidden'],
    ['somebody else takes nobody out', managed, takeOut(outsider, 'zoe'), 'forbidden'],
    ['a member adds', managed, add('eve', 'pia'), 'allowed'],
    ['nobody adds themselves', managed, add(outsider, outsider), 'forbidden'],
    ['only managers add where it is so', strict, add('eve', 'pia'), 'forbidden'],
    ['and they do', strict, add('ben', 'pia'), 'allowed'],
    ['only managers rename where it is so', strict, ['chat.rename', 'eve', { title: 'X' }], 'forbidden'],
    ['a group that is muted takes no message of a member', strict, says('eve'), 'group-muted'],
    ['but one of an admin', strict, says('ben'), 'allowed'],
    ['and of the owner', strict, says('ada'), 'allowed'],
    ['nobody outside writes into it', strict, says(outsider), 'forbidden'],
    [
      'a member does not call everybody where it is so',
      fold(begun, set('ada', { mentionsAll: 'managers' })),
      ['chat.send', 'eve', { text: 'x', all: true }],
      'forbidden',
    ],
    [
      'a manager does',
      fold(begun, set('ada', { mentionsAll: 'managers' })),
      ['chat.send', 'ada', { text: 'x', all: true }],
      'allowed',
    ],
    ['a member sets nothing', managed, set('eve', { writes: 'managers' }), 'forbidden'],
    ['somebody else sets nothing', managed, set(outsider, { writes: 'everybody' }), 'forbidden'],
    ['nobody sets nothing at all', managed, set('ada', {}), 'bad-request'],
    ['nor something unknown', managed, set('ada', { writes: 'nobody' }), 'bad-request'],
    ['an admin announces', managed, ['chat.announce', 'ben', { text: 'Hear' }], 'allowed'],
    ['a member does not', managed, ['chat.announce', 'eve', { text: 'Hear' }], 'forbidden'],
    [
      'an announcement has a bound',
      managed,
      ['chat.announce', 'ada', { text: 'x'.repeat(2_001) }],
      'bad-request',
    ],
    ['an admin makes a link', managed, ['chat.link', 'ben', { key }], 'allowed'],
    ['a member does not', managed, ['chat.link', 'eve', { key }], 'forbidden'],
    ['a key that can be guessed is none', managed, ['chat.link', 'ada', { key: 'abc' }], 'bad-request'],
    ['nobody sends that they came in', managed, ['chat.join', outsider, {}], 'bad-request'],
    [
      'nobody sends from where somebody reads',
      managed,
      ['chat.readFrom', 'ada', { members: ['eve'], from: 0 }],
      'bad-request',
    ],
    ['the owner ends the group', managed, ['chat.dissolve', 'ada', {}], 'allowed'],
    ['an admin does not', managed, ['chat.dissolve', 'ben', {}], 'forbidden'],
    ['nobody writes when it is over', over, says('ada'), 'group-dissolved'],
    ['or adds', over, add('ada', 'pia'), 'group-dissolved'],
    ['or sets', over, set('ada', { writes: 'everybody' }), 'group-dissolved'],
    ['or takes out', over, takeOut('ada', 'eve'), 'group-dissolved'],
    ['or hands it over', over, transfer('ada', 'ben'), 'group-dissolved'],
    ['one still leaves it', over, leave('eve'), 'allowed'],
  ];
  it.each(table)('%s', (_title, state, line, outcome) => {
    expect(outcomeOf(state, line)).toBe(outcome);
  });

  it('a direct conversation has no owner, no admins and no end', () => {
    const pair = fold(['chat.create', 'ada', { type: 'direct', title: '', members: ['ben'] }]);
    const room = `w/chat/${directChatId(id('ada'), id('ben'))}`;
    expect(ownerOf(pair)).toBeNull();
    for (const [type, , data] of [admin('ben'), transfer('ada', 'ben'), set('ada', { writes: 'managers' })])
      expect(decide(person('ada'), { do: 'command', type, data }, resource(pair, room)).ok).toBe(false);
  });

  it('a group holds so many and no more', () => {
    const many = Array.from({ length: 1_999 }, (_, i) => `m${i}`);
    const full = fold(['chat.create', 'ada', { type: 'group', title: '', members: many }]);
    const active = new Set([...many, 'ada', 'pia']);
    expect(outcomeOf(full, add('ada', 'pia'), active)).toBe('too-many');
    expect(outcomeOf(full, add('ada', 'm7'), active)).toBe('allowed');
  });
});

describe('whose the group is', () => {
  const whose = (state: ChatState, active?: Set<string>) =>
    ownerOf(state, active ? (member) => active.has(member) : undefined);

  const table: [string, ChatState, string | null][] = [
    ['it is that of whoever made it', fold(begun), 'ada'],
    ['or was given it', fold(begun, transfer('ada', 'eve')), 'eve'],
    [
      'it goes to the admin who is longest in it',
      fold(begun, add('ada', 'max'), admin('max'), leave('ada')),
      'max',
    ],
    ['without admins to the member who is', fold(begun, add('ada', 'max'), leave('ada')), 'ben'],
    ['and from one to the next', fold(begun, leave('ada'), leave('ben')), 'eve'],
    ['whoever comes back does not get it back', fold(begun, leave('ada'), add('ben', 'ada')), 'ben'],
    ['an admin is not the owner while the owner is there', fold(begun, admin('ben')), 'ada'],
    ['it is nobody’s when nobody is left', fold(begun, ...['ada', 'ben', 'eve', 'zoe'].map(leave)), null],
  ];
  it.each(table)('%s', (_title, state, owner) => expect(whose(state)).toBe(owner));

  it('passes for the time being when the owner has left the company', () => {
    const state = fold(begun, admin('eve'));
    const active = new Set(['ben', 'eve', 'zoe']);
    expect(whose(state, active)).toBe('eve');
    expect(outcomeOf(state, takeOut('eve', 'ada'), active)).toBe('allowed');
    expect(outcomeOf(state, transfer('eve', 'eve'), active)).toBe('allowed');
    expect(outcomeOf(state, transfer('ben', 'ben'), active)).toBe('forbidden');
  });

  it('is known in states from before anybody could say so', () => {
    // As the version before kept it: no owner, no settings, nobody who was taken out.
    const old: ChatState = {
      created: { by: id('ada'), at: 1 },
      type: 'group',
      title: '',
      members: { [id('zoe')]: { since: 0 }, [id('ben')]: { since: 0 }, [id('ada')]: { since: 9 } },
      last: null,
    };
    expect(ownerOf(old)).toBe('ben');
    expect(roleIn(old, id('ada'))).toBe('member');
    expect(settingsOf(old)).toMatchObject({ adds: 'everybody', writes: 'everybody', link: 'asks' });
    const again = fold(
      ['chat.create', 'ada', { type: 'group', title: '', members: ['zoe', 'ben'] }],
      leave('ada'),
      add('ben', 'ada'),
    );
    expect(ownerOf(again)).toBe('ben');
  });
});

describe('two who act without knowing of each other', () => {
  const table: [string, Line[], string[], (state: ChatState) => unknown, unknown][] = [
    [
      'two owners’ devices hand it to different people: the first stands',
      [begun, transfer('ada', 'ben'), transfer('ada', 'eve')],
      ['ada chat.transfer: forbidden'],
      (state) => ownerOf(state),
      'ben',
    ],
    [
      'the owner leaves and hands it over: who left has nothing to give',
      [begun, leave('ada'), transfer('ada', 'eve')],
      ['ada chat.transfer: forbidden'],
      (state) => ownerOf(state),
      'ben',
    ],
    [
      'one is taken out and made an admin: gone is gone',
      [begun, admin('ben'), takeOut('ben', 'eve'), admin('eve')],
      ['ada chat.admin: member-not-found'],
      (state) => roleIn(state, id('eve')),
      null,
    ],
    [
      'one is made an admin and taken out by another: stays',
      [begun, admin('ben'), admin('eve'), takeOut('ben', 'eve')],
      ['ben chat.removeMember: forbidden'],
      (state) => roleIn(state, id('eve')),
      'admin',
    ],
    [
      'two change different settings: both hold',
      [begun, admin('ben'), set('ada', { writes: 'managers' }), set('ben', { adds: 'managers' })],
      [],
      (state) => state.settings,
      { writes: 'managers', adds: 'managers' },
    ],
    [
      'two change the same one: the later holds',
      [begun, admin('ben'), set('ada', { writes: 'managers' }), set('ben', { writes: 'everybody' })],
      [],
      (state) => settingsOf(state).writes,
      'everybody',
    ],
    [
      'a message was written while the group was being muted: refused',
      [begun, set('ada', { writes: 'managers' }), says('eve')],
      ['eve chat.send: group-muted'],
      (state) => state.last,
      null,
    ],
    [
      'two announce: the later is up',
      [
        begun,
        admin('ben'),
        ['chat.announce', 'ada', { text: 'one' }],
        ['chat.announce', 'ben', { text: 'two' }],
      ],
      [],
      (state) => state.announcement?.text,
      'two',
    ],
    [
      'one adds whom the other takes out, who was not there yet: in',
      [begun, admin('ben'), takeOut('ben', 'pia'), add('eve', 'pia')],
      [],
      (state) => roleIn(state, id('pia')),
      'member',
    ],
    [
      'the group is ended while somebody is added: ended',
      [begun, ['chat.dissolve', 'ada', {}], add('ben', 'pia')],
      ['ben chat.addMembers: group-dissolved'],
      (state) => roleIn(state, id('pia')),
      null,
    ],
  ];
  it.each(table)('%s', (_title, lines, refused, look, result) => {
    const came = relayed(...lines);
    expect(came.refused).toEqual(refused);
    expect(look(came.state)).toEqual(result);
  });
});

describe('who comes in', () => {
  const limited = set('ada', { newcomersRead: 'fromThen' });

  it('reads everything, or from then on, as it was set when they came', () => {
    const state = fold(
      begun,
      says('ada'),
      add('ada', 'max'),
      limited,
      add('ada', 'pia'),
      set('ada', { newcomersRead: 'everything' }),
    );
    expect(['ada', 'max', 'pia', 'gus'].map((name) => readsFrom(state, id(name)))).toEqual([
      0,
      0,
      4,
      Number.MAX_SAFE_INTEGER,
    ]);
  });

  it('is not told by the state what was said before', () => {
    const pin = { seq: 1, id: 'c1' as CommandId, by: id('ada') };
    const state = { ...fold(begun, says('ada', 'secret'), limited, add('ada', 'pia')), pins: [pin] };
    const hidden = chatKind.limited!.hide(state, readsFrom(state, id('pia')));
    expect(JSON.stringify(hidden)).not.toMatch(/secret|c1"/);
    expect(hidden).toMatchObject({ title: 'T', last: null, pins: [] });
    expect(chatKind.limited!.hide(state, 1)).toEqual(state);
  });

  it('does not point at what was said before', () => {
    const state = fold(begun, says('ada', 'secret'), limited, add('ada', 'pia'));
    const target = { seq: 1, id: 'c1' as CommandId };
    const there: Resource = { ...resource(state), entry: () => entryOf(says('ada', 'secret'), 1) };
    const react = (by: string) => judgeCommand(person(by), 'chat.react', { target, emoji: ['👍'] }, there).ok;
    expect([react('ben'), react('pia')]).toEqual([true, false]);
  });

  it.each<[string, ChatState, string, string, string]>([
    ['by the link asks', fold(begun, ['chat.link', 'ada', { key }]), 'pia', key, 'asks'],
    [
      'or comes in, where it is so',
      fold(begun, ['chat.link', 'ada', { key }], set('ada', { link: 'joins' })),
      'pia',
      key,
      'joins',
    ],
    [
      'but asks where only managers add',
      fold(begun, ['chat.link', 'ada', { key }], set('ada', { link: 'joins', adds: 'managers' })),
      'pia',
      key,
      'asks',
    ],
    [
      'and asks when they were taken out',
      fold(begun, ['chat.link', 'ada', { key }], set('ada', { link: 'joins' }), takeOut('ada', 'eve')),
      'eve',
      key,
      'asks',
    ],
    ['is in already', fold(begun, ['chat.link', 'ada', { key }]), 'ben', key, 'in'],
    ['has a wrong key', fold(begun, ['chat.link', 'ada', { key }]), 'pia', 'x'.repeat(22), 'link-invalid'],
    [
      'has an old key',
      fold(begun, ['chat.link', 'ada', { key }], ['chat.link', 'ada', { key: 'n'.repeat(22) }]),
      'pia',
      key,
      'link-invalid',
    ],
    [
      'has a key that was taken back',
      fold(begun, ['chat.link', 'ada', { key }], ['chat.link', 'ada', { key: null }]),
      'pia',
      key,
      'link-invalid',
    ],
    ['has none where there is no link', fold(begun), 'pia', 'undefined', 'link-invalid'],
    [
      'finds it dissolved',
      fold(begun, ['chat.link', 'ada', { key }], ['chat.dissolve', 'ada', {}]),
      'pia',
      key,
      'group-dissolved',
    ],
  ])('%s', (_title, state, who, with_, does) => {
    const result = joining(person(who), state, with_);
    expect(result.ok ? result.value : result.error.code).toBe(does);
  });

  it('waits in a list that only managers read and answer', () => {
    const group = fold(begun, admin('ben'));
    expect([...chatJoinsKind.readers(group)].sort()).toEqual(['ada', 'ben']);
    const asked = chatJoinsKind.fold(
      chatJoinsKind.initial,
      [
        ['chat.ask', 'pia', {}] as const,
        ['chat.ask', 'max', {}] as const,
        ['chat.ask', 'ben', {}] as const,
      ].map(entryOf),
    );
    expect(openRequests(asked, group)).toEqual(['pia', 'max']);
    const room: Resource = { ...resource(group, 'w/chat/g:joins'), state: asked };
    const answers = (by: string, member: string) => {
      const decision = decide(person(by), { do: 'command', type: 'chat.answer', data: { member } }, room);
      return decision.ok ? 'allowed' : decision.error.code;
    };
    expect([answers('ben', 'pia'), answers('eve', 'pia'), answers('pia', 'pia')]).toEqual([
      'allowed',
      'forbidden',
      'forbidden',
    ]);
    expect(decide(person('pia'), { do: 'command', type: 'chat.ask', data: {} }, room).ok).toBe(false);
  });
});

describe('an announcement', () => {
  it('is confirmed by each for themselves, and a new one anew', () => {
    const group = fold(begun, ['chat.announce', 'ada', { text: 'Hear' }]);
    const room: Resource = {
      ...resource(group, 'w/chat/g:reads'),
      state: chatReadsKind.initial,
      governing: group,
    };
    const confirms = (by: string, announcement: string, state = room) =>
      judgeCommand(person(by), 'chat.confirm', { announcement }, state);
    expect(confirms('eve', 'c1')).toMatchObject({ ok: true });
    expect(confirms('pia', 'c1')).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    expect(confirms('eve', 'c9')).toMatchObject({ ok: false, error: { code: 'not-found' } });
    const later = chatReadsKind.fold(
      chatReadsKind.initial,
      [
        ['chat.confirm', 'eve', { announcement: 'c1' }] as const,
        ['chat.read', 'eve', { upTo: 1 }] as const,
      ].map(entryOf),
    );
    expect(later).toEqual({ positions: { eve: 1 }, confirmed: { eve: 'c1' } });
  });
});

describe('after a restore', () => {
  it.each<[string, Line, ChatState, unknown]>([
    [
      'the group stays muted',
      set('ada', { writes: 'managers' }),
      fold(begun),
      { type: 'chat.set', data: { writes: 'managers' } },
    ],
    ['not twice', set('ada', { writes: 'managers' }), fold(begun, set('ada', { writes: 'managers' })), null],
    [
      'an admin stays dismissed',
      admin('ben', false),
      fold(begun, admin('ben')),
      { type: 'chat.admin', data: { member: 'ben', admin: false } },
    ],
    [
      'the group stays handed over',
      transfer('ada', 'ben'),
      fold(begun),
      { type: 'chat.transfer', data: { member: 'ben' } },
    ],
    [
      'an old link stays dead',
      ['chat.link', 'ada', { key: null }],
      fold(begun, ['chat.link', 'ada', { key }]),
      { type: 'chat.link', data: { key: null } },
    ],
    ['an end stays', ['chat.dissolve', 'ada', {}], fold(begun), { type: 'chat.dissolve', data: {} }],
  ])('%s', (_title, taken, state, fact) => {
    expect(groupRevoking[taken[0]]!(entryOf(taken, 7), state)).toEqual(fact);
  });
});
