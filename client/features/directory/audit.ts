import type { LogEntry } from '../../../shared/access/kind.ts';
import { appMember } from '../../../shared/base/apps.ts';
import type { AppId, MemberId } from '../../../shared/base/ids.ts';
import type { DirectoryState } from '../../../shared/features/directory/schema.ts';
import { formatList } from '../../i18n/index.ts';
import { roleName } from './members.ts';
import { t } from './pages/strings.ts';
import { t as fields } from './strings.ts';

/* The log of administration in words. What it says is what the relay's logs say; nothing is kept beside them. */

export const auditKinds = [
  'people',
  'departments',
  'rights',
  'door',
  'import',
  'customers',
  'settings',
] as const;
export type AuditKind = (typeof auditKinds)[number];

export interface AuditLine {
  readonly key: string;
  readonly at: number;
  readonly by: MemberId;
  readonly kind: AuditKind;
  readonly text: string;
  /** Somebody changed their own card: no act of administration. */
  readonly isOwn: boolean;
}

/** Entries' data is what their schemas let through; an entry of a newer version may lack anything. */
type Data = Readonly<Record<string, unknown>>;

interface Known {
  readonly directory: DirectoryState;
  /** What departments and fields were called when it was said. */
  readonly departments: Map<string, string>;
  readonly fields: Map<string, string>;
  readonly asked: Map<string, string>;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(text) : []);
const listed = (names: readonly string[]): string => formatList(names.filter((name) => name !== ''));
/** Names in one line; the count says how many more. */
const mostNames = 5;

const personName = ({ directory }: Known, id: unknown): string =>
  directory.members[text(id) as MemberId]?.name ?? t.somebody;
const departmentName = ({ departments }: Known, id: unknown): string =>
  id === null ? t.theCompany : (departments.get(text(id)) ?? t.aDepartment);

const appName = (known: Known, id: unknown): string => personName(known, appMember(text(id) as AppId));

function people(known: Known, ids: unknown): string {
  const all = list(ids);
  const names = all.slice(0, mostNames).map((id) => personName(known, id));
  return listed(all.length > mostNames ? [...names, `+${all.length - mostNames}`] : names);
}

const departments = (known: Known, ids: unknown): string =>
  listed(list(ids).map((id) => departmentName(known, id)));

const roleOf = (role: unknown): string =>
  role === 'owner' || role === 'admin' || role === 'member' ? roleName(role) : '';

function changedFields(known: Known, data: Data): string {
  const own: Readonly<Record<string, string>> = {
    ...{ name: fields.name, post: fields.post, phone: fields.phone, about: fields.about },
    ...{ email: fields.email, superior: fields.superior },
  };
  const values = Object.keys((data['fields'] as object | undefined) ?? {});
  return listed([
    ...Object.keys(own)
      .filter((key) => data[key] !== undefined)
      .map((key) => own[key] ?? ''),
    ...values.map((id) => known.fields.get(id) ?? t.aField),
  ]);
}

function placed(known: Known, data: Data): string {
  const parts = [
    list(data['join']).length > 0 ? t.didPlaceJoin({ names: departments(known, data['join']) }) : '',
    list(data['leave']).length > 0 ? t.didPlaceLeave({ names: departments(known, data['leave']) }) : '',
    data['main'] === undefined ? '' : t.didPlaceMain({ names: departmentName(known, data['main']) }),
  ];
  return t.didPlace({ names: people(known, data['members']), where: listed(parts) });
}

function changedDepartment(known: Known, data: Data): string {
  const name = departmentName(known, data['department']);
  if (data['name'] !== undefined) return t.didDepartmentRename({ name, next: text(data['name']) });
  if (data['lead'] === null) return t.didDepartmentNoLead({ name });
  return data['lead'] === undefined
    ? t.didDepartmentChange({ name })
    : t.didDepartmentLead({ name, who: personName(known, data['lead']) });
}

function shown(known: Known, data: Data): string {
  const name = departmentName(known, data['department']);
  if (data['shownTo'] === null) return t.didShow({ name });
  const to = data['shownTo'] as Data | undefined;
  const names = listed([departments(known, to?.['departments']), people(known, to?.['members'])]);
  return names === '' ? t.didHide({ name }) : t.didHideBut({ name, names });
}

function invited(known: Known, data: Data): string {
  if (list(data['members']).length > 0) return t.didInviteOwn({ names: people(known, data['members']) });
  return t.didInvite({ role: roleOf(data['role']), approve: data['approve'] === true });
}

type Words = readonly [AuditKind, (data: Data, known: Known) => string];

