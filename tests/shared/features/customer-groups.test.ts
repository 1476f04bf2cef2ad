import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../shared/access/actor.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import { guestOf } from '../../../shared/base/guests.ts';
import type { CommandId, CustomerId, MemberId } from '../../../shared/base/ids.ts';
import { decide, type Resource } from '../../../shared/documents/decide.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { mostGuests } from '../../../shared/features/chat/group-schema.ts';
import { chatKind } from '../../../shared/features/chat/kind.ts';
import { ownerOf, readsFrom, settingsOf } from '../../../shared/features/chat/membership.ts';
import {
  doorAddress,
  leadsGuests,
  mayEnter,
  mostGroups,
  placeOf,
  readDoor,
} from '../../../shared/features/chat/outside.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';

type Line = readonly [type: string, by: string, data: unknown];

const id = (name: string): MemberId => name as MemberId;
const guest = (customer: string): MemberId => guestOf(customer as CustomerId);
const [mia, tom] = [guest('mia'), guest('tom')];
const entryOf = ([type, by, data]: Line, seq: number): LogEntry => ({
  ...{ seq, id: `c${seq}` as CommandId, type, by: id(by), at: 100 + seq, data },
});
const fold = (...lines: Line[]): ChatState => chatKind.fold(chatKind.initial, lines.map(entryOf));

const begun: Line = [
  'chat.create',
  'ada',
  { type: 'group', title: 'Tea', members: ['ben', 'eve'], outside: true },
];
const inside: Line = ['chat.create', 'ada', { type: 'group', title: 'Tea', members: ['ben'] }];
const ask = (by: string, ...guests: string[]): Line => ['chat.invite', by, { guests }];
const enters = (who: string, name = ''): Line => ['chat.enter', who, { guest: who, name }];
const departs = (who: string): Line => ['chat.depart', who, { guest: who }];
const takeOut = (by: string, member: string): Line => ['chat.removeMember', by, { member }];
const code = 'k'.repeat(20);
const door = (by: string, change: object = {}): Line => [
  'chat.door',
  by,
  { code, on: true, until: null, ...change },
];
const own = (...lines: Line[]): ChatState =>
  fold(['chat.customer', mia, { guest: mia, members: ['ada'], name: 'Mia Chen (big)' }], ...lines);
const placed = (is: string, group = 'g'): Line => [
  'chat.place',
  'ada',
  { group, is, title: 'Tea', by: 'ada' },
];
const answers = (accept: boolean, name = 'Mia', group = 'g'): Line => [
  'chat.consent',
  mia,
  { group, accept, name },
];

/** Ada has Mia, with Ben to help; Eve has Tom, and somebody who ended. */
const files: Record<string, object> = {
  mia: { begun: {}, guest: mia, owner: 'ada', helpers: ['ben'], ended: null },
  tom: { begun: {}, guest: tom, owner: 'eve', helpers: [], ended: null },
  over: { begun: {}, guest: guest('over'), owner: 'ada', helpers: [], ended: {} },
  paper: { begun: {}, guest: null, owner: 'ada', helpers: [], ended: null },
};
const busy = own(...Array.from({ length: mostGroups }, (_, n) => placed('in', `g${n}`)));

function outcomeOf(
  state: ChatState,
  [type, by, data]: Line,
  { room = 'w/chat/g', chats = {} }: { room?: string; chats?: Record<string, ChatState> } = {},
): string {
  const found = findRoom(room)!;
  const actor: Actor = {
    ...{ member: id(by), role: 'member', active: true },
    ...(by.startsWith('guest-') && { isGuest: true }),
  };
  const resource: Resource = {
    ...{ kind: found.kind, room: found.name, state, governing: state, at: 1, entry: () => null },
    stateOf: (kind, of) => {
      const begins = findRoom(`w/${kind}/${of}`)!.kind as { readonly initial: unknown };
      return (kind === 'customer' ? files[of] : kind === 'chat' ? chats[of] : undefined) ?? begins.initial;
    },
    isActiveMember: (member) => ['ada', 'ben', 'eve', 'zoe'].includes(member),
  };
  const decision = decide(actor, { do: 'command', type, data }, resource);
  return decision.ok ? 'allowed' : decision.error.code;
}

