import { describe, expect, test } from 'vitest';
import type { Actor, Role } from '../../../shared/access/actor.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import { guestOf } from '../../../shared/base/guests.ts';
import type { CommandId, CustomerId, MemberId } from '../../../shared/base/ids.ts';
import { judgeCommand, type Resource } from '../../../shared/documents/decide.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import { customerKind, seenOf, staffOf, valueOf } from '../../../shared/features/customers/customer.ts';
import { settingsKind } from '../../../shared/features/customers/settings.ts';
import { stagesOf, type SettingsState } from '../../../shared/features/customers/settings-schema.ts';
import { chooseOwner, openLink } from '../../../server/auth/guest-links.ts';
import { isOfficeTime } from '../../../shared/features/customers/hours.ts';

type Line = readonly [type: string, by: string, data: unknown];
const guest = guestOf('c1' as CustomerId);
const entryOf = ([type, by, data]: Line, seq: number): LogEntry => ({
  seq,
  id: `c${seq}` as CommandId,
  type,
  by: by as MemberId,
  at: 100 + seq,
  data,
});
const person = (name: string, role: Role = 'member'): Actor => ({
  member: name as MemberId,
  role,
  active: true,
});
const resource = (
  room: string,
  state: unknown,
  entries: readonly LogEntry[] = [],
  gone: string[] = [],
): Resource => ({
  room: findRoom(room)!.name,
  kind: findRoom(room)!.kind,
  state,
  governing: state,
  at: 1,
  stateOf: () => null,
  isActiveMember: (member) => !gone.includes(member) && member !== guest,
  entry: ({ id }) => entries.find((each) => each.id === id) ?? null,
});

/** Ada's customer, with Ben's help. */
const begun: Line = [
  'customer.begin',
  guest,
  { link: null, guest, owner: 'ada', name: 'Mia', tags: ['vip'], language: 'zh', consentAt: 5 },
];
const help = (add: string[], remove: string[] = [], by = 'ada'): Line => [
  'customer.help',
  by,
  { add, remove },
];
const set = (by: string, field: string, value: string, seen: number): Line => [
  'customer.set',
  by,
  { field, value, seen },
];
const file = (...lines: Line[]): CustomerState =>
  customerKind.fold(customerKind.initial, [begun, ...lines].map(entryOf));

