/*
 * What a guest's page shows of a conversation, read from its entries. The relay has judged them by the schemas in
 * shared/features/chat; here only what is shown is looked at, and what is not as expected is left out: the schemas
 * themselves would be half of the page.
 */
import type { EntryTarget, LogEntry } from '../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../shared/base/ids.ts';
import { linksIn } from '../../shared/features/chat/links.ts';
import type { MessageFile } from '../../shared/features/chat/attachment.ts';
import type { Outgoing, StaffMember } from './contract.ts';

const fieldOf = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

const asTarget = (value: unknown): EntryTarget | null => {
  const [seq, id] = [fieldOf(value, 'seq'), fieldOf(value, 'id')];
  return typeof seq === 'number' && typeof id === 'string' ? { seq, id: id as CommandId } : null;
};

/** The entry that this one speaks of; null where it speaks of none. */
export const targetOf = ({ data }: Pick<LogEntry, 'data'>): EntryTarget | null =>
  asTarget(fieldOf(data, 'target'));

export type ShownFile = Pick<
  MessageFile,
  'hash' | 'name' | 'size' | 'type' | 'width' | 'height' | 'duration' | 'small'
>;

const hash = /^[0-9a-f]{64}$/;

export const filesOf = ({ data }: Pick<LogEntry, 'data'>): readonly ShownFile[] =>
  listOf(fieldOf(data, 'files')).flatMap((file) => {
    const of = textOf(fieldOf(file, 'hash'));
    const small = textOf(fieldOf(file, 'small'));
    const [width, height] = [numberOf(fieldOf(file, 'width')), numberOf(fieldOf(file, 'height'))];
    if (!hash.test(of)) return [];
    return {
      hash: of,
      name: textOf(fieldOf(file, 'name')),
      size: numberOf(fieldOf(file, 'size')) ?? 0,
      type: textOf(fieldOf(file, 'type')),
      ...(width && height ? { width, height } : {}),
      ...(hash.test(small) ? { small } : {}),
    };
  });

export type FileKind = 'picture' | 'video' | 'audio' | 'file';

const pictures = /^image\/(png|jpeg|gif|webp|avif)$/;

/** What every browser shows; anything else can be saved. */
export const kindOf = ({ type }: Pick<ShownFile, 'type'>): FileKind =>
  pictures.test(type)
    ? 'picture'
    : /^video\/(mp4|webm)$/.test(type)
      ? 'video'
      : /^audio\/(mpeg|mp4|ogg|wav|webm|flac)$/.test(type)
        ? 'audio'
        : 'file';

/** Why an own message is not on the relay: on its way, refused. */
export type Delivery = 'waiting' | 'failed' | 'delivered' | 'read';

/** What the page says of itself that a message links to, as the relay read it. */
export interface ShownCard {
  readonly url: string;
  readonly title: string;
  readonly description: string;
  /** What the site calls itself, else its host. */
  readonly site: string;
  /** A picture of the conversation, by its hash. */
  readonly picture: string | null;
}

export interface MessageLine {
  readonly kind: 'message';
  readonly id: CommandId;
  /** Where it stands in the log; null until the relay has it. */
  readonly seq: number | null;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Null for the guest's own. */
  readonly by: MemberId | null;
  readonly text: string;
  readonly files: readonly ShownFile[];
  readonly card: ShownCard | null;
  readonly edited: boolean;
  /** Many get it: one may want no more of them. */
  readonly mass: boolean;
  readonly recalled: boolean;
  /** Beginning of the message that this one answers. */
  readonly answers: string | null;
  /** Words of messages that were forwarded. */
  readonly forwarded: readonly string[];
  /** Of own messages only. */
  readonly delivery: Delivery | null;
  readonly failure: Outgoing['failure'];
}

/** Who of the company, or which other guest. */
export interface StaffLine {
  readonly kind: 'entered' | 'left';
  readonly id: CommandId;
  readonly at: number;
  readonly members: readonly MemberId[];
}

export type Line = MessageLine | StaffLine;

const membersOf = (data: unknown): readonly MemberId[] => {
  const one = fieldOf(data, 'member') ?? fieldOf(data, 'guest');
  return (typeof one === 'string' ? [one] : listOf(fieldOf(data, 'members'))).filter(
    (each): each is MemberId => typeof each === 'string',
  );
};

/** Somebody comes into a conversation, or goes. */
const moves: ReadonlyMap<string, StaffLine['kind']> = new Map([
  ...(['addMembers', 'enter', 'join'] as const).map((type) => [`chat.${type}`, 'entered'] as const),
  ...(['removeMember', 'depart', 'leave'] as const).map((type) => [`chat.${type}`, 'left'] as const),
]);

type Said = Omit<MessageLine, 'kind' | 'seq' | 'by' | 'card' | 'delivery' | 'failure' | 'edited'>;

const quoteLength = 120;