describe('who may do what in a group with customers', () => {
  const group = fold(begun, ask('ada', mia), enters(mia, 'Mia'), ask('eve', tom));
  const managed = fold(begun, ['chat.set', 'ada', { adds: 'managers' }]);
  const muted = fold(begun, ask('ada', mia), enters(mia), ['chat.set', 'ada', { writes: 'managers' }]);
  const full = fold(
    begun,
    ...Array.from({ length: mostGuests / 100 }, (_, part) =>
      ask('ada', ...Array.from({ length: 100 }, (__, n) => guest(`x${part * 100 + n}`))),
    ),
  );
  const message: Line = ['chat.send', mia, { text: 'hello' }];

  const table: [string, ChatState, Line, string][] = [
    ['whoever has a customer asks them', fold(begun), ask('ada', mia), 'allowed'],
    ['and whoever helps', fold(begun), ask('ben', mia), 'allowed'],
    ['nobody asks the customer of somebody else', fold(begun), ask('ada', tom), 'member-not-found'],
    ['nor both at once', fold(begun), ask('ada', mia, tom), 'member-not-found'],
    ['one who ended is not asked', fold(begun), ask('ada', guest('over')), 'member-not-found'],
    ['nor one who never came', fold(begun), ask('ada', guest('paper')), 'member-not-found'],
    ['nor one whom nobody knows', fold(begun), ask('ada', guest('nobody')), 'member-not-found'],
    ['a colleague is not asked but added', fold(begun), ask('ada', 'zoe'), 'member-not-found'],
    ['no customer is asked into a group of members', fold(inside), ask('ada', mia), 'forbidden'],
    ['nobody who is not in it asks', fold(begun), ask('zoe', mia), 'forbidden'],
    ['only managers ask where only they add', managed, ask('ben', mia), 'forbidden'],
    ['a group has a bound of customers', full, ask('ada', mia), 'too-many'],
    [
      'guests are added by nobody',
      fold(begun),
      ['chat.addMembers', 'ada', { members: [mia] }],
      'member-not-found',
    ],
    ['a guest who is in it speaks', group, message, 'allowed'],
    ['one who was asked does not', group, ['chat.send', tom, { text: 'x' }], 'forbidden'],
    ['nor where only managers write', muted, message, 'group-muted'],
    ['a guest calls nobody', group, ['chat.send', mia, { text: 'x', all: true }], 'forbidden'],
    ['a guest asks nobody', group, ask(mia, tom), 'forbidden'],
    ['adds nobody', group, ['chat.addMembers', mia, { members: ['zoe'] }], 'forbidden'],
    ['renames nothing', group, ['chat.rename', mia, { title: 'x' }], 'forbidden'],
    ['takes nobody out', group, takeOut(mia, 'ben'), 'forbidden'],
    ['opens no door', group, door(mia), 'forbidden'],
    ['pins nothing', group, ['chat.pin', mia, { target: { seq: 0, id: 'c0' }, on: true }], 'forbidden'],
    [
      'makes nothing urgent',
      group,
      ['chat.urge', mia, { target: { seq: 0, id: 'c0' }, members: ['ada'] }],
      'forbidden',
    ],
    ['lets nobody in by the facts of the relay', group, enters(mia), 'bad-request'],
    ['is no admin', group, ['chat.admin', 'ada', { member: mia, admin: true }], 'member-not-found'],
    ['and not the owner', group, ['chat.transfer', 'ada', { member: mia }], 'member-not-found'],
    ['the owner takes a guest out', group, takeOut('ada', mia), 'allowed'],
    ['a member does not', group, takeOut('ben', mia), 'forbidden'],
    ['a manager opens the door', group, door('ada'), 'allowed'],
    ['a member does not', group, door('ben'), 'forbidden'],
    ['a group of members has none', fold(inside), door('ada'), 'forbidden'],
  ];
  for (const [name, state, line, outcome] of table)
    it(name, () => {
      expect(outcomeOf(state, line)).toBe(outcome);
    });

  it('a customer is in so many groups and no more', () => {
    expect(outcomeOf(fold(begun), ask('ada', mia), { chats: { 'customer-mia': busy } })).toBe('too-many');
  });

  const at = { room: 'w/chat/customer-mia', chats: { g: fold(begun, ask('ada', mia)) } };
  const answered: [string, ChatState, Line, object, string][] = [
    ['a guest answers for themself', own(placed('invited')), answers(true), at, 'allowed'],
    ['also no', own(placed('invited')), answers(false), at, 'allowed'],
    [
      'nobody of the company does',
      own(placed('invited')),
      ['chat.consent', 'ada', answers(true)[2]],
      at,
      'forbidden',
    ],
    [
      'an invitation that was taken back is none',
      own(placed('invited')),
      answers(true),
      { ...at, chats: { g: fold(begun) } },
      'not-found',
    ],
    [
      'nobody comes in without being asked',
      own(),
      answers(true, 'Mia', 'h'),
      { ...at, chats: { h: fold(begun, ask('eve', tom)) } },
      'not-found',
    ],
    [
      'a conversation that is over answers nothing',
      own(placed('invited'), ['chat.guest', 'ada', { name: '', ended: true }]),
      answers(true),
      at,
      'customer-ended',
    ],
  ];
  for (const [name, state, line, where, outcome] of answered)
    it(name, () => {
      expect(outcomeOf(state, line, where)).toBe(outcome);
    });
});

