import { describe, expect, it } from 'vitest';
import type { Actor, Role } from '../../../shared/access/actor.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, DepartmentId, MemberId } from '../../../shared/base/ids.ts';
import { decide } from '../../../shared/documents/decide.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { directoryKind } from '../../../shared/features/directory/kind.ts';
import type { DirectoryState } from '../../../shared/features/directory/schema.ts';
import { childrenByParent, pathUp } from '../../../shared/features/directory/tree.ts';
import { seededRandom, seedFromEnvironment } from '../random.ts';

type Line = readonly [type: string, by: string, data: unknown];

const entries = (lines: readonly Line[], from = 0): LogEntry[] =>
  lines.map(([type, by, data], i) => ({
    seq: from + i,
    id: `c${from + i}` as CommandId,
    type,
    by: by as MemberId,
    at: 100 + from + i,
    data,
  }));
const fold = (lines: readonly Line[], state: DirectoryState = directoryKind.initial): DirectoryState =>
  directoryKind.fold(state, entries(lines));

const join = (member: string, role: Role = 'member'): Line => [
  'member.join',
  'ada',
  { member, name: member, email: `${member}@x`, role },
];
const department = (id: string, parent: string | null = null): Line => [
  'department.create',
  'ada',
  { department: id, name: id, parent, order: 1 },
];
const place = (member: string, join: readonly string[], leave: readonly string[] = []): Line => [
  'member.place',
  'ada',
  { members: [member], join, leave },
];

/** Sales > North > Shop, Works; Ben keeps North, Eve is an administrator, Gus works in Shop, Kim in Works. */
const company: readonly Line[] = [
  ...[join('ada', 'owner'), join('eve', 'admin'), join('ben'), join('gus'), join('kim'), join('old')],
  ...[department('sales'), department('north', 'sales'), department('shop', 'north'), department('works')],
  ['department.admin', 'ada', { department: 'north', member: 'ben', admin: true }],
  ...[place('gus', ['shop']), place('kim', ['works']), place('ben', ['north'])],
  ['member.edit', 'ada', { member: 'gus', superior: 'ben' }],
  ['member.edit', 'ada', { member: 'ben', superior: 'eve' }],
  ['field.define', 'ada', { field: 'desk', name: 'Desk', type: 'text', options: [], edit: 'self', order: 1 }],
  ['field.define', 'ada', { field: 'since', name: 'S', type: 'date', options: [], edit: 'admin', order: 2 }],
  [
    'field.define',
    'ada',
    { field: 'size', name: 'X', type: 'choice', options: ['S'], edit: 'self', order: 3 },
  ],
  ['field.define', 'ada', { field: 'no', name: 'N', type: 'number', options: [], edit: 'self', order: 4 }],
  ['member.remove', 'ada', { member: 'old' }],
];
const state = fold(company);
const actors = { ada: 'owner', eve: 'admin', ben: 'member', gus: 'member', kim: 'member' } as const;

function judge(by: keyof typeof actors, type: string, data: unknown, now: DirectoryState = state): string {
  const room = findRoom('w/directory/main')!;
  const actor: Actor = { member: by as MemberId, role: actors[by], active: true };
  const decision = decide(
    actor,
    { do: 'command', type, data },
    {
      kind: room.kind,
      room: room.name,
      state: now,
      governing: now,
      isActiveMember: (member) => now.members[member]?.leftAt === null,
      entry: () => null,
    },
  );
  return decision.ok ? 'allowed' : decision.error.code;
}

