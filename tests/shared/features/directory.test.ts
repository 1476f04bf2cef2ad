import { describe, expect, it } from 'vitest';
import type { DepartmentId, MemberId } from '../../../shared/base/ids.ts';
import { childrenByParent, pathUp } from '../../../shared/features/directory/tree.ts';
import { seededRandom, seedFromEnvironment } from '../random.ts';
import { department, fold, join, judge, place, state, type actors, type Line } from './directory-world.ts';

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
