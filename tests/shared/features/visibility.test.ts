import { describe, expect, it } from 'vitest';
import type { DepartmentId, MemberId } from '../../../shared/base/ids.ts';
import { directoryKind } from '../../../shared/features/directory/kind.ts';
import type { DirectoryState } from '../../../shared/features/directory/schema.ts';
import { mayDiffer, maySee } from '../../../shared/features/directory/visibility.ts';
import { seededRandom, seedFromEnvironment } from '../random.ts';
import { department, fold, join, judge, place, state, type actors, type Line } from './directory-world.ts';

const partly = directoryKind.partly!;
const hide = (id: string, members: string[] = [], departments: string[] = []): Line => [
  'department.show',
  'ada',
  { department: id, shownTo: { departments, members } },
];
const seenBy = (now: DirectoryState, member: string): DirectoryState =>
  partly.shown(now, partly.keyOf(now, member as MemberId));
const departmentsFor = (now: DirectoryState, member: string): string[] =>
  Object.keys(seenBy(now, member).departments ?? {}).sort();
const peopleFor = (now: DirectoryState, member: string): string[] =>
  Object.keys(seenBy(now, member).members).sort();

/** Sales > North > Shop, Works; Ben keeps North, Eve is an administrator, Gus works in Shop, Kim in Works. */
const all = ['north', 'sales', 'shop', 'works'];
const people = ['ada', 'ben', 'eve', 'gus', 'kim', 'old'];
const table: [what: string, lines: readonly Line[], who: string, departments: string[], people: string[]][] =
  [
    ['nothing is hidden', [], 'kim', all, people],
    [
      'others see neither it, nor what is below, nor its people',
      [hide('north')],
      'kim',
      ['sales', 'works'],
      ['ada', 'eve', 'kim', 'old'],
    ],
    ['its own people see it', [hide('north')], 'ben', all, people],
    ['so do those below', [hide('north')], 'gus', all, people],
    ['so do administrators', [hide('north')], 'eve', all, people],
    [
      'who is in what is above does not',
      [place('kim', ['sales'], ['works']), hide('north')],
      'kim',
      ['sales', 'works'],
      ['ada', 'eve', 'kim', 'old'],
    ],
    ['who is chosen does', [hide('north', ['kim'])], 'kim', all, people],
    ['so do the people of a chosen department', [hide('north', [], ['works'])], 'kim', all, people],
    ['also below it', [hide('works', [], ['sales'])], 'gus', all, people],
    ['who keeps what is above does', [hide('shop'), place('ben', [], ['north'])], 'ben', all, people],
    [
      'one that is hidden in a hidden one is hidden from its people',
      [hide('north'), hide('shop')],
      'kim',
      ['sales', 'works'],
      ['ada', 'eve', 'kim', 'old'],
    ],
    [
      'who is elsewhere too is seen there',
      [place('gus', ['works']), hide('north')],
      'kim',
      ['sales', 'works'],
      ['ada', 'eve', 'gus', 'kim', 'old'],
    ],
    [
      'who leaves it is seen',
      [hide('north'), place('gus', [], ['shop'])],
      'kim',
      ['sales', 'works'],
      ['ada', 'eve', 'gus', 'kim', 'old'],
    ],
    [
      'who leaves it sees it no more',
      [hide('north'), place('gus', ['works'], ['shop'])],
      'gus',
      ['sales', 'works'],
      ['ada', 'eve', 'gus', 'kim', 'old'],
    ],
    [
      'moved under a hidden one, it is hidden',
      [
        hide('north'),
        ['department.move', 'ada', { department: 'works', parent: 'north', order: 1 }],
        place('kim', ['sales'], ['works']),
      ],
      'kim',
      ['sales'],
      ['ada', 'eve', 'kim', 'old'],
    ],
    [
      'shown again',
      [hide('north'), ['department.show', 'ada', { department: 'north', shownTo: null }]],
      'kim',
      all,
      people,
    ],
    [
      'who left it is still hidden',
      [hide('north'), ['member.remove', 'ada', { member: 'gus' }]],
      'kim',
      ['sales', 'works'],
      ['ada', 'eve', 'kim', 'old'],
    ],
  ];