const table: [what: string, by: keyof typeof actors, type: string, data: unknown, answer: string][] = [
  [
    'an administrator makes a department',
    'eve',
    'department.create',
    { department: 'x', name: 'X', parent: null, order: 1 },
    'allowed',
  ],
  [
    'a member makes none',
    'gus',
    'department.create',
    { department: 'x', name: 'X', parent: null, order: 1 },
    'forbidden',
  ],
  [
    'its administrator makes one below',
    'ben',
    'department.create',
    { department: 'x', name: 'X', parent: 'shop', order: 1 },
    'allowed',
  ],
  [
    'and none beside',
    'ben',
    'department.create',
    { department: 'x', name: 'X', parent: 'works', order: 1 },
    'forbidden',
  ],
  [
    'a department is made once',
    'ada',
    'department.create',
    { department: 'shop', name: 'X', parent: null, order: 1 },
    'already-exists',
  ],
  [
    'none is made under one that is gone',
    'ada',
    'department.create',
    { department: 'x', name: 'X', parent: 'gone', order: 1 },
    'department-not-found',
  ],
  [
    'none is named after what every object has',
    'ada',
    'department.create',
    { department: 'constructor', name: 'X', parent: null, order: 1 },
    'bad-request',
  ],
  ['its administrator renames it', 'ben', 'department.change', { department: 'north', name: 'N' }, 'allowed'],
  ['and not the one above', 'ben', 'department.change', { department: 'sales', name: 'N' }, 'forbidden'],
  [
    'nobody who left leads one',
    'ada',
    'department.change',
    { department: 'north', lead: 'old' },
    'member-not-found',
  ],
  [
    'a department moves',
    'eve',
    'department.move',
    { department: 'shop', parent: 'works', order: 1 },
    'allowed',
  ],
  [
    'and not under itself',
    'ada',
    'department.move',
    { department: 'sales', parent: 'shop', order: 1 },
    'would-circle',
  ],
  [
    'its administrator does not move it',
    'ben',
    'department.move',
    { department: 'north', parent: null, order: 1 },
    'forbidden',
  ],
  [
    'nor what is below out of it',
    'ben',
    'department.move',
    { department: 'shop', parent: 'works', order: 1 },
    'forbidden',
  ],
  [
    'one with people is not deleted',
    'ada',
    'department.delete',
    { department: 'works', moveUp: false },
    'department-not-empty',
  ],
  [
    'one with departments is not deleted',
    'ada',
    'department.delete',
    { department: 'sales', moveUp: false },
    'department-not-empty',
  ],
  ['it is when they move up', 'ada', 'department.delete', { department: 'works', moveUp: true }, 'allowed'],
  [
    'to delete what is gone is done',
    'ada',
    'department.delete',
    { department: 'gone', moveUp: false },
    'allowed',
  ],
  [
    'its administrator does not delete it',
    'ben',
    'department.delete',
    { department: 'north', moveUp: true },
    'forbidden',
  ],
  [
    'an administrator appoints one of a department',
    'eve',
    'department.admin',
    { department: 'works', member: 'kim', admin: true },
    'allowed',
  ],
  [
    'that one does not appoint others',
    'ben',
    'department.admin',
    { department: 'shop', member: 'gus', admin: true },
    'forbidden',
  ],
  ['a member places nobody', 'gus', 'member.place', { members: ['gus'], join: ['works'] }, 'forbidden'],
  [
    'an administrator of a department takes people in',
    'ben',
    'member.place',
    { members: ['kim'], join: ['shop'] },
    'allowed',
  ],
  [
    'and does not send them elsewhere',
    'ben',
    'member.place',
    { members: ['gus'], join: ['works'] },
    'forbidden',
  ],
  [
    'nor takes them out of others’',
    'ben',
    'member.place',
    { members: ['kim'], leave: ['works'] },
    'forbidden',
  ],
  [
    'nor makes theirs the main one of others’ people',
    'ben',
    'member.place',
    { members: ['kim'], main: 'shop' },
    'forbidden',
  ],
  [
    'nobody is placed where nothing is',
    'ada',
    'member.place',
    { members: ['kim'], join: ['gone'] },
    'department-not-found',
  ],
  [
    'who left is not placed',
    'ada',
    'member.place',
    { members: ['old'], join: ['works'] },
    'member-not-found',
  ],
  ['an administrator edits a card', 'eve', 'member.edit', { member: 'kim', post: 'P' }, 'allowed'],
  [
    'that of a department edits those of its people',
    'ben',
    'member.edit',
    { member: 'gus', post: 'P' },
    'allowed',
  ],
  ['and not others’', 'ben', 'member.edit', { member: 'kim', post: 'P' }, 'forbidden'],
  ['nor that of an owner', 'ben', 'member.edit', { member: 'ada', post: 'P' }, 'forbidden'],
  ['a member edits no card of others', 'gus', 'member.edit', { member: 'kim', post: 'P' }, 'forbidden'],
  [
    'nobody stands above themselves',
    'ada',
    'member.edit',
    { member: 'eve', superior: 'gus' },
    'would-circle',
  ],
  ['nobody is their own superior', 'ada', 'member.edit', { member: 'eve', superior: 'eve' }, 'would-circle'],
  ['who left is no superior', 'ada', 'member.edit', { member: 'eve', superior: 'old' }, 'member-not-found'],
  ['the address of an account stays', 'ada', 'member.edit', { member: 'kim', email: 'y@x' }, 'forbidden'],
  ['an administrator removes a member', 'eve', 'member.remove', { member: 'kim' }, 'allowed'],
  ['that of a department does not', 'ben', 'member.remove', { member: 'gus' }, 'forbidden'],
  ['that of a department gives no role', 'ben', 'member.role', { member: 'gus', role: 'admin' }, 'forbidden'],
  [
    'a person fills in what is theirs',
    'gus',
    'member.profile',
    { fields: { desk: '4', size: 'S', no: '-1.5' } },
    'allowed',
  ],
  [
    'and not what is for administrators',
    'gus',
    'member.profile',
    { fields: { since: '2024-01-01' } },
    'forbidden',
  ],
  [
    'a day that is none is refused',
    'ada',
    'member.edit',
    { member: 'gus', fields: { since: '2024-02-30' } },
    'bad-request',
  ],
  ['a choice is one of the options', 'gus', 'member.profile', { fields: { size: 'XXL' } }, 'bad-request'],
  ['a number is one', 'gus', 'member.profile', { fields: { no: '1e9' } }, 'bad-request'],
  [
    'a field that is not there takes nothing',
    'gus',
    'member.profile',
    { fields: { other: 'x' } },
    'not-found',
  ],
  [
    'a member defines no field',
    'ben',
    'field.define',
    { field: 'f', name: 'F', type: 'text', options: [], edit: 'self', order: 1 },
    'forbidden',
  ],
  [
    'a field keeps its type',
    'ada',
    'field.define',
    { field: 'desk', name: 'F', type: 'number', options: [], edit: 'self', order: 1 },
    'bad-request',
  ],
  [
    'a choice has options',
    'ada',
    'field.define',
    { field: 'f', name: 'F', type: 'choice', options: [], edit: 'self', order: 1 },
    'bad-request',
  ],
  [
    'a member imports nobody',
    'ben',
    'directory.import',
    { import: 'i', part: 0, departments: [], people: [] },
    'forbidden',
  ],
  [
    'nothing is applied that did not come',
    'ada',
    'directory.importApply',
    { import: 'i', parts: 1, people: 1 },
    'import-incomplete',
  ],
];

