/* What stands around a message: day lines, runs of one person, notices of what happened to the group. */
import type { MemberId } from '../../../shared/base/ids.ts';
import { chatMember, chatMembers, chatRename } from '../../../shared/features/chat/group-schema.ts';
import { chatPin, importedIn, messageOf, type ChatSend } from '../../../shared/features/chat/messages.ts';
import { chatCreate } from '../../../shared/features/chat/schema.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { MarkedEntry } from '../../data/api.ts';
import { daysAgo, formatList } from '../../i18n/index.ts';
import { t as talk } from './conversation/strings.ts';
import { authorKey, saidAt } from './imported/authors.ts';
import { t as imports } from './imported/strings.ts';
import { customerNotice } from './customer-notices.ts';
import { groupNotice } from './group-notices.ts';
import { outsideNotice } from './outside/notices.ts';
import { t } from './strings.ts';

/** Messages of one person closer than this share one avatar. Milliseconds. */
const runGap = 5 * 60_000;

export interface Surroundings {
  /** A new day begins with this entry. */
  readonly newDay: boolean;
  /** First of a run: shows avatar, name and time. */
  readonly first: boolean;
  /** Last of a run: has the read state and the space under it. */
  readonly last: boolean;
}

/** Entries that only say something of others: they change how those read and have no row. */
const silent: ReadonlySet<string> = new Set([
  'chat.edit',
  'chat.recall',
  'chat.react',
  'chat.card',
  'chat.uncard',
  'chat.urge',
  'chat.confirmUrgent',
  'chat.giveUp',
]);

export const hasRow = ({ type }: LogEntry): boolean => !silent.has(type);

const isMessage = ({ type }: LogEntry): boolean => type === 'chat.send' || type === 'chat.import';

const inOneRun = (a: MarkedEntry | undefined, b: MarkedEntry | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  isMessage(a) &&
  isMessage(b) &&
  !a.marks?.recalled &&
  !b.marks?.recalled &&
  authorKey(a) === authorKey(b) &&
  saidAt(b) - saidAt(a) < runGap &&
  daysAgo(saidAt(a), saidAt(b)) === 0;

/** `breakAt` is the seq under the "new messages" line, which ends a run too. */
export function surroundings(
  entries: readonly MarkedEntry[],
  index: number,
  breakAt: number | null,
): Surroundings {
  const before = entries[index - 1];
  const entry = entries[index];
  const after = entries[index + 1];
  return {
    newDay: entry !== undefined && (before === undefined || daysAgo(saidAt(before), saidAt(entry)) !== 0),
    first: !inOneRun(before, entry) || entry?.seq === breakAt,
    last: !inOneRun(entry, after) || after?.seq === breakAt,
  };
}

/** The message in an entry as it reads now; null when it was recalled, and when the entry is something else. */
export function messageIn(entry: MarkedEntry): ChatSend | null {
  const message = entry.marks?.recalled ? null : messageOf(entry);
  const now = entry.marks?.edits.at(-1);
  return message && now ? { ...message, text: now.text, mentions: [...now.mentions] } : message;
}

/** One sentence for what happened to the conversation; null for messages and for what this version does not know. */
export function noticeOf(entry: MarkedEntry, nameOf: (id: MemberId) => string, me: MemberId): string | null {
  const ofCustomer = customerNotice(entry, nameOf, me) ?? outsideNotice(entry, nameOf, me);
  if (ofCustomer !== null) return ofCustomer;
  const mine = entry.by === me;
  const who = nameOf(entry.by);
  const listOf = (ids: readonly MemberId[]): string =>
    formatList(ids.map((id) => (id === me ? t.yourself : nameOf(id))));
  switch (entry.type) {
    case 'chat.send':
      if (!entry.marks?.recalled) return null;
      return mine ? talk.recalledByMe : talk.recalled({ who });
    case 'chat.pin': {
      const parsed = chatPin.safeParse(entry.data);
      if (!parsed.success) return null;
      if (parsed.data.on) return mine ? talk.pinnedByMe : talk.pinnedNotice({ who });
      return mine ? talk.unpinnedByMe : talk.unpinnedNotice({ who });
    }
    case 'chat.create': {
      const parsed = chatCreate.safeParse(entry.data);
      if (!parsed.success || parsed.data.type === 'direct') return null;
      const { imports: source } = parsed.data;
      if (source) {
        const from = imports[source];
        return mine ? imports.beganByMe({ from }) : imports.began({ who, from });
      }
      return mine ? t.createdByMe : t.created({ who });
    }
    case 'chat.import': {
      if (entry.marks?.recalled) return mine ? talk.recalledByMe : talk.recalled({ who });
      const said = importedIn(entry);
      return said?.recalled ? talk.recalled({ who: said.name }) : null;
    }
    case 'chat.imported':
      return mine ? imports.doneByMe : imports.done({ who });
    case 'chat.rename': {
      const parsed = chatRename.safeParse(entry.data);
      if (!parsed.success) return null;
      const { title } = parsed.data;
      if (title === '') return mine ? t.unnamedByMe : t.unnamed({ who });
      return mine ? t.renamedByMe({ title }) : t.renamed({ who, title });
    }
    case 'chat.addMembers': {
      const parsed = chatMembers.safeParse(entry.data);
      if (!parsed.success) return null;
      const people = listOf(parsed.data.members);
      return mine ? t.addedByMe({ people }) : t.added({ who, people });
    }
    case 'chat.removeMember': {
      const parsed = chatMember.safeParse(entry.data);
      if (!parsed.success) return null;
      const people = listOf([parsed.data.member]);
      return mine ? t.removedByMe({ people }) : t.removed({ who, people });
    }
    case 'chat.leave':
      return mine ? t.leftByMe : t.left({ who });
    default:
      return groupNotice(entry, nameOf, me);
  }
}
