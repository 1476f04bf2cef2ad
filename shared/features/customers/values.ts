import type * as z from 'zod/mini';
import type { LogEntry } from '../../access/kind.ts';
import {
  fixedFields,
  mostOfCustomer as most,
  type Conflicting,
  type customerSet,
  type CustomerState,
  type FixedField,
} from './customer-schema.ts';
import { mailKey, phoneKey } from './match.ts';

/* The fields of a customer: what they say, since when, and what stands beside it until somebody decides. */

type SetData = z.infer<typeof customerSet>;

export const isFixed = (field: string): field is FixedField =>
  (fixedFields as readonly string[]).includes(field);

/** What the file says in a field, empty where it says nothing. */
export const valueOf = (state: CustomerState, field: string): string =>
  isFixed(field) ? state[field] : Object.hasOwn(state.fields, field) ? state.fields[field]! : '';

/** The seq of the entry that a field's value comes from, -1 for none: what a writer has seen. */
export const seenOf = ({ said }: CustomerState, field: string): number =>
  Object.hasOwn(said, field) ? said[field]!.seq : -1;

export function put(
  draft: CustomerState,
  field: string,
  value: string,
  { seq, by, at }: Pick<LogEntry, 'seq' | 'by' | 'at'>,
): void {
  if (isFixed(field)) draft[field] = value;
  else draft.fields = { ...draft.fields, [field]: value };
  draft.said = { ...draft.said, [field]: { seq, by, at } };
}

/** A value by somebody who had not seen the one that stands: both are kept, and the later stands until it is settled. */
export function change(draft: CustomerState, { field, value, seen }: SetData, entry: LogEntry): void {
  const before = Object.hasOwn(draft.said, field) ? draft.said[field]! : null;
  const now = valueOf(draft, field);
  const unseen = before !== null && before.seq !== seen && before.by !== entry.by && now !== value;
  const waiting = Object.hasOwn(draft.conflicts, field) ? draft.conflicts[field]! : [];
  if (unseen || waiting.length > 0) {
    const others = waiting.length > 0 ? waiting : [{ value: now, by: before!.by, at: before!.at }];
    const all = [{ value, by: entry.by, at: entry.at }, ...others.filter((each) => each.value !== value)];
    const kept = Math.max(most.conflicting, waiting.length);
    draft.conflicts = { ...draft.conflicts, [field]: all.slice(0, kept) };
  }
  put(draft, field, value, entry);
}

export function settleField(draft: CustomerState, field: string, value: string, entry: LogEntry): void {
  const { [field]: _, ...others } = draft.conflicts;
  draft.conflicts = others;
  put(draft, field, value, entry);
}

/** What a guest says of themselves stands beside what the company wrote, never in its place. */
export function introduce(draft: CustomerState, field: FixedField, value: string, entry: LogEntry): void {
  const before = Object.hasOwn(draft.said, field) ? draft.said[field]! : null;
  const isOwn = before === null || before.by === draft.guest;
  if (value === '') return;
  if (isOwn || draft[field] === value) return put(draft, field, value, entry);
  const waiting = Object.hasOwn(draft.conflicts, field)
    ? draft.conflicts[field]!
    : [{ value: draft[field], by: before.by, at: before.at }];
  const [first, ...others] = waiting.filter((each) => each.by !== draft.guest && each.value !== value);
  const all = [...(first ? [first] : []), { value, by: entry.by, at: entry.at }, ...others];
  draft.conflicts = { ...draft.conflicts, [field]: all.slice(0, most.conflicting) };
}

/** A number or an address is the same however it is written. */
export function isSame(field: string, one: string, other: string): boolean {
  if (field === 'phone' && one !== '' && phoneKey(one) === phoneKey(other)) return true;
  if (field === 'mail' && mailKey(one) === mailKey(other)) return true;
  return one === other;
}

/** A value from another file or a table: it fills what is empty, and else stands beside what is there, none in its place. */
export function bring(draft: CustomerState, field: string, brought: Conflicting, { seq }: LogEntry): void {
  const now = valueOf(draft, field);
  if (brought.value === '' || isSame(field, brought.value, now)) return;
  const waiting = Object.hasOwn(draft.conflicts, field) ? draft.conflicts[field]! : [];
  if (now === '' && waiting.length === 0) {
    const isNew = !isFixed(field) && !Object.hasOwn(draft.fields, field);
    if (isNew && Object.keys(draft.fields).length >= most.fields) return;
    return put(draft, field, brought.value, { seq, by: brought.by, at: brought.at });
  }
  const before = draft.said[field];
  const standing = waiting.length === 0 && before ? [{ value: now, by: before.by, at: before.at }] : waiting;
  const all = [...standing.filter(({ value }) => value !== brought.value), brought];
  draft.conflicts = { ...draft.conflicts, [field]: all.slice(0, most.brought) };
}

/** What was brought from another file is taken back, as far as nobody has written since. */
export function takeBack(draft: CustomerState, from: string, seq: number): void {
  const conflicts: Record<string, readonly Conflicting[]> = {};
  for (const [field, waiting] of Object.entries(draft.conflicts)) {
    const left = waiting.filter((each) => each.from !== from);
    if (left.length > 1) conflicts[field] = left;
  }
  draft.conflicts = conflicts;
  for (const [field, said] of Object.entries(draft.said)) {
    if (said.seq !== seq || Object.hasOwn(conflicts, field)) continue;
    const { [field]: _, ...others } = draft.said;
    if (isFixed(field)) draft[field] = '';
    else {
      const { [field]: _gone, ...fields } = draft.fields;
      draft.fields = fields;
    }
    draft.said = others;
  }
}