const words: Readonly<Record<string, Words>> = {
  'app.made': ['rights', (data) => t.didConnect({ name: text(data['name']) })],
  'app.keyMade': ['rights', (data, known) => t.didNewKey({ name: appName(known, data['app']) })],
  'app.revoked': ['rights', (data, known) => t.didDisconnect({ name: appName(known, data['app']) })],
  'webhook.set': [
    'rights',
    (data, known) => t.didWebhook({ name: appName(known, data['app']), url: text(data['url']) }),
  ],
  'webhook.off': ['rights', (data) => (data['why'] === 'by-hand' ? t.didWebhookOff : t.didWebhookFail)],
  'webhook.dropped': ['rights', () => t.didWebhookDrop],
  'workspace.cards': ['settings', (data) => t.didCards({ on: data['on'] === true })],
  'workspace.rename': ['settings', (data) => t.didRename({ name: text(data['name']) })],
  'member.join': ['people', (data) => t.didJoin({ name: text(data['name']), role: roleOf(data['role']) })],
  'member.profile': ['people', (data, known) => t.didProfile({ fields: changedFields(known, data) })],
  'member.role': [
    'rights',
    (data, known) => t.didRole({ name: personName(known, data['member']), role: roleOf(data['role']) }),
  ],
  'member.remove': ['people', (data, known) => t.didRemove({ name: personName(known, data['member']) })],
  'member.edit': [
    'people',
    (data, known) =>
      t.didEdit({ name: personName(known, data['member']), fields: changedFields(known, data) }),
  ],
  'member.place': ['people', (data, known) => placed(known, data)],
  'department.create': ['departments', (data) => t.didDepartment({ name: text(data['name']) })],
  'department.change': ['departments', (data, known) => changedDepartment(known, data)],
  'department.move': [
    'departments',
    (data, known) =>
      t.didDepartmentMove({
        name: departmentName(known, data['department']),
        where: departmentName(known, data['parent']),
      }),
  ],
  'department.delete': [
    'departments',
    (data, known) => t.didDepartmentDelete({ name: departmentName(known, data['department']) }),
  ],
  'department.admin': [
    'rights',
    (data, known) => {
      const said = {
        who: personName(known, data['member']),
        name: departmentName(known, data['department']),
      };
      return data['admin'] === true ? t.didAppoint(said) : t.didDismiss(said);
    },
  ],
  'department.show': ['departments', (data, known) => shown(known, data)],
  'field.define': ['settings', (data) => t.didField({ name: text(data['name']) })],
  'field.remove': [
    'settings',
    (data, known) => t.didFieldRemove({ name: known.fields.get(text(data['field'])) ?? t.aField }),
  ],
  'directory.importApply': ['import', (data) => t.didImport({ count: Number(data['people']) })],
  'invitation.made': ['door', (data, known) => invited(known, data)],
  'invitation.revoked': ['door', () => t.didRevoke],
  'join.asked': ['door', (data) => t.didAsk({ name: text(data['name']), email: text(data['email']) })],
  'join.decided': [
    'door',
    (data, known) => {
      const name = known.asked.get(text(data['request'])) ?? t.somebody;
      return data['approved'] === true ? t.didLetIn({ name }) : t.didTurnAway({ name });
    },
  ],
  'customer.complained': [
    'customers',
    (data, known) => t.didComplain({ name: personName(known, data['owner']), text: text(data['text']) }),
  ],
  'customer.looked': ['customers', (data, known) => t.didLook({ name: personName(known, data['owner']) })],
  'customers.exported': ['customers', () => t.didExport],
};

/** Learns what things are called from here on. */
function learn(known: Known, type: string, data: Data): void {
  if (type === 'department.create' || (type === 'department.change' && data['name'] !== undefined))
    known.departments.set(text(data['department']), text(data['name']));
  else if (type === 'field.define') known.fields.set(text(data['field']), text(data['name']));
  else if (type === 'join.asked') known.asked.set(text(data['request']), text(data['name']));
  else if (type === 'directory.import')
    for (const each of (data['departments'] ?? []) as Data[])
      known.departments.set(text(each['department']), text(each['name']));
}

/**
 * The entries of these logs in words, newest first. Names of things that no entry here tells, since older ones are not
 * loaded yet, are those of today.
 */
export function auditLines(
  logs: readonly (readonly LogEntry[])[],
  directory: DirectoryState,
): readonly AuditLine[] {
  const known: Known = {
    directory,
    departments: new Map(Object.values(directory.departments ?? {}).map(({ id, name }) => [id, name])),
    fields: new Map(Object.values(directory.fields ?? {}).map(({ id, name }) => [id, name])),
    asked: new Map(),
  };
  const lines: AuditLine[] = [];
  logs.forEach((entries, log) => {
    for (const { seq, type, by, at, data } of entries) {
      const found = Object.hasOwn(words, type) ? words[type] : undefined;
      const said = (data ?? {}) as Data;
      if (found)
        lines.push({
          ...{ key: `${log}/${seq}`, at, by, kind: found[0], isOwn: type === 'member.profile' },
          text: found[1](said, known),
        });
      learn(known, type, said);
    }
  });
  return lines.reverse().sort((a, b) => b.at - a.at);
}