describe('who may do what in the directory', () => {
  it.each(table)('%s', (_what, by, type, data, answer) => {
    expect(judge(by, type, data)).toBe(answer);
  });
});

describe('the tree of departments', () => {
  it('ends in the first of two moves that would make a circle; the second is refused, and changes nothing', () => {
    const first: Line = ['department.move', 'ada', { department: 'works', parent: 'sales', order: 1 }];
    const second: Line = ['department.move', 'eve', { department: 'sales', parent: 'works', order: 1 }];
    const after = fold([first], state);
    expect(judge('eve', second[0], second[2])).toBe('allowed');
    expect(judge('eve', second[0], second[2], after)).toBe('would-circle');
    expect(fold([second], after)).toEqual(after);
  });

  it('moves people and departments up when one is deleted, in the order of each card', () => {
    const after = fold(
      [place('gus', ['works']), ['department.delete', 'ada', { department: 'shop', moveUp: true }]],
      state,
    );
    expect(after.members['gus' as MemberId]?.departments).toEqual(['north', 'works']);
    const top = fold([['department.delete', 'ada', { department: 'sales', moveUp: true }]], after);
    expect(top.departments?.['north' as DepartmentId]?.parent).toBeNull();
  });

  it('lets two people who place somebody at the same time both have their way', () => {
    const after = fold([place('kim', ['north']), place('kim', ['sales'], ['works'])], state);
    expect(after.members['kim' as MemberId]?.departments).toEqual(['north', 'sales']);
  });

  it('forgets who kept a department when they leave, and does not give it back with them', () => {
    const gone = fold([['member.remove', 'ada', { member: 'ben' }]], state);
    expect(gone.departments?.['north' as DepartmentId]?.admins).toEqual([]);
    const back = fold([join('ben')], gone);
    expect(back.departments?.['north' as DepartmentId]?.admins).toEqual([]);
    expect(back.members['ben' as MemberId]).toMatchObject({ leftAt: null, departments: ['north'] });
  });

  it('never has a circle, whatever entries come in whatever order', () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const pick = (): string => ids[random(ids.length)]!;
    let now = fold([join('ada', 'owner'), ...ids.map((id) => department(id)), ...ids.map((id) => join(id))]);
    for (let i = 0; i < 500; i++) {
      const lines: Line[] = [
        ['department.move', 'ada', { department: pick(), parent: pick(), order: i }],
        ['department.delete', 'ada', { department: pick(), moveUp: true }],
        department(pick(), pick()),
        ['member.edit', 'ada', { member: pick(), superior: pick() }],
      ];
      now = fold([lines[random(lines.length)]!], now);
      for (const id of Object.keys(now.departments ?? {}) as DepartmentId[])
        expect([...pathUp(now, id)].at(-1)?.parent, `seed ${seed}, step ${i}`).toBeNull();
      for (const { id } of Object.values(now.members)) {
        let above = now.members[id]?.superior ?? null;
        for (let steps = 0; above !== null; steps++) {
          expect(above, `seed ${seed}, step ${i}`).not.toBe(id);
          expect(steps).toBeLessThan(10);
          above = now.members[above]?.superior ?? null;
        }
      }
    }
  });

  it('is as deep as people like', () => {
    const deep = fold([
      department('d0'),
      ...Array.from({ length: 3_000 }, (_, i) => department(`d${i + 1}`, `d${i}`)),
    ]);
    expect([...pathUp(deep, 'd3000' as DepartmentId)]).toHaveLength(3_001);
    expect(childrenByParent(deep).get(null)).toHaveLength(1);
  });
});

