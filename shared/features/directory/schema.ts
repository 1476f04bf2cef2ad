import * as z from 'zod/mini';
import type { DepartmentId, FieldId, MemberId } from '../../base/ids.ts';
import { isOutsider } from '../../base/apps.ts';
import { idPattern } from '../../base/ids.ts';
import { roles, type Role } from '../../access/actor.ts';

/** Ids are keys of plain objects, so none may be a name that every object has. */
const key = <Id extends string>() =>
  z.string().check(
    z.regex(idPattern),
    z.refine((id) => !(id in {})),
  ) as unknown as z.ZodMiniType<Id>;
export const memberId = key<MemberId>();
export const departmentId = key<DepartmentId>();
export const fieldId = key<FieldId>();

const line = (longest: number) => z.string().check(z.trim(), z.maxLength(longest));
/** A name that is shown alone must not be empty. */
export const displayName = z.string().check(z.trim(), z.minLength(1), z.maxLength(60));
const mail = z.string().check(z.trim(), z.maxLength(254));

/** Bounds of a directory. */
export const most = {
  departments: 10_000,
  /** Departments of one person. */
  departmentsOfOne: 50,
  /** Departments that are hidden from others. */
  hidden: 200,
  /** Departments, and people, that one of them is shown to. */
  shownTo: 200,
  fields: 50,
  /** People in one command that moves several. */
  moved: 1_000,
  /** People in one import, over all its parts. */
  imported: 20_000,
  importParts: 200,
  /** Bytes of somebody's photo, and pixels of its longer side. */
  photo: 40 * 1024,
  photoSide: 1024,
} as const;

/** What people are asked for beside the fixed fields, as text: a number with a point, a date as 2024-03-12. */
const fieldValue = line(200);
const fieldValues = z
  .record(fieldId, fieldValue)
  .check(z.refine((values) => Object.keys(values).length <= most.fields));
export type FieldValues = Readonly<Record<FieldId, string>>;

/** SHA-256 of a picture that is a file of the directory's room. */
const photo = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** What a person says of themselves; a field that is absent stays as it is. */
export const profileChange = z.object({
  name: z.optional(displayName),
  post: z.optional(line(60)),
  phone: z.optional(line(40)),
  about: z.optional(line(300)),
  photo: z.optional(z.nullable(photo)),
  fields: z.optional(fieldValues),
});
export type ProfileChange = z.infer<typeof profileChange>;

export const memberJoined = z.object({
  member: memberId,
  name: displayName,
  email: z.string().check(z.maxLength(254)),
  role: z.enum(roles),
});
export const memberRole = z.object({ member: memberId, role: z.enum(roles) });
export const memberRef = z.object({ member: memberId });
export const workspaceName = z.object({ name: displayName });
export const workspaceCards = z.object({ on: z.boolean() });

/** What an administrator says of somebody. The address is that of the account, so it changes only before they join. */
export const memberEdit = z.object({
  member: memberId,
  name: z.optional(displayName),
  email: z.optional(mail),
  post: z.optional(line(60)),
  phone: z.optional(line(40)),
  superior: z.optional(z.nullable(memberId)),
  /** Takes it away; which one is shown is the person's own to say. */
  photo: z.optional(z.null()),
  fields: z.optional(fieldValues),
});
export type MemberEdit = z.infer<typeof memberEdit>;

const departmentIds = z.array(departmentId).check(z.maxLength(most.departmentsOfOne));
/** Said as differences, so that two people who place somebody at the same time both have their way. */
export const memberPlace = z.object({
  members: z.array(memberId).check(z.minLength(1), z.maxLength(most.moved)),
  join: z.optional(departmentIds),
  leave: z.optional(departmentIds),
  /** The one that stands first on their card; they join it. */
  main: z.optional(departmentId),
});
export type MemberPlace = z.infer<typeof memberPlace>;

/** Among its siblings; halves make room between two. */
const order = z.number().check(z.refine(Number.isFinite));
const parent = z.nullable(departmentId);

export const departmentCreate = z.object({ department: departmentId, name: displayName, parent, order });
export const departmentChange = z.object({
  department: departmentId,
  name: z.optional(displayName),
  lead: z.optional(z.nullable(memberId)),
});
export const departmentMove = z.object({ department: departmentId, parent, order });
/** With `moveUp` its people and departments go to the one above; without it must be empty. */
export const departmentDelete = z.object({ department: departmentId, moveUp: z.boolean() });
export const departmentAdmin = z.object({ department: departmentId, member: memberId, admin: z.boolean() });

/**
 * Whom a department is shown to beside its own people (those in it and below), who keeps it, and administrators; null is
 * everybody.
 */
export const departmentShow = z.object({
  department: departmentId,
  shownTo: z.nullable(
    z.object({
      departments: z.array(departmentId).check(z.maxLength(most.shownTo)),
      members: z.array(memberId).check(z.maxLength(most.shownTo)),
    }),
  ),
});

export const fieldTypes = ['text', 'number', 'date', 'choice'] as const;
export type FieldType = (typeof fieldTypes)[number];
export const fieldDefine = z.object({
  field: fieldId,
  name: displayName,
  type: z.enum(fieldTypes),
  /** Of a choice. */
  options: z.array(displayName).check(z.maxLength(100)),
  /** Who fills it in: the person too, or administrators alone. Everybody reads it. */
  edit: z.enum(['self', 'admin']),
  order,
});
export const fieldRemove = z.object({ field: fieldId });