describe('what a group with customers says', () => {
  it('a guest is in it from their answer on, under the name they give, and reads from then on', () => {
    const asked = fold(begun, ask('ada', mia));
    expect([placeOf(asked, mia), Object.keys(asked.members)]).toEqual(['invited', ['ada', 'ben', 'eve']]);
    expect(asked.guests).toEqual({ [mia]: { name: '', invited: { by: 'ada', at: 101 } } });
    const state = fold(begun, ask('ada', mia), enters(mia, 'Mia'));
    expect([placeOf(state, mia), readsFrom(state, mia)]).toEqual(['in', 2]);
    expect(state.guests).toEqual({ [mia]: { name: 'Mia' } });
    expect(settingsOf(state).newcomersRead).toBe('fromThen');
  });

  it('a group of members takes no guest, whatever its log says', () => {
    const state = fold(inside, ask('ada', mia), enters(mia));
    expect([placeOf(state, mia), Object.keys(state.members)]).toEqual(['out', ['ada', 'ben']]);
  });

  it('no guest comes to own a group that its people leave', () => {
    const left = fold(begun, ask('ada', mia), enters(mia), takeOut('ada', 'ben'), takeOut('ada', 'eve'), [
      'chat.leave',
      'ada',
      {},
    ]);
    expect(ownerOf(left)).toBeNull();
  });

  it('whoever left, or was taken out, is not in it, and asked again is', () => {
    for (const gone of [departs(mia), takeOut('ada', mia)]) {
      expect(placeOf(fold(begun, ask('ada', mia), gone), mia)).toBe('out');
      expect(placeOf(fold(begun, ask('ada', mia), enters(mia), gone), mia)).toBe('out');
      expect(placeOf(fold(begun, enters(mia), gone, ask('ada', mia), enters(mia)), mia)).toBe('in');
    }
  });

  it('what a restored relay forgot is taken away again, and nothing else', () => {
    const again = (state: ChatState, line: Line) =>
      chatKind.revoking[line[0]]?.(entryOf(line, 9), state) ?? null;
    const inside = fold(begun, ask('ada', mia), enters(mia));
    expect(again(inside, departs(mia))).toEqual({ type: 'chat.depart', data: { guest: mia } });
    expect(again(fold(begun, ask('ada', mia)), takeOut('ada', mia))).toMatchObject({ data: { member: mia } });
    expect(again(fold(begun), departs(mia))).toBeNull();
    const shut = door('ada', { on: false });
    expect(again(fold(begun, door('ada')), shut)).toMatchObject({ type: 'chat.door', data: { on: false } });
    expect(again(fold(begun, door('ada')), door('ada'))).toBeNull();
  });

  it('lets in by its door as long as it is open', () => {
    const open = fold(begun, door('ada', { until: 50 }));
    const outcome = (state: ChatState, who: MemberId | null, now = 10, by = code): string => {
      const decision = mayEnter(state, by, who, now);
      return decision.ok ? 'allowed' : decision.error.code;
    };
    expect(outcome(open, null)).toBe('allowed');
    expect(outcome(open, mia, 50)).toBe('link-invalid');
    expect(outcome(open, mia, 10, 'x'.repeat(20))).toBe('link-invalid');
    expect(outcome(fold(begun, door('ada', { on: false })), mia)).toBe('link-invalid');
    expect(outcome(fold(begun, door('ada'), door('ada', { code: 'n'.repeat(20) })), mia)).toBe(
      'link-invalid',
    );
    expect(outcome(fold(begun, door('ada'), ['chat.dissolve', 'ada', {}]), mia)).toBe('link-invalid');
    expect(outcome(fold(begun, door('ada'), enters(mia), takeOut('ada', mia)), mia)).toBe('forbidden');
    expect(outcome(fold(begun, door('ada'), enters(mia), departs(mia)), mia)).toBe('allowed');
    expect(readDoor(doorAddress('g-1', code))).toEqual({ group: 'g-1', code });
    expect(readDoor(`g-1-${code}`)).toBeNull();
  });
});