describe('a hidden department', () => {
  it.each(table)('%s', (_what, lines, who, departments, visible) => {
    const now = fold(lines, state);
    expect(departmentsFor(now, who)).toEqual(departments);
    expect(peopleFor(now, who)).toEqual(visible);
  });

  it('leaves no trace of it in what others are given', () => {
    const lines: Line[] = [
      hide('north', ['kim'], ['works']),
      ['member.edit', 'ada', { member: 'kim', superior: 'gus' }],
      ['department.change', 'ada', { department: 'works', lead: 'gus' }],
      ['department.admin', 'ada', { department: 'works', member: 'ben', admin: true }],
      ...[join('liu'), department('lab'), place('liu', ['lab', 'north'])],
      [
        'directory.import',
        'ada',
        { import: 'i', part: 0, departments: [], people: [{ id: 'new', name: 'New' }] },
      ],
      ['department.show', 'ada', { department: 'north', shownTo: { departments: [], members: ['old'] } }],
    ];
    const told = JSON.stringify(seenBy(fold(lines, state), 'kim'));
    for (const word of ['north', 'shop', 'gus', 'ben@x', '"new"']) expect(told).not.toContain(word);
    expect(told).toContain('"liu"');
  });

  it('keeps entries from everybody but administrators, also when it is shown again', () => {
    const now = fold(
      [hide('north'), ['department.show', 'ada', { department: 'north', shownTo: null }]],
      state,
    );
    expect([partly.keyOf(now, 'ada' as MemberId), partly.keyOf(now, 'eve' as MemberId)]).toEqual(['', '']);
    expect(partly.keyOf(now, 'gus' as MemberId)).not.toBe('');
  });
});

describe('who may hide', () => {
  const show = { department: 'shop', shownTo: { departments: [], members: [] } };
  const rules: [string, keyof typeof actors, string, unknown, string][] = [
    ['an administrator', 'eve', 'department.show', show, 'allowed'],
    ['not who keeps it', 'ben', 'department.show', show, 'forbidden'],
    ['a member', 'gus', 'department.show', show, 'forbidden'],
    ['one that is there', 'ada', 'department.show', { ...show, department: 'gone' }, 'department-not-found'],
    [
      'from others than',
      'ada',
      'department.show',
      { ...show, shownTo: { departments: ['gone'], members: [] } },
      'department-not-found',
    ],
    [
      'nobody who left',
      'ada',
      'department.show',
      { ...show, shownTo: { departments: [], members: ['old'] } },
      'member-not-found',
    ],
  ];
  it.each(rules)('%s: %s', (_what, by, type, data, answer) => expect(judge(by, type, data)).toBe(answer));

  it('nobody draws people out of where they are hidden', () => {
    const now = fold([hide('works')], state);
    expect(maySee(now, 'ben' as MemberId, 'kim' as MemberId)).toBe(false);
    for (const [type, data] of [
      ['member.place', { members: ['kim'], join: ['north'] }],
      ['department.change', { department: 'north', lead: 'kim' }],
      ['member.edit', { member: 'gus', superior: 'kim' }],
    ] as const) {
      expect([type, judge('ben', type, data, now)]).toEqual([type, 'member-not-found']);
      expect([type, judge('eve', type, data, now)]).toEqual([type, 'allowed']);
    }
  });
});

it('is not there for others who name it by its id', () => {
  const now = fold([hide('works')], state);
  for (const [type, data] of [
    ['department.change', { department: 'works', name: 'Mine' }],
    ['department.create', { department: 'new', name: 'New', parent: 'works', order: 1 }],
    ['department.move', { department: 'shop', parent: 'works', order: 1 }],
    ['department.move', { department: 'works', parent: 'north', order: 1 }],
    ['member.place', { members: ['gus'], join: ['works'] }],
    ['department.delete', { department: 'works', moveUp: true }],
  ] as const) {
    const ofNone = JSON.parse(JSON.stringify(data).replace('works', 'none')) as unknown;
    expect([type, judge('ben', type, data, now)]).toEqual([type, judge('ben', type, ofNone, now)]);
    expect([type, judge('eve', type, data, now)]).toEqual([type, 'allowed']);
  }
});