describe('an import', () => {
  const person = (id: string, more: object = {}) => ({ id, name: `N${id}`, email: `${id}@x`, ...more });
  const part = (n: number, people: readonly object[], departments: readonly object[] = []): Line => [
    'directory.import',
    'ada',
    { import: 'i1', part: n, departments, people },
  ];
  const apply = (parts: number, people: number): Line => [
    'directory.importApply',
    'ada',
    { import: 'i1', parts, people },
  ];
  const lab = { department: 'lab', name: 'Lab', parent: null, order: 9 };
  const both = [
    part(0, [person('n1', { superior: 'n2', departments: ['lab'] })], [lab]),
    part(1, [person('n2'), person('kim', { post: 'Cook', email: undefined })]),
  ];

  it('shows nothing of its parts, and then all of it at once', () => {
    const staged = fold(both, state);
    expect(staged.members).toEqual(state.members);
    expect(staged.departments).toEqual(state.departments);
    const after = fold([apply(2, 3)], staged);
    expect(after.members).toMatchObject({
      n1: { joinedAt: null, role: 'member', superior: 'n2', departments: ['lab'] },
      n2: { joinedAt: null, leftAt: null },
      kim: { name: 'Nkim', post: 'Cook', email: 'kim@x', departments: ['works'] },
    });
    expect(after.staged).toEqual({});
  });

  it.each<[string, readonly Line[], Line, string]>([
    ['when a part is missing', both.slice(0, 1), apply(2, 3), 'import-incomplete'],
    ['when somebody is missing', both, apply(2, 4), 'import-incomplete'],
    ['when an address is taken', [part(0, [person('n1', { email: 'KIM@x' })])], apply(1, 1), 'email-taken'],
    [
      'when an address is in it twice',
      [part(0, [person('n1'), person('n2', { email: 'N1@x' })])],
      apply(1, 2),
      'email-taken',
    ],
    ['when somebody is in it twice', [part(0, [person('n1'), person('n1')])], apply(1, 2), 'bad-request'],
    ['when somebody has left meanwhile', [part(0, [person('old')])], apply(1, 1), 'member-not-found'],
    [
      'when a superior is not there',
      [part(0, [person('n1', { superior: 'zed' })])],
      apply(1, 1),
      'member-not-found',
    ],
    [
      'when a value does not fit',
      [part(0, [person('n1', { fields: { since: 'soon' } })])],
      apply(1, 1),
      'bad-request',
    ],
  ])('takes nothing %s', (_when, parts, last, answer) => {
    const staged = fold(parts, state);
    expect(judge('ada', last[0], last[2], staged)).toBe(answer);
  });

  it('of somebody else is not mine to apply, and a new one takes the place of one that was left', () => {
    const staged = fold(both, state);
    expect(judge('eve', 'directory.importApply', { import: 'i1', parts: 2, people: 3 }, staged)).toBe(
      'import-incomplete',
    );
    const anew = fold(
      [['directory.import', 'ada', { import: 'i2', part: 0, departments: [], people: [] }]],
      staged,
    );
    expect(judge('ada', apply(2, 3)[0], apply(2, 3)[2], anew)).toBe('import-incomplete');
  });

  it('does not put a department under one that is not there, or somebody above themselves', () => {
    const after = fold(
      [part(0, [person('n1', { superior: 'n1' })], [{ ...lab, parent: 'gone' }]), apply(1, 1)],
      state,
    );
    expect(after.departments?.['lab' as DepartmentId]?.parent).toBeNull();
    expect(after.members['n1' as MemberId]?.superior ?? null).toBeNull();
  });

  it('of 10,000 people: a change copies the tables it changes and shares everything else', () => {
    const people = Array.from({ length: 10_000 }, (_, i) => person(`p${i}`));
    const parts = Array.from({ length: 20 }, (_, i) => part(i, people.slice(i * 500, (i + 1) * 500)));
    const before = fold([...parts, apply(20, 10_000)], state);
    expect(Object.keys(before.members)).toHaveLength(10_006);
    const after = fold([['member.profile', 'p77', { post: 'Cook' }]], before);
    const changed = Object.keys(after.members).filter(
      (id) => after.members[id as MemberId] !== before.members[id as MemberId],
    );
    expect(changed).toEqual(['p77']);
    expect(after.departments).toBe(before.departments);
    const tree = fold([department('more')], before);
    expect(tree.members).toBe(before.members);
    // A thousand changes at once copy the table once: each would be 10,000 lines.
    let copies = 0;
    const watched = new Proxy(before.members, {
      ownKeys(target) {
        copies++;
        return Reflect.ownKeys(target);
      },
    });
    const many = Array.from({ length: 1_000 }, (_, i): Line => ['member.profile', `p${i}`, { post: 'B' }]);
    fold(many, { ...before, members: watched });
    expect(copies).toBe(1);
  });
});