function cardOf(data: unknown): ShownCard | null {
  const card = fieldOf(data, 'card');
  const [url, title] = [textOf(fieldOf(card, 'url')), textOf(fieldOf(card, 'title'))];
  if (!/^https?:\/\//.test(url) || !title || !URL.canParse(url)) return null;
  const picture = textOf(fieldOf(fieldOf(card, 'picture'), 'hash'));
  return {
    ...{ url, title, description: textOf(fieldOf(card, 'description')) },
    site: textOf(fieldOf(card, 'site')) || new URL(url).host,
    picture: hash.test(picture) ? picture : null,
  };
}

/** The words of a message, as it was sent. */
function said(
  { id, at, data }: Pick<LogEntry, 'id' | 'at' | 'data'>,
  wordsOf: (target: EntryTarget) => string | null,
): Said {
  const reply = asTarget(fieldOf(data, 'reply'));
  const record = fieldOf(data, 'record');
  return {
    id,
    at,
    text: textOf(fieldOf(data, 'text')),
    files: filesOf({ data }),
    recalled: fieldOf(data, 'erased') === true,
    mass: textOf(fieldOf(data, 'broadcast')) !== '',
    answers: reply && (wordsOf(reply)?.slice(0, quoteLength) ?? null),
    forwarded: listOf(fieldOf(record, 'items')).map((item) => textOf(fieldOf(item, 'text'))),
  };
}

export interface Told {
  readonly me: MemberId;
  readonly entries: readonly LogEntry[];
  readonly outbox: readonly Outgoing[];
  /** Up to where each has read. */
  readonly positions: Readonly<Record<MemberId, number>>;
}

/** The conversation as it reads now, own messages that wait for the relay last. */
export function linesOf({ me, entries, outbox, positions }: Told): readonly Line[] {
  const edits = new Map<string, { readonly text: string }>();
  const recalled = new Set<string>();
  const cards = new Map<string, ShownCard | null>();
  const note = ({ type, data }: Pick<LogEntry, 'type' | 'data'>): void => {
    const target = targetOf({ data });
    if (target && type === 'chat.edit') edits.set(target.id, { text: textOf(fieldOf(data, 'text')) });
    if (target && type === 'chat.recall') recalled.add(target.id);
    if (target && type === 'chat.card') cards.set(target.id, cardOf(data));
    if (target && type === 'chat.uncard') cards.set(target.id, null);
  };
  const waiting = outbox.filter(({ type, failure }) => type === 'chat.send' || failure === null);
  for (const each of [...entries, ...waiting]) note(each);
  const sent = new Map(entries.map((entry) => [entry.id, entry]));
  const wordsOf = ({ id }: EntryTarget): string | null => {
    const entry = sent.get(id);
    return entry && !recalled.has(id) ? (edits.get(id)?.text ?? textOf(fieldOf(entry.data, 'text'))) : null;
  };
  const messageOf = (from: Pick<LogEntry, 'id' | 'at' | 'data'>) => {
    const words = said(from, wordsOf);
    const gone = words.recalled || recalled.has(from.id);
    const edit = edits.get(from.id);
    const text = gone ? '' : (edit?.text ?? words.text);
    // What many get brings its card.
    const card = cards.has(from.id) ? cards.get(from.id) : cardOf(from.data);
    return {
      ...words,
      kind: 'message' as const,
      recalled: gone,
      edited: !gone && edit !== undefined,
      text,
      // Of a link that was edited away nothing is shown.
      card: card && linksIn(text).some(({ href }) => href === card.url) ? card : null,
      files: gone ? [] : words.files,
    };
  };
  const readUpTo = Math.max(
    -1,
    ...Object.entries(positions).flatMap(([member, upTo]) => (member === me ? [] : [upTo])),
  );
  const lines: Line[] = [];
  for (const entry of entries) {
    const { id, at, by, seq, type, data } = entry;
    if (type === 'chat.send' || (type === 'chat.announce' && textOf(fieldOf(data, 'text')) !== '')) {
      const own = by === me;
      const delivery = own ? (seq <= readUpTo ? 'read' : 'delivered') : null;
      lines.push({ ...messageOf(entry), seq, by: own ? null : by, delivery, failure: null });
    } else if (moves.has(type)) {
      const members = (type === 'chat.leave' || type === 'chat.join' ? [by] : membersOf(data)).filter(
        (each) => each !== me,
      );
      if (members.length > 0) lines.push({ kind: moves.get(type)!, id, at, members });
    }
  }
  for (const command of outbox)
    if (command.type === 'chat.send' && !sent.has(command.id)) {
      const { failure, seq } = command;
      const delivery = failure ? 'failed' : seq === null ? 'waiting' : 'delivered';
      lines.push({ ...messageOf(command), seq, by: null, delivery, failure });
    }
  return lines;
}

/** People whom the lines name and who are not known: the relay has to be asked again. */
export function strangersIn(
  lines: readonly Line[],
  staff: readonly (Pick<StaffMember, 'id'> & Partial<StaffMember>)[],
): boolean {
  const known = new Set(staff.map(({ id }) => id));
  return lines.some((line) =>
    line.kind === 'message'
      ? line.by !== null && !known.has(line.by)
      : line.members.some((each) => !known.has(each)),
  );
}
