import { describe, expect, it } from 'vitest';
import type { DepartmentId, MemberId } from '../../../shared/base/ids.ts';
import { department, fold, judge, state, type Line } from './directory-world.ts';

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