describe('the file of a customer', () => {
  test('begins once, with who answers and what the link says', () => {
    const state = file(['customer.begin', guest, { ...(begun[2] as object), owner: 'eve' }]);
    expect(state).toMatchObject({ owner: 'ada', name: 'Mia', tags: ['vip'], language: 'zh', guest });
    expect(staffOf(state)).toEqual(['ada']);
  });

  test.each<[string, Line[], string, string[] | null]>([
    ['one after the other', [set('ada', 'phone', '1', -1), set('ben', 'phone', '2', 1)], '2', null],
    [
      'without knowing of each other',
      [set('ada', 'phone', '1', -1), set('ben', 'phone', '2', -1)],
      '2',
      ['2', '1'],
    ],
    ['the same without knowing', [set('ada', 'phone', '1', -1), set('ben', 'phone', '1', -1)], '1', null],
    ['twice by one person, offline', [set('ada', 'phone', '1', -1), set('ada', 'phone', '2', -1)], '2', null],
    [
      'three, then settled',
      [
        set('ada', 'phone', '1', -1),
        set('ben', 'phone', '2', -1),
        set('eve', 'phone', '3', -1),
        ['customer.settle', 'ada', { field: 'phone', value: '1' }],
      ],
      '1',
      null,
    ],
    [
      'a field of the company’s own',
      [set('ada', 'size', 'L', -1), set('ben', 'size', 'M', -1)],
      'M',
      ['M', 'L'],
    ],
    [
      'what the guest says does not take the place of what the company wrote',
      [set('ada', 'phone', '1', -1), ['customer.introduce', guest, { phone: '9' }]],
      '1',
      ['1', '9'],
    ],
    [
      'the guest alone',
      [
        ['customer.introduce', guest, { phone: '8' }],
        ['customer.introduce', guest, { phone: '9' }],
      ],
      '9',
      null,
    ],
  ])('keeps of a field both values where they met: %s', (_title, lines, value, conflict) => {
    const state = file(...lines);
    const field = lines.some(([, , data]) => (data as { field?: string }).field === 'size')
      ? 'size'
      : 'phone';
    expect(valueOf(state, field)).toBe(value);
    expect(state.conflicts[field]?.map((each) => each.value) ?? null).toEqual(conflict);
    expect(seenOf(state, field)).toBeGreaterThan(0);
  });

  test('says who is in it, its tags, notes and what is planned', () => {
    const target = { seq: 3, id: 'c3' };
    const state = file(
      help(['ben', 'eve']),
      ['customer.tag', 'ben', { add: ['a', 'b'], remove: ['vip'] }],
      ['customer.followUp', 'ben', { text: 'Called', how: 'call', next: 900 }],
      ['customer.followUp', 'ben', { text: 'Wrote', how: 'chat', next: null }],
      ['customer.note', 'eve', { text: 'x'.repeat(1_000) }],
      ['customer.assign', 'ada', { owner: 'eve' }],
    );
    expect(state).toMatchObject({ owner: 'eve', helpers: ['ben'], tags: ['a', 'b'], followUps: 2 });
    expect(state.next).toEqual({ seq: 3, id: 'c3', by: 'ben', at: 900, text: 'Called' });
    expect(state.lastNote?.text).toHaveLength(160);
    const done = customerKind.fold(state, [entryOf(['customer.done', 'eve', { target }], 7)]);
    expect(done.next).toBeNull();
    const ended = customerKind.fold(done, [entryOf(['customer.end', 'eve', {}], 8)]);
    const again = customerKind.fold(ended, [entryOf(['customer.reopen', 'eve', {}], 9)]);
    expect([ended.ended, again.ended, again.sessionsFrom]).toEqual([{ by: 'eve', at: 108 }, null, 108]);
  });

  const helped = file(help(['ben']));
  const byGuest = file(['customer.end', guest, {}]);
  const note = entryOf(['customer.note', 'ben', { text: 'x' }], 5);
  const at = { target: { seq: 5, id: 'c5' } };
  test.each<[string, CustomerState, Actor, string, unknown, string, string[]?]>([
    ['the owner hands on', helped, person('ada'), 'customer.assign', { owner: 'eve' }, 'ok'],
    [
      'to nobody who is not there',
      helped,
      person('ada'),
      'customer.assign',
      { owner: 'zoe' },
      'member-not-found',
      ['zoe'],
    ],
    ['to no guest', helped, person('ada'), 'customer.assign', { owner: guest }, 'member-not-found'],
    ['a helper does not', helped, person('ben'), 'customer.assign', { owner: 'ben' }, 'forbidden'],
    [
      'a helper who is an administrator does',
      helped,
      person('ben', 'admin'),
      'customer.assign',
      { owner: 'ben' },
      'ok',
    ],
    [
      'a helper does when the owner has left',
      helped,
      person('ben'),
      'customer.assign',
      { owner: 'ben' },
      'ok',
      ['ada'],
    ],
    [
      'an administrator who is not in it reads nothing',
      helped,
      person('eve', 'owner'),
      'customer.note',
      { text: 'x' },
      'forbidden',
    ],
    ['a helper goes', helped, person('ben'), 'customer.help', { add: [], remove: ['ben'] }, 'ok'],
    [
      'a helper takes nobody in',
      helped,
      person('ben'),
      'customer.help',
      { add: ['eve'], remove: [] },
      'forbidden',
    ],
    [
      'a helper fills in',
      helped,
      person('ben'),
      'customer.set',
      { field: 'remark', value: 'x', seen: -1 },
      'ok',
    ],
    ['its author edits a note', helped, person('ben'), 'customer.editNote', { ...at, text: 'y' }, 'ok'],
    ['nobody else drops it', helped, person('ada'), 'customer.dropNote', at, 'forbidden'],
    ['the owner ends', helped, person('ada'), 'customer.end', {}, 'ok'],
    ['what the guest ended stays so', byGuest, person('ada'), 'customer.reopen', {}, 'forbidden'],
    [
      'the guest sends nothing',
      helped,
      { ...person(guest), isGuest: true },
      'customer.note',
      { text: 'x' },
      'forbidden',
    ],
    [
      'nobody says the relay’s word',
      helped,
      person('ada'),
      'customer.introduce',
      { name: 'x' },
      'bad-request',
    ],
  ])('%s', (_title, state, actor, type, data, result, gone) => {
    const judged = judgeCommand(actor, type, data, resource('w/customer/c1', state, [note], gone));
    expect(judged.ok ? 'ok' : judged.error.code).toBe(result);
  });
});

