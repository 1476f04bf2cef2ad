import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../shared/access/actor.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { judgeCommand, type Resource } from '../../../shared/documents/decide.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { chatKind } from '../../../shared/features/chat/kind.ts';
import { messageMarks, noMarks, type MessageMarks } from '../../../shared/features/chat/marks.ts';
import { mostUrged, mostUrgent, openUrgent, urgentFor } from '../../../shared/features/chat/urgent-schema.ts';
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
const urge = (seq: number, ...members: string[]): Line => ['chat.urge', 'ada', { target: at(seq), members }];
const confirm = (by: string, seq: number): Line => ['chat.confirmUrgent', by, { target: at(seq) }];

const group: Line[] = [
  ['chat.create', 'ada', { type: 'group', title: 'T', members: ['ben', 'cai'] }],
  ['chat.send', 'ada', { text: 'one' }],
  ['chat.send', 'ben', { text: 'two' }],
  ['chat.rename', 'ada', { title: 'U' }],
];
const state = (...lines: Line[]) => chatKind.fold(chatKind.initial, entriesOf([...group, ...lines]));

/** As the relay sees it; `unseen`: as a device that does not show the entries. */
function resource(lines: readonly Line[] = [], unseen = false): Resource {
  const found = findRoom('w/chat/team')!;
  const entries = entriesOf([...group, ...lines]);
  const now = chatKind.fold(chatKind.initial, entries);
  return {
    kind: found.kind,
    room: found.name,
    state: now,
    governing: now,
    at: 1,
    stateOf: () => null,
    isActiveMember: () => true,
    entry: (target) => (unseen ? undefined : (entries.find((entry) => entry.id === target.id) ?? null)),
  };
}
const outcome = ([type, by, data]: Line, on = resource()): string => {
  const judged = judgeCommand(actor(by), type, data, on);
  return judged.ok ? (judged.value.done ? 'done' : 'allowed') : judged.error.code;
};
const says = (count: number): Line[] =>
  Array.from({ length: count }, (): Line => ['chat.send', 'ada', { text: 'x' }]);
const urges = (count: number): Line[] => says(count).map((_, i) => urge(4 + i, 'ben'));
const late: Line[] = [
  ['chat.set', 'ada', { newcomersRead: 'fromThen' }],
  ['chat.addMembers', 'ada', { members: ['max'] }],
];
const muted: Line[] = [
  ['chat.set', 'ada', { writes: 'managers' }],
  ['chat.transfer', 'ada', { member: 'ben' }],
];

