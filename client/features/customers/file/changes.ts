/* What the entries of a customer's file say: notes, follow-ups, and a sentence for each change. Pure. */
import type { LogEntry } from '../../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../../shared/base/ids.ts';
import {
  customerAssigned,
  customerBegin,
  customerCome,
  customerComplain,
  customerDone,
  customerDropNote,
  customerEditNote,
  customerFollowUp,
  customerHelp,
  customerNote,
  customerQuiet,
  customerSet,
  customerSettle,
  customerStage,
  customerTag,
} from '../../../../shared/features/customers/customer-schema.ts';
import { customerUnanswered } from '../../../../shared/features/customers/unanswered.ts';
import { isGuest } from '../../../../shared/base/guests.ts';
import { formatList } from '../../../i18n/index.ts';
import { t } from '../strings.ts';
import { exchanged } from './exchanged.ts';

export interface Note {
  readonly id: CommandId;
  readonly seq: number;
  readonly by: MemberId;
  readonly at: number;
  readonly text: string;
  readonly edited: boolean;
}

/** Newest first, as they read now. */
export function notesIn(entries: readonly LogEntry[]): readonly Note[] {
  const notes = new Map<CommandId, Note>();
  for (const { id, seq, by, at, type, data } of entries) {
    if (type === 'customer.note') {
      const parsed = customerNote.safeParse(data);
      if (parsed.success) notes.set(id, { id, seq, by, at, text: parsed.data.text, edited: false });
    } else if (type === 'customer.editNote') {
      const parsed = customerEditNote.safeParse(data);
      const note = parsed.success ? notes.get(parsed.data.target.id) : undefined;
      if (parsed.success && note) notes.set(note.id, { ...note, text: parsed.data.text, edited: true });
    } else if (type === 'customer.dropNote') {
      const parsed = customerDropNote.safeParse(data);
      if (parsed.success) notes.delete(parsed.data.target.id);
    }
  }
  return [...notes.values()].reverse();
}

export interface FollowUp {
  readonly id: CommandId;
  readonly seq: number;
  readonly by: MemberId;
  readonly at: number;
  readonly text: string;
  readonly how: 'chat' | 'call' | 'visit' | 'other';
}

/** Newest first. */
export function followUpsIn(entries: readonly LogEntry[]): readonly FollowUp[] {
  const found: FollowUp[] = [];
  for (const { id, seq, by, at, type, data } of entries) {
    const parsed = type === 'customer.followUp' ? customerFollowUp.safeParse(data) : null;
    if (parsed?.success) found.unshift({ id, seq, by, at, text: parsed.data.text, how: parsed.data.how });
  }
  return found;
}

/** How what entries name by id is called. */
export interface Names {
  person(id: MemberId): string;
  field(id: string): string;
  /** Null for one that is gone. */
  tag(id: string): string | null;
  stage(id: string): string;
  /** Of a customer, who may be gone. */
  customer(id: string): string;
  /** Of whoever said it and is nobody here. */
  readonly author?: string;
}

/** One sentence for what changed; null for what this version does not know. */
export function changeOf(entry: LogEntry, names: Names): string | null {
  const who = names.author ?? names.person(entry.by);
  const people = (ids: readonly MemberId[]): string => formatList(ids.map((id) => names.person(id)));
  const tagged = (ids: readonly string[]): string =>
    formatList(ids.map((id) => names.tag(id) ?? t.droppedTag));
  switch (entry.type) {
    case 'customer.begin': {
      const parsed = customerBegin.safeParse(entry.data);
      const link = parsed.success ? parsed.data.link : null;
      return link ? t.happenedBeganBy({ who, link: link.name }) : t.happenedBegan({ who });
    }
    case 'customer.come': {
      const parsed = customerCome.safeParse(entry.data);
      return parsed.success ? t.happenedCame({ who, link: parsed.data.link.name }) : null;
    }
    case 'customer.introduce':
      return t.happenedIntroduced({ who });
    case 'customer.looked':
      return t.happenedLooked({ who });
    case 'customer.complain': {
      const parsed = customerComplain.safeParse(entry.data);
      return parsed.success ? t.happenedComplained({ text: parsed.data.text }) : null;
    }
    case 'customer.set': {
      const parsed = customerSet.safeParse(entry.data);
      if (!parsed.success) return null;
      const field = names.field(parsed.data.field);
      const { value } = parsed.data;
      return value === '' ? t.happenedCleared({ who, field }) : t.happenedSet({ who, field, value });
    }
    case 'customer.settle': {
      const parsed = customerSettle.safeParse(entry.data);
      if (!parsed.success) return null;
      const { field, value } = parsed.data;
      return t.happenedSettled({ who, field: names.field(field), value: value || t.conflictEmpty });
    }
    case 'customer.tag': {
      const parsed = customerTag.safeParse(entry.data);
      if (!parsed.success) return null;
      const { add, remove } = parsed.data;
      const said = [
        ...(add.length > 0 ? [t.happenedTagged({ who, tags: tagged(add) })] : []),
        ...(remove.length > 0 ? [t.happenedUntagged({ who, tags: tagged(remove) })] : []),
      ];
      return formatList(said);
    }
    case 'customer.stage': {
      const parsed = customerStage.safeParse(entry.data);
      return parsed.success ? t.happenedStage({ who, stage: names.stage(parsed.data.stage) }) : null;
    }
    case 'customer.assign': {
      const parsed = customerAssigned.safeParse(entry.data);
      if (!parsed.success) return null;
      const { owner, handover } = parsed.data;
      const said = { who, people: names.person(owner) };
      if (!handover) return t.happenedAssigned(said);
      return handover.undo ? t.happenedHandedBack(said) : t.happenedHanded(said);
    }
    case 'customer.unanswered': {
      const parsed = customerUnanswered.safeParse(entry.data);
      if (!parsed.success) return null;
      const { owner } = parsed.data;
      return owner === undefined
        ? t.happenedUnansweredStays
        : t.happenedUnanswered({ people: names.person(owner) });
    }
    case 'customer.help': {
      const parsed = customerHelp.safeParse(entry.data);
      if (!parsed.success) return null;
      const { add, remove } = parsed.data;
      const said = [
        ...(add.length > 0 ? [t.happenedHelp({ who, people: people(add) })] : []),
        ...(remove.length > 0 ? [t.happenedNoHelp({ who, people: people(remove) })] : []),
      ];
      return formatList(said);
    }
    case 'customer.note':
      return t.happenedNote({ who });
    case 'customer.editNote':
      return t.happenedNoteEdited({ who });
    case 'customer.dropNote':
      return t.happenedNoteDropped({ who });
    case 'customer.followUp':
      return t.happenedFollowUp({ who });
    case 'customer.done':
      return customerDone.safeParse(entry.data).success ? t.happenedDone({ who }) : null;
    case 'customer.quiet': {
      const parsed = customerQuiet.safeParse(entry.data);
      if (!parsed.success) return null;
      return parsed.data.on ? t.happenedQuiet({ who }) : t.happenedNotQuiet({ who });
    }
    case 'customer.end':
      return isGuest(entry.by) ? t.happenedGuestEnded : t.happenedEnded({ who });
    case 'customer.reopen':
      return t.happenedReopened({ who });
    default:
      return exchanged(entry, who, names);
  }
}
