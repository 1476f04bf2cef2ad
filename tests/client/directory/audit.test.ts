import { beforeEach, expect, test } from 'vitest';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { directoryAdminKind } from '../../../shared/features/directory/admin.ts';
import { directoryKind } from '../../../shared/features/directory/kind.ts';
import type { DirectoryState } from '../../../shared/features/directory/schema.ts';
import { auditLines } from '../../../client/features/directory/audit.ts';
import { language } from '../../../client/i18n/index.ts';

const entries = (...lines: [type: string, data: unknown][]): LogEntry[] =>
  lines.map(([type, data], seq) => ({
    ...{ seq, id: `c${seq}` as CommandId, type, by: 'ada' as MemberId, at: 100 + seq, data },
  }));
const people = (...ids: string[]): DirectoryState =>
  directoryKind.fold(
    directoryKind.initial,
    entries(
      ...ids.map((id): [string, unknown] => [
        'member.join',
        { member: id, name: id.toUpperCase(), email: '', role: 'member' },
      ]),
    ),
  );

beforeEach(() => {
  language.current = 'en';
});

test('what was done is said with the names of then, the newest first', () => {
  const log = entries(
    ['department.create', { department: 'd', name: 'Sales', parent: null, order: 1 }],
    ['department.admin', { department: 'd', member: 'ben', admin: true }],
    ['department.change', { department: 'd', name: 'Trade' }],
    ['member.place', { members: ['ben', 'eve'], join: ['d'] }],
    ['department.delete', { department: 'd', moveUp: true }],
    ['member.edit', { member: 'ben', post: 'Cook', fields: { x: '1' } }],
    ['member.role', { member: 'ben', role: 'admin' }],
    ['directory.import', { import: 'i', part: 0, departments: [], people: [] }],
    ['directory.importApply', { import: 'i', parts: 1, people: 2 }],
    ['something.newer', { of: 'a later version' }],
  );
  expect(auditLines([log], people('ada', 'ben', 'eve')).map(({ text }) => text)).toEqual([
    'imported 2 people',
    'made BEN Administrator',
    'edited the card of BEN (Post and a field)',
    'deleted the department “Trade”',
    'placed BEN and EVE: into Trade',
    'renamed the department “Sales” to “Trade”',
    'made BEN administrator of “Sales”',
    'made the department “Sales”',
  ]);
});

test('both logs are one, and a request is told by its name when it is decided', () => {
  const door = entries(
    ['join.asked', { request: 'r', invitation: 'i', name: 'Mei', email: 'm@x', member: null }],
    ['join.decided', { request: 'r', approved: false }],
  );
  const lines = auditLines([entries(['member.remove', { member: 'ben' }]), door], people('ada', 'ben'));
  expect(lines.map(({ text, kind }) => [kind, text])).toEqual([
    ['door', 'turned Mei away'],
    ['door', 'Mei (m@x) asked to join'],
    ['people', 'removed BEN'],
  ]);
});

test('every type of entry of both logs has words, save the parts of an import; none throws on nonsense', () => {
  const types = [directoryKind, directoryAdminKind].flatMap((kind) => [
    ...Object.keys(kind.commands),
    ...Object.keys(kind.facts),
  ]);
  for (const type of new Set(types))
    for (const data of [null, {}, { members: 7, fields: null, departments: 'x' }]) {
      const made = auditLines([entries([type, data])], people('ada'));
      expect([type, made.length]).toEqual([type, type === 'directory.import' ? 0 : 1]);
      expect(made[0]?.text ?? 'x').not.toBe('');
    }
});