describe('what is urgent', () => {
  it.each<[string, Line, string, Resource?]>([
    ['its author asks somebody to confirm it', urge(1, 'ben'), 'allowed'],
    ['or several', urge(1, 'ben', 'cai'), 'allowed'],
    ['also where the page does not show it', urge(1, 'ben'), 'allowed', resource([], true)],
    ['nobody else does', ['chat.urge', 'ben', { target: at(1), members: ['cai'] }], 'forbidden'],
    ['nobody from outside', ['chat.urge', 'eve', { target: at(1), members: ['ben'] }], 'forbidden'],
    ['not oneself', urge(1, 'ada'), 'member-not-found'],
    ['not somebody from outside', urge(1, 'eve'), 'member-not-found'],
    ['not somebody who may not read it', urge(1, 'max'), 'member-not-found', resource(late)],
    ['not of what is no message', urge(3, 'ben'), 'message-not-found'],
    [
      'not of what is not here',
      ['chat.urge', 'ada', { target: at(1, 'zz'), members: [] }],
      'message-not-found',
    ],
    ['nobody twice', urge(1, 'ben', 'ben'), 'bad-request'],
    ['not a whole company', urge(1, ...says(mostUrged + 1).map((_, i) => `m${i}`)), 'bad-request'],
    ['taken back', urge(1), 'allowed', resource([urge(1, 'ben')])],
    ['taken back by nobody else', ['chat.urge', 'ben', { target: at(1), members: [] }], 'forbidden'],
    ['nothing to take back', urge(1), 'done'],
    ['asked again', urge(1, 'ben'), 'allowed', resource([urge(1, 'ben')])],
    [
      'not when too many wait',
      urge(1, 'ben'),
      'too-many',
      resource([...says(mostUrgent), ...urges(mostUrgent)]),
    ],
    [
      'one of many asked again',
      urge(4, 'cai'),
      'allowed',
      resource([...says(mostUrgent), ...urges(mostUrgent)]),
    ],
    [
      'others’ do not count',
      ['chat.urge', 'ben', { target: at(2), members: ['cai'] }],
      'allowed',
      resource([...says(mostUrgent), ...urges(mostUrgent)]),
    ],
    ['not where one may not write', urge(1, 'ben'), 'group-muted', resource(muted)],
    ['confirmed by who is asked', confirm('ben', 1), 'allowed', resource([urge(1, 'ben')])],
    ['confirmed twice', confirm('ben', 1), 'done', resource([urge(1, 'ben'), confirm('ben', 1)])],
    ['confirmed by somebody who is not asked', confirm('cai', 1), 'done', resource([urge(1, 'ben')])],
    ['confirmed by nobody from outside', confirm('eve', 1), 'forbidden', resource([urge(1, 'ben')])],
    ['confirmed after it was taken back', confirm('ben', 1), 'done', resource([urge(1, 'ben'), urge(1)])],
  ])('%s', (_, line, expected, on) => expect(outcome(line, on)).toBe(expected));

  it('waits for each until they confirm, and is forgotten when all did', () => {
    const asked = state(urge(1, 'ben', 'cai'));
    expect(asked.urgent).toEqual([{ ...at(1), by: 'ada', at: 1_004, waiting: ['ben', 'cai'] }]);
    const half = state(urge(1, 'ben', 'cai'), confirm('ben', 1));
    expect(urgentFor(half, 'ben' as MemberId)).toEqual([]);
    expect(urgentFor(half, 'cai' as MemberId)).toHaveLength(1);
    expect(state(urge(1, 'ben', 'cai'), confirm('ben', 1), confirm('cai', 1)).urgent).toEqual([]);
  });

  it('asks nobody after a recall, nobody who left, and everybody anew when said again', () => {
    expect(state(urge(1, 'ben'), ['chat.recall', 'ada', { target: at(1) }]).urgent).toEqual([]);
    const left = state(urge(1, 'ben'), ['chat.leave', 'ben', {}]);
    expect([openUrgent(left), urgentFor(left, 'ben' as MemberId)]).toEqual([[], []]);
    expect(state(urge(1, 'ben'), ['chat.leave', 'ben', {}], urge(2, 'cai')).urgent).toHaveLength(1);
    const again = state(urge(1, 'ben'), confirm('ben', 1), urge(1, 'ben'));
    expect(again.urgent?.map(({ waiting }) => waiting)).toEqual([['ben']]);
  });

  it('is not told to newcomers who may not read the message', () => {
    const now = state(urge(1, 'ben'), ...late);
    expect((chatKind.limited!.hide(now, 3) as typeof now).urgent).toEqual([]);
  });

  it('is kept with the message: whom it asked last, and who confirmed when, in whatever order it arrives', () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    const entries = entriesOf([
      ...group,
      urge(1, 'ben'),
      confirm('ben', 1),
      urge(1, 'ben', 'cai'),
      confirm('cai', 1),
      ['chat.urge', 'ada', { target: at(1) }],
    ]).filter((entry) => messageMarks.targetOf(entry)?.id === 'c1');
    expect(entries).toHaveLength(5);
    for (let round = 0; round < 50; round++) {
      const order = [...entries, ...entries].sort(() => random(3) - 1);
      const marks = order.reduce<MessageMarks>((sofar, entry) => messageMarks.fold(sofar, entry), noMarks);
      expect(marks, `seed ${seed}`).toMatchObject({
        urged: { seq: 6, at: 1_006, members: ['ben', 'cai'] },
        confirmed: { ben: { seq: 5, at: 1_005 }, cai: { seq: 7, at: 1_007 } },
      });
    }
  });
});
