import { proofs } from '../../access/erasing.ts';
import type { ErasingRules, LogEntry, RevokingRule } from '../../access/kind.ts';
import { customerDropNote, type CustomerState } from './customer-schema.ts';

/** Entries that speak of a note, and begin with its target. */
const about: ReadonlySet<string> = new Set(['customer.editNote', 'customer.dropNote']);

const isEmpty = ({ data }: LogEntry): boolean =>
  typeof data === 'object' && data !== null && 'erased' in data;

/** Of a note: its words were put away. */
export const isDropped = (entry: LogEntry | null | undefined): boolean => !!entry && isEmpty(entry);

const targetOf = (entry: LogEntry) => {
  const parsed = about.has(entry.type) ? customerDropNote.safeParse(entry.data) : null;
  return parsed?.success ? parsed.data.target : null;
};

/** Whoever deletes a note has its words and their versions put away, as of a message that is recalled. */
export const noteErasing: ErasingRules<CustomerState> = {
  about: targetOf,
  takesBack: ({ type }) => type === 'customer.dropNote',
  isUnique: ({ type }) => type === 'customer.note',
  files: () => [],
  emptied(entry) {
    if (isEmpty(entry)) return entry;
    if (entry.type === 'customer.note') return { ...entry, data: { erased: true } };
    const target = entry.type === 'customer.editNote' ? targetOf(entry) : null;
    return target ? { ...entry, data: { target, erased: true } } : entry;
  },
  without: (state, id) => (state.lastNote?.id === id ? { ...state, lastNote: null } : state),
  ...proofs,
};

/** A restored relay hears of it before anything else: nothing gives the words back. */
export const noteRevoking: Readonly<Record<string, RevokingRule<CustomerState>>> = {
  'customer.dropNote': () => null,
};
