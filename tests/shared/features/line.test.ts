import { describe, expect, test } from 'vitest';
import type { Actor, Role } from '../../../shared/access/actor.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, DepartmentId, MemberId } from '../../../shared/base/ids.ts';
import { isLeader, lineOf, mayLead, teamOf } from '../../../shared/features/customers/line.ts';
import { settingsKind } from '../../../shared/features/customers/settings.ts';
import { department, fold, join, place, type Line } from './directory-world.ts';

/**
 * Sales > North > Shop. Lea heads Sales, Ned North; Gus and Kim sell in Shop, Ned and Lea stand in what they head. Sam is
 * Kim's superior, Tom Sam's. Zoe is in Works.
 */
const company: readonly Line[] = [
  ...[join('ada', 'owner'), join('eve', 'admin'), join('lea'), join('ned'), join('gus'), join('kim')],
  ...[join('sam'), join('tom'), join('zoe')],
  ...[department('sales'), department('north', 'sales'), department('shop', 'north'), department('works')],
  ['department.change', 'ada', { department: 'sales', lead: 'lea' }],
  ['department.change', 'ada', { department: 'north', lead: 'ned' }],
  ...[place('lea', ['sales']), place('ned', ['north']), place('gus', ['shop']), place('kim', ['shop'])],
  place('zoe', ['works']),
  ['member.edit', 'ada', { member: 'kim', superior: 'sam' }],
  ['member.edit', 'ada', { member: 'sam', superior: 'tom' }],
];
const directory = fold(company);
const person = (name: string, role: Role = 'member'): Actor => ({
  member: name as MemberId,
  role,
  active: true,
});
const of = (name: string) => name as MemberId;

describe('who leads whom', () => {
  test.each<[string, Actor, string, boolean]>([
    ['an owner everybody', person('ada', 'owner'), 'zoe', true],
    ['an administrator everybody', person('eve', 'admin'), 'ada', true],
    ['a service administrator everybody', person('zoe'), 'gus', true],
    ['a head who is in the department', person('ned'), 'gus', true],
    ['a head of one above', person('lea'), 'gus', true],
    ['a head the head below', person('lea'), 'ned', true],
    ['a head not the one above', person('ned'), 'lea', false],
    ['a superior', person('sam'), 'kim', true],
    ['a superior’s superior', person('tom'), 'kim', true],
    ['nobody their own superior', person('kim'), 'sam', false],
    ['nobody a colleague', person('gus'), 'kim', false],
    ['nobody themself', person('lea'), 'lea', false],
    ['nobody who is not there', person('lea'), 'nan', false],
    ['a former member nobody', { ...person('lea'), active: false }, 'gus', false],
    ['a former administrator nobody', { ...person('eve', 'admin'), active: false }, 'gus', false],
    ['a guest nobody', { ...person('guest-1', 'admin'), isGuest: true }, 'gus', false],
  ])('%s', (_title, actor, member, expected) => {
    expect(mayLead(directory, { serviceAdmins: [of('zoe')] }, actor, of(member))).toBe(expected);
  });

  test('somebody above by name leads their head, who does not lead them', () => {
    // Gus heads the shop, and works under Kim, who is in it.
    const state = fold([
      ...company,
      ['department.change', 'ada', { department: 'shop', lead: 'gus' }],
      ['member.edit', 'ada', { member: 'gus', superior: 'kim' }],
    ]);
    expect(mayLead(state, {}, person('kim'), of('gus'))).toBe(true);
    expect(mayLead(state, {}, person('gus'), of('kim'))).toBe(false);
  });

  test('a line is who is led and oneself, and ends with the post', () => {
    const line = lineOf(directory, {}, person('ned'));
    expect([...(line as Set<MemberId>)].sort()).toEqual(['gus', 'kim', 'ned']);
    expect(lineOf(directory, {}, person('eve', 'admin'))).toBe('everybody');
    expect([...(lineOf(directory, {}, person('zoe')) as Set<MemberId>)]).toEqual(['zoe']);
    expect(isLeader(directory, {}, person('zoe'))).toBe(false);
    expect(isLeader(directory, { serviceAdmins: [of('zoe')] }, person('zoe'))).toBe(true);
    const without = fold([...company, ['department.change', 'ada', { department: 'north', lead: null }]]);
    expect([...(lineOf(without, {}, person('ned')) as Set<MemberId>)]).toEqual(['ned']);
  });

  test('a team is who is in a department or below it', () => {
    expect(teamOf(directory, 'north' as DepartmentId).sort()).toEqual(['gus', 'kim', 'ned']);
  });

  test('a restored relay gives nobody back what was taken from them, and keeps who was named since', () => {
    const entry = (members: string[], seq: number): LogEntry => ({
      ...{ seq, id: `c${seq}` as CommandId, type: 'customers.serviceAdmins', by: of('ada'), at: 1 },
      data: { members },
    });
    const { fold: set, initial, revoking } = settingsKind;
    const again = revoking['customers.serviceAdmins']!;
    const now = set(initial, [entry(['zoe', 'sam'], 0)]);
    expect(again(entry(['sam'], 1), now)?.data).toEqual({ members: ['sam'] });
    expect(again(entry(['zoe', 'sam', 'tom'], 1), now)).toBeNull();
  });
});
