import type { Actor, Role } from '../../../shared/access/actor.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { decide } from '../../../shared/documents/decide.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { directoryKind } from '../../../shared/features/directory/kind.ts';
import type { DirectoryState } from '../../../shared/features/directory/schema.ts';

/* A small company, and what its people may do in it. */

export type Line = readonly [type: string, by: string, data: unknown];

const entries = (lines: readonly Line[], from = 0): LogEntry[] =>
  lines.map(([type, by, data], i) => ({
    seq: from + i,
    id: `c${from + i}` as CommandId,
    type,
    by: by as MemberId,
    at: 100 + from + i,
    data,
  }));
export const fold = (lines: readonly Line[], state: DirectoryState = directoryKind.initial): DirectoryState =>
  directoryKind.fold(state, entries(lines));

export const join = (member: string, role: Role = 'member'): Line => [
  'member.join',
  'ada',
  { member, name: member, email: `${member}@x`, role },
];
export const department = (id: string, parent: string | null = null): Line => [
  'department.create',
  'ada',
  { department: id, name: id, parent, order: 1 },
];
export const place = (member: string, join: readonly string[], leave: readonly string[] = []): Line => [
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
export const state = fold(company);
export const actors = { ada: 'owner', eve: 'admin', ben: 'member', gus: 'member', kim: 'member' } as const;

export function judge(
  by: keyof typeof actors,
  type: string,
  data: unknown,
  now: DirectoryState = state,
): string {
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
      at: 1,
      stateOf: () => null,
      isActiveMember: (member) => now.members[member]?.leftAt === null,
      entry: () => null,
    },
  );
  return decision.ok ? 'allowed' : decision.error.code;
}
