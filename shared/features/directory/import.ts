import type * as z from 'zod/mini';
import { allow, isAdmin, refuse, type Decision } from '../../access/actor.ts';
import { entryRule } from '../../access/fold.ts';
import type { CommandRule, LogEntry } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import { departmentEntries } from './departments.ts';
import { changeMember, own } from './draft.ts';
import { judgeValues, withValues } from './fields.ts';
import { addresses } from './people.ts';
import {
  importApply,
  importPart,
  most,
  type DirectoryState,
  type ImportedPerson,
  type ImportPart,
  type Staged,
} from './schema.ts';
import { departmentOf, isActive, memberOf, wouldCircle } from './tree.ts';

/*
 * An import of thousands of people is more than one command may be. Its parts wait in the state, shown to nobody, until
 * the last command says how many there are: then all of it is judged and counts at once, or nothing does.
 */

type Rule<Schema extends z.ZodMiniType> = CommandRule<DirectoryState, DirectoryState, z.infer<Schema>>;

const stagedBy = (state: DirectoryState, member: MemberId): Staged | undefined =>
  state.staged && Object.hasOwn(state.staged, member) ? state.staged[member] : undefined;

const partsOf = (staged: Staged): ImportPart[] => Object.values(staged.parts).sort((a, b) => a.part - b.part);

const countOf = (parts: readonly ImportPart[]): number =>
  parts.reduce((sum, { people }) => sum + people.length, 0);

function judgePeople(state: DirectoryState, people: readonly ImportedPerson[]): Decision {
  const taken = addresses(state);
  const ids = new Set<MemberId>();
  for (const { id, email, fields } of people) {
    if (ids.has(id)) return refuse('bad-request', 'somebody is in it twice');
    ids.add(id);
    const member = memberOf(state, id);
    if (member && !isActive(member)) return refuse('member-not-found', 'somebody in it has left');
    const values = judgeValues(state, fields, 'admin');
    if (!values.ok) return values;
    if (!email || member?.joinedAt) continue;
    const holder = taken.get(email.toLowerCase());
    if (holder !== undefined && holder !== id)
      return refuse('email-taken', 'somebody has an e-mail address of it');
    taken.set(email.toLowerCase(), id);
  }
  const unknown = people.find(({ superior }) => superior && !ids.has(superior) && !memberOf(state, superior));
  return unknown ? refuse('member-not-found', 'a superior in it is not there') : allow;
}

const stage: Rule<typeof importPart> = {
  schema: importPart,
  may(actor, data, { state }) {
    if (!isAdmin(actor)) return refuse('forbidden', 'only administrators import people');
    const before = stagedBy(state, actor.member);
    const others = before?.import === data.import ? partsOf(before) : [];
    return countOf(others) + data.people.length > most.imported
      ? refuse('too-large', `at most ${most.imported} people at once`)
      : allow;
  },
};
const apply: Rule<typeof importApply> = {
  schema: importApply,
  may(actor, data, { state }) {
    if (!isAdmin(actor)) return refuse('forbidden', 'only administrators import people');
    const staged = stagedBy(state, actor.member);
    const parts = staged?.import === data.import ? partsOf(staged) : [];
    if (parts.length !== data.parts || countOf(parts) !== data.people)
      return refuse('import-incomplete', 'parts of the import are missing');
    const departments = parts.reduce((sum, part) => sum + part.departments.length, 0);
    if (Object.keys(state.departments ?? {}).length + departments > most.departments)
      return refuse('too-large', `at most ${most.departments} departments`);
    return judgePeople(
      state,
      parts.flatMap(({ people }) => people),
    );
  },
};

export const importCommands = { 'directory.import': stage, 'directory.importApply': apply };

function addPerson(draft: DirectoryState, person: ImportedPerson): void {
  const { id, name, email, post, phone, fields } = person;
  const before = memberOf(draft, id);
  const departments = person.departments?.filter((each) => departmentOf(draft, each));
  const blank = {
    ...{ id, email: '', post: '', phone: '', about: '', role: 'member' as const },
    ...{ joinedAt: null, leftAt: null },
  };
  const member = before ?? { ...blank, name };
  own(draft, 'members')[id] = {
    ...member,
    name,
    ...(email === undefined || member.joinedAt !== null ? {} : { email }),
    ...(post === undefined ? {} : { post }),
    ...(phone === undefined ? {} : { phone }),
    ...(departments === undefined ? {} : { departments: [...new Set(departments)] }),
    ...withValues(member, fields),
  };
}

function applyParts(draft: DirectoryState, parts: readonly ImportPart[], entry: LogEntry): void {
  for (const { departments } of parts)
    for (const each of departments) departmentEntries['department.create'].apply(draft, each as never, entry);
  const people = parts.flatMap((part) => part.people);
  for (const person of people) addPerson(draft, person);
  // When all are there: somebody's superior may come in a later part.
  for (const { id, superior } of people)
    if (superior !== undefined && !wouldCircle(draft, id, superior)) changeMember(draft, id, { superior });
}

export const importEntries = {
  'directory.import': entryRule(importPart, (draft: DirectoryState, data, entry) => {
    const before = stagedBy(draft, entry.by);
    // A new import takes the place of one that was never finished.
    const parts = before?.import === data.import ? before.parts : {};
    own(draft, 'staged')[entry.by] = { import: data.import, parts: { ...parts, [data.part]: data } };
  }),
  'directory.importApply': entryRule(importApply, (draft: DirectoryState, data, entry) => {
    const staged = stagedBy(draft, entry.by);
    if (staged?.import !== data.import) return;
    const parts = partsOf(staged);
    delete own(draft, 'staged')[entry.by];
    // Whole or not at all, also where a restore brought back only some of them.
    if (parts.length === data.parts && countOf(parts) === data.people) applyParts(draft, parts, entry);
  }),
};
