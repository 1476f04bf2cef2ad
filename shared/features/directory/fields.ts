import type * as z from 'zod/mini';
import { allow, isAdmin, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule } from '../../access/fold.ts';
import type { CommandRule } from '../../access/kind.ts';
import { own } from './draft.ts';
import {
  fieldDefine,
  fieldRemove,
  most,
  type DirectoryState,
  type Field,
  type FieldValues,
  type Member,
} from './schema.ts';

type Rule<Schema extends z.ZodMiniType> = CommandRule<DirectoryState, DirectoryState, z.infer<Schema>>;

const plainNumber = /^-?\d{1,15}(\.\d{1,10})?$/;
const plainDate = /^\d{4}-\d{2}-\d{2}$/;

const isDate = (value: string): boolean => {
  const day = new Date(`${value}T00:00:00Z`);
  return plainDate.test(value) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
};

/** Whether this text is a value of the field; nothing always is. */
export function fits(field: Field, value: string): boolean {
  if (value === '') return true;
  if (field.type === 'number') return plainNumber.test(value);
  if (field.type === 'date') return isDate(value);
  return field.type === 'text' || field.options.includes(value);
}

/** Whether these values may be said; `own` when a person says them of themselves. */
export function judgeValues(
  state: DirectoryState,
  values: FieldValues | undefined,
  who: 'self' | 'admin',
): Decision {
  for (const [id, value] of Object.entries(values ?? {})) {
    const field: Field | undefined = state.fields?.[id as keyof FieldValues];
    if (!field) return refuse('not-found', 'no such field');
    if (!fits(field, value)) return refuse('bad-request', `fields: not a ${field.type}`);
    if (who === 'self' && field.edit !== 'self')
      return refuse('forbidden', 'only administrators fill in this field');
  }
  return allow;
}

/** A person's values after a change; an empty one is taken away. */
export function withValues(member: Member, values: FieldValues | undefined): Pick<Member, 'fields'> {
  if (!values) return {};
  const kept = Object.entries({ ...member.fields, ...values }).filter(([, value]) => value !== '');
  return { fields: Object.fromEntries(kept) as FieldValues };
}

const mayDefine = (actor: Actor): Decision =>
  isAdmin(actor) ? allow : refuse('forbidden', 'only administrators define fields');

const define: Rule<typeof fieldDefine> = {
  schema: fieldDefine,
  may(actor, data, { state }) {
    const before = state.fields?.[data.field];
    if (!before && Object.keys(state.fields ?? {}).length >= most.fields)
      return refuse('too-large', `at most ${most.fields} fields`);
    // What people filled in would mean something else.
    if (before && before.type !== data.type) return refuse('bad-request', 'type: stays as it is');
    if (data.type === 'choice' && data.options.length === 0)
      return refuse('bad-request', 'options: needs one');
    return mayDefine(actor);
  },
};
const remove: Rule<typeof fieldRemove> = {
  schema: fieldRemove,
  may: (actor) => mayDefine(actor),
  isDone: (_actor, { field }, { state }) => state.fields?.[field] === undefined,
};

export const fieldCommands = { 'field.define': define, 'field.remove': remove };

export const fieldEntries = {
  'field.define': entryRule(fieldDefine, (draft: DirectoryState, { field, ...rest }) => {
    own(draft, 'fields')[field] = { id: field, ...rest };
  }),
  // Values stay with the people: a field that comes back has them again.
  'field.remove': entryRule(fieldRemove, (draft: DirectoryState, { field }) => {
    if (draft.fields?.[field]) delete own(draft, 'fields')[field];
  }),
};