it('a department’s administrator is answered as their device answers, where somebody’s main department is hidden', () => {
  const lines: Line[] = [
    ['department.admin', 'ada', { department: 'sales', member: 'ben', admin: true }],
    ['member.place', 'ada', { members: ['gus'], join: ['sales'], main: 'works' }],
    hide('works'),
  ];
  const now = fold(lines, state);
  for (const [type, data] of [
    ['member.edit', { member: 'gus', post: 'Fitter' }],
    ['member.place', { members: ['gus'], main: 'sales' }],
    ['member.place', { members: ['gus'], leave: ['shop'] }],
    ['member.edit', { member: 'kim', post: 'Fitter' }],
    ['member.role', { member: 'kim', role: 'member' }],
    ['member.remove', { member: 'kim' }],
  ] as const) {
    const onDevice = judge('ben', type, data, seenBy(now, 'ben'));
    expect([type, data, judge('ben', type, data, now)]).toEqual([type, data, onDevice]);
  }
  expect(judge('ben', 'member.edit', { member: 'gus', post: 'Fitter' }, now)).toBe('allowed');
  // What they are not shown stays as it is.
  const after = fold([['member.place', 'ben', { members: ['gus'], main: 'sales' }]], now);
  expect(after.members['gus' as MemberId]!.departments).toEqual(['sales', 'works', 'shop']);
  expect(maySee(after, 'ben' as MemberId, 'kim' as MemberId)).toBe(false);
});

it('what one person writes in their card is found without looking at everybody for each view', () => {
  const before = fold([hide('north')], state);
  const seen = seenBy(before, 'kim');
  const after = fold([['member.profile', 'kim', { about: 'here' }]], before);
  expect(partly.between(seen, seenBy(after, 'kim'))).toEqual({
    members: { set: [after.members['kim' as MemberId]], gone: [] },
  });
  expect(mayDiffer(seen, seenBy(after, 'kim'))?.map(({ id }) => id)).toEqual(['kim']);
  // What is the same for them is the same object.
  const waiting = fold(
    [['directory.import', 'ada', { import: 'i', part: 0, departments: [], people: [] }]],
    after,
  );
  expect(seenBy(waiting, 'kim').members).toBe(seenBy(after, 'kim').members);
  expect(partly.between(seenBy(after, 'kim'), seenBy(waiting, 'kim'))).toBeNull();
});

it('of two states between which departments were hidden only those are compared whom that concerns', () => {
  const many = Array.from({ length: 50 }, (_, i) => `m${i}`);
  const before = fold(
    [
      hide('works'),
      ...many.flatMap((id) => [join(id), place(id, ['sales'])]),
      ['member.edit', 'ada', { member: 'm7', superior: 'gus' }],
    ],
    state,
  );
  const after = fold([hide('north')], before);
  const concerned = (who: string) =>
    mayDiffer(seenBy(before, who), seenBy(after, who))
      ?.map(({ id }) => id)
      .sort();
  // Who is in it or below, and who reports to them.
  expect(concerned('m1')).toEqual(['ben', 'gus', 'm7']);
  // Whoever sees it as before.
  expect(concerned('ben')).toEqual([]);
  // An administrator who is none any more.
  const dismissed = fold([['member.role', 'ada', { member: 'eve', role: 'member' }]], after);
  expect(
    mayDiffer(seenBy(after, 'eve'), seenBy(dismissed, 'eve'))
      ?.map(({ id }) => id)
      .sort(),
  ).toEqual([...['ben', 'eve', 'gus', 'kim', 'm7']]);
});