/** Somebody in an import: an `id` that is in the directory is changed where a field is given, any other is new. */
const importedPerson = z.object({
  id: memberId.check(z.refine((id) => !isOutsider(id), 'the id of a guest or an app')),
  name: displayName,
  email: z.optional(mail),
  post: z.optional(line(60)),
  phone: z.optional(line(40)),
  departments: z.optional(departmentIds),
  superior: z.optional(z.nullable(memberId)),
  fields: z.optional(fieldValues),
});
export type ImportedPerson = z.infer<typeof importedPerson>;

/** One part of an import. Nothing of it counts before `directory.importApply`. */
export const importPart = z.object({
  import: z.string().check(z.regex(idPattern)),
  part: z.number().check(z.int(), z.nonnegative(), z.lt(most.importParts)),
  departments: z.array(departmentCreate).check(z.maxLength(1_000)),
  people: z.array(importedPerson).check(z.maxLength(1_000)),
});
export type ImportPart = z.infer<typeof importPart>;
export const importApply = z.object({
  import: z.string().check(z.regex(idPattern)),
  /** How many parts and people there are in all: what is missing is noticed. */
  parts: z.number().check(z.int(), z.positive()),
  people: z.number().check(z.int(), z.nonnegative()),
});

/** A person of the company as the directory shows them. People who left stay, with `leftAt`. */
export interface Member {
  readonly id: MemberId;
  name: string;
  email: string;
  post: string;
  phone: string;
  about: string;
  /** SHA-256 of their picture, whose bytes may be on the way; absent is none, as null is. */
  photo?: string | null;
  role: Role;
  /** Null for somebody who is in the directory and has not joined yet. */
  joinedAt: number | null;
  leftAt: number | null;
  /** The main one first. Absent is none, here and below: states were stored before there were departments. */
  departments?: readonly DepartmentId[];
  superior?: MemberId | null;
  fields?: FieldValues;
}

export interface Department {
  readonly id: DepartmentId;
  name: string;
  /** Null at the top. */
  parent: DepartmentId | null;
  order: number;
  lead: MemberId | null;
  /** Who manages people and departments from here downwards. */
  admins: readonly MemberId[];
  /** Who sees it beside its own people; absent where everybody does. */
  shownTo?: Readonly<NonNullable<z.infer<typeof departmentShow>['shownTo']>>;
}

export type Field = Readonly<Omit<z.infer<typeof fieldDefine>, 'field'>> & { readonly id: FieldId };

/** What somebody is importing: parts that wait for the word that all of them are there. */
export interface Staged {
  readonly import: string;
  readonly parts: Readonly<Record<number, ImportPart>>;
}

export interface DirectoryState {
  name: string;
  members: Record<MemberId, Member>;
  departments?: Record<DepartmentId, Department>;
  fields?: Record<FieldId, Field>;
  /** By who imports: one at a time. */
  staged?: Record<MemberId, Staged>;
  /** False where links are to stay without cards: the relay then asks no foreign site. Absent is on. */
  linkCards?: boolean;
  /** Said of departments that were not there: a restored relay knows what was hidden before it knows what was made. */
  early?: Record<DepartmentId, Department['shownTo'] | null>;
  /** A department was hidden: what entries say is for administrators alone from then on. */
  guarded?: true;
  /** What a reader was given who may not know everything. */
  partial?: true;
}

const table = <T>() =>
  z.object({
    set: z.array(z.custom<T>((each) => typeof each === 'object' && each !== null)),
    gone: z.array(z.string()),
  });
/** What is different for a reader who may not see everything. The relay makes it for them; no log has stored it. */
export const directorySeen = z.object({
  /** All of the state beside people and departments. */
  rest: z.optional(
    z.custom<Omit<DirectoryState, 'members' | 'departments'>>((rest) => typeof rest === 'object'),
  ),
  members: z.optional(table<Member>()),
  departments: z.optional(table<Department>()),
  /** It is too much to be told so: ask for the whole. */
  anew: z.optional(z.literal(true)),
});
export type DirectorySeen = z.infer<typeof directorySeen>;

/* What other features ask of its shape: who somebody is, and what is above a department. */

export const departmentOf = (state: DirectoryState, id: DepartmentId): Department | undefined =>
  state.departments && Object.hasOwn(state.departments, id) ? state.departments[id] : undefined;

export const memberOf = (state: DirectoryState, id: MemberId): Member | undefined =>
  Object.hasOwn(state.members, id) ? state.members[id] : undefined;

export const departmentsOf = (member: Member): readonly DepartmentId[] => member.departments ?? [];

/** From a department up to the top, itself first. */
export function* pathUp(state: DirectoryState, from: DepartmentId | null): Generator<Department> {
  const seen = new Set<DepartmentId>();
  for (let id = from; id !== null && !seen.has(id);) {
    const found = departmentOf(state, id);
    if (!found) return;
    seen.add(id);
    yield found;
    id = found.parent;
  }
}

/** Whether `department` is `ancestor` or lies under it. */
export function isWithin(
  state: DirectoryState,
  department: DepartmentId | null,
  ancestor: DepartmentId,
): boolean {
  for (const each of pathUp(state, department)) if (each.id === ancestor) return true;
  return false;
}