const link = {
  ...{ id: 'l', code: 'a'.repeat(16), name: 'L', on: true, until: null, to: { member: 'ada' } },
  ...{ source: '', tags: [], welcome: '', hours: null, away: '' },
};
const settings = (...lines: Line[]): SettingsState =>
  settingsKind.fold(settingsKind.initial, lines.map(entryOf));

describe('what the company sets', () => {
  test('is a line for each thing, said as a whole, and stages from the beginning', () => {
    expect(stagesOf(settings()).map(({ id }) => id)).toEqual(['new', 'talk', 'won', 'lost']);
    const group = { id: 'g', name: 'Size', place: 1, tags: [{ id: 't', name: 'Large' }] };
    const state = settings(
      ['customers.tagGroup', 'ada', group],
      ['customers.tagGroup', 'ada', { ...group, tags: [] }],
      ['customers.link', 'ada', link],
      ['customers.begun', guest, { link: 'l', owner: 'ada' }],
      ['customers.link', 'ben', { ...link, on: false }],
      ['customers.texts', 'ada', { privacy: 'P' }],
      ['customers.texts', 'ada', { ended: 'E' }],
    );
    expect(state.tagGroups['g']?.tags).toEqual([]);
    expect(state.links['l']).toMatchObject({ on: false, by: 'ada', begun: 1, turns: { ada: 1 } });
    expect(state.texts).toEqual({ privacy: 'P', privacyLink: '', ended: 'E' });
    expect(
      settings(['customers.link', 'ada', link], ['customers.dropLink', 'ada', { id: 'l' }]).links,
    ).toEqual({});
  });

  const made = settings(['customers.link', 'ada', link]);
  const team = { team: ['ada', 'ben'], rule: 'turns', fallback: null };
  test.each<[string, Actor, string, unknown, string]>([
    ['an administrator', person('eve', 'admin'), 'customers.link', { ...link, to: team }, 'ok'],
    [
      'a member for themselves',
      person('ben'),
      'customers.link',
      { ...link, id: 'm', code: 'b'.repeat(16), to: { member: 'ben' } },
      'ok',
    ],
    [
      'a member for another',
      person('ben'),
      'customers.link',
      { ...link, id: 'm', code: 'b'.repeat(16) },
      'forbidden',
    ],
    ['a member for a team', person('ada'), 'customers.link', { ...link, to: team }, 'forbidden'],
    [
      'a member takes another’s',
      person('ben'),
      'customers.link',
      { ...link, to: { member: 'ben' } },
      'forbidden',
    ],
    ['a member drops another’s', person('ben'), 'customers.dropLink', { id: 'l' }, 'forbidden'],
    [
      'a code that is another’s',
      person('eve', 'admin'),
      'customers.link',
      { ...link, id: 'm' },
      'already-exists',
    ],
    ['another code', person('ada'), 'customers.link', { ...link, code: 'b'.repeat(16) }, 'bad-request'],
    [
      'to a guest',
      person('eve', 'admin'),
      'customers.link',
      { ...link, to: { member: guest } },
      'member-not-found',
    ],
    ['a member sets texts', person('ada'), 'customers.texts', { privacy: 'x' }, 'forbidden'],
    [
      'an address that runs',
      person('eve', 'admin'),
      'customers.texts',
      { privacyLink: 'javascript:alert(1)' },
      'bad-request',
    ],
    [
      'a choice without choices',
      person('eve', 'admin'),
      'customers.field',
      { id: 'f', name: 'F', type: 'choice', place: 1 },
      'bad-request',
    ],
    [
      'a tag like a method',
      person('eve', 'admin'),
      'customers.dropTagGroup',
      { id: 'constructor' },
      'bad-request',
    ],
  ])('%s', (_title, actor, type, data, result) => {
    const judged = judgeCommand(actor, type, data, resource('w/customers/main', made));
    expect(judged.ok ? 'ok' : judged.error.code).toBe(result);
  });
});