it('a restored relay hides again what was hidden, also before it knows of it', () => {
  const now = fold([hide('north')], state);
  const entry = { seq: 0, id: 'x', by: 'ada', at: 1 } as never as { seq: 0 };
  const again = (type: string, data: unknown, at: DirectoryState): unknown =>
    directoryKind.revoking[type]!({ ...entry, type, data } as never, at);
  const hidden = { department: 'north', shownTo: { departments: [], members: [] } };
  expect(again('department.show', hidden, state)).toEqual({ type: 'department.show', data: hidden });
  expect(again('department.show', hidden, now)).toBeNull();
  const early = fold([hide('lab'), department('lab'), place('gus', ['lab'], ['shop'])], state);
  expect([departmentsFor(early, 'kim'), departmentsFor(early, 'gus')]).toEqual([all, ['lab', ...all]]);
  expect(JSON.stringify(seenBy(fold([hide('lab')], state), 'kim'))).not.toContain('lab');
});

it('whoever follows what changes for them has what they may see, and nothing else', () => {
  const seed = seedFromEnvironment();
  const random = seededRandom(seed);
  const some = <T>(all: readonly T[]): T => all[random(all.length)]!;
  const departments = ['sales', 'north', 'shop', 'works'];
  const members = ['ada', 'ben', 'eve', 'gus', 'kim'];
  const one = (): Line =>
    some<() => Line>([
      () => hide(some(departments), [some(members)], [some(departments)]),
      () => hide(some(departments)),
      () => ['department.show', 'ada', { department: some(departments), shownTo: null }],
      () => place(some(members), [some(departments)], [some(departments)]),
      () => [
        'department.move',
        'ada',
        { department: some(departments), parent: some([...departments, null]), order: random(100) },
      ],
      () => ['member.role', 'ada', { member: some(members), role: some(['admin', 'member']) }],
      () => [
        'department.admin',
        'ada',
        { department: some(departments), member: some(members), admin: random(2) === 0 },
      ],
      () => [
        'member.edit',
        'ada',
        { member: some(members), superior: some(members), post: String(random(1_000)) },
      ],
      () => [
        'department.change',
        'ada',
        { department: some(departments), name: String(random(1_000)), lead: some(members) },
      ],
      () => ['member.profile', some(members), { about: String(random(1_000)) }],
      () => ['directory.import', 'ada', { import: 'i', part: random(3), departments: [], people: [] }],
      () => join(`new${random(10)}`),
      () => ['member.remove', 'ada', { member: `new${random(10)}` }],
      () => ['department.delete', 'ada', { department: some(departments), moveUp: true }],
      () => department(some(departments), some([...departments, null])),
    ])();
  let now = state;
  const copies = new Map(members.map((id) => [id, seenBy(now, id)]));
  for (let step = 0; step < 300; step++) {
    const after = fold(Array.from({ length: 1 + random(3) }, one), now);
    for (const id of members) {
      const data = partly.between(seenBy(now, id), seenBy(after, id));
      const told: Line[] = data ? [[partly.type, '', JSON.parse(JSON.stringify(data))]] : [];
      const copy = fold(told, copies.get(id)!);
      const whole = seenBy(after, id);
      // What was worked out before, and goes on from, comes to the same as all of it.
      expect([`seed ${seed}`, step, id, whole]).toEqual([
        `seed ${seed}`,
        step,
        id,
        seenBy(structuredClone(after), id),
      ]);
      expect([`seed ${seed}`, step, id, copy]).toEqual([`seed ${seed}`, step, id, whole]);
      // The same people and departments as the rule says by itself.
      const closed = new Set(
        Object.keys(after.departments ?? {}).filter((each) => !whole.departments?.[each as DepartmentId]),
      );
      for (const { id: who, departments: of = [] } of Object.values(after.members)) {
        const isClosed = of.some((each) => closed.has(each)) && !of.some((each) => whole.departments?.[each]);
        expect([`seed ${seed}`, step, id, who, Object.hasOwn(whole.members, who)]).toEqual([
          `seed ${seed}`,
          step,
          id,
          who,
          !isClosed,
        ]);
      }
      copies.set(id, copy);
    }
    now = after;
  }
});