describe('the group and the guest’s own conversation agree', () => {
  const group = { workspace: 'w', kind: 'chat', id: 'g', part: null } as never;
  const conversation = { workspace: 'w', kind: 'chat', id: 'customer-mia', part: null } as never;
  const chat = (of: string) => ({ kind: 'chat', id: of });
  const told = (state: ChatState, of: ChatState) => leadsGuests.lacks(state, group, of, chat('customer-mia'));
  const says = (state: ChatState, of: ChatState) => leadsGuests.lacks(state, conversation, of, chat('g'));
  const asked = fold(begun, ask('ada', mia));

  it('only those are looked at of whom something is said', () => {
    const of = ([type, by, data]: Line) => leadsGuests.followers(group, asked, { type, by: id(by), data });
    expect(of(ask('ada', mia))).toEqual([chat('customer-mia')]);
    expect(of(takeOut('ada', 'ben'))).toEqual([]);
    expect(of(['chat.send', 'ada', { text: 'x', guest: mia }])).toEqual([]);
  });
  it('the conversation says who was asked, and who is not any more', () => {
    const data = { group: 'g', is: 'invited', title: 'Tea', by: 'ada' };
    expect(told(asked, own())).toEqual([{ type: 'chat.place', data }]);
    expect(told(asked, own(placed('invited')))).toEqual([]);
    expect(told(fold(begun), own(placed('in')))).toMatchObject([{ data: { is: 'out' } }]);
  });
  it('the group has what the guest answered, and nothing that nobody asked', () => {
    const yes = own(placed('invited'), answers(true));
    expect(says(yes, asked)).toEqual([{ type: 'chat.enter', data: { guest: mia, name: 'Mia' } }]);
    expect(says(yes, fold(begun))).toEqual([]);
    const no = own(placed('invited'), answers(false));
    expect(says(no, asked)).toEqual([{ type: 'chat.depart', data: { guest: mia } }]);
  });
  it('a conversation that is over is in no group', () => {
    const over = own(placed('in'), ['chat.guest', 'ada', { name: '', ended: true }]);
    expect(says(over, fold(begun, enters(mia)))).toEqual([{ type: 'chat.depart', data: { guest: mia } }]);
  });
});