describe('who answers', () => {
  const of = (more: object) => settings(['customers.link', 'ada', { ...link, ...more }]).links['l']!;
  const choose = (more: object, gone: string[] = [], load: Record<string, number> = {}, at = 0) =>
    chooseOwner(of(more), {
      isActive: (member) => !gone.includes(member),
      loadOf: (member) => load[member] ?? 0,
      at,
    });
  const team = (rule: string, fallback: string | null = null) => ({
    to: { team: ['ada', 'ben'], rule, fallback },
  });

  test.each<[string, string | null, string | null]>([
    ['one person', choose({}), 'ada'],
    ['one person who left', choose({}, ['ada']), null],
    ['the first of a team', choose(team('turns')), 'ada'],
    ['the one with fewest customers', choose(team('load'), [], { ada: 2, ben: 1 }), 'ben'],
    ['who is left of a team', choose(team('turns'), ['ada']), 'ben'],
    ['who stands in for a team', choose(team('turns', 'eve'), ['ada', 'ben']), 'eve'],
    ['nobody', choose(team('turns', 'eve'), ['ada', 'ben', 'eve']), null],
  ])('%s', (_title, chosen, expected) => expect(chosen).toBe(expected));

  // 2026-01-05 is a Monday.
  const at = (day: number, hour: number): number => Date.UTC(2026, 0, 4 + day, hour);
  test.each<[string, object, number, boolean]>([
    ['within', { from: '09:00', to: '18:00', days: [1], offset: 0 }, at(1, 9), true],
    ['at the end', { from: '09:00', to: '18:00', days: [1], offset: 0 }, at(1, 18), false],
    ['another day', { from: '09:00', to: '18:00', days: [1], offset: 0 }, at(2, 9), false],
    ['east of here', { from: '09:00', to: '18:00', days: [1], offset: 480 }, at(1, 1), true],
    ['still Sunday there', { from: '09:00', to: '18:00', days: [1], offset: -600 }, at(1, 9), false],
    ['over midnight', { from: '22:00', to: '06:00', days: [1], offset: 0 }, at(2, 5), true],
    ['before it began', { from: '22:00', to: '06:00', days: [1], offset: 0 }, at(1, 5), false],
  ])('in office hours: %s', (_title, hours, moment, is) =>
    expect(isOfficeTime(hours as Parameters<typeof isOfficeTime>[0], moment)).toBe(is),
  );

  test('by a link that is on and not over', () => {
    const codeOf = (more: object, now: number) =>
      openLink(settings(['customers.link', 'ada', { ...link, ...more }]), link.code, now);
    expect(
      [codeOf({}, 5), codeOf({ on: false }, 5), codeOf({ until: 5 }, 5), codeOf({ until: 6 }, 5)].map(
        (each) => each !== null,
      ),
    ).toEqual([true, false, false, true]);
  });
});
