/* A conversation as the lines of an export: what each message says now, what it said before, and what people did with it. */
import type { CommandId, MemberId } from '../../../../shared/base/ids.ts';
import type { MessageFile } from '../../../../shared/features/chat/attachment.ts';
import { readsFrom } from '../../../../shared/features/chat/membership.ts';
import {
  importedIn,
  messageOf,
  type ChatSend,
  type Imported,
} from '../../../../shared/features/chat/messages.ts';
import type { ChatRow, Files, MarkedEntry, WorkspaceData } from '../../../data/api.ts';
import { reactionsOf } from '../conversation/reactions.ts';
import type { EventLine, MessageLine, PersonLine } from '../import/format.ts';
import { personName } from '../people.ts';
import { noticeOf } from '../timeline.ts';

/** Milliseconds since 1970; null: no end on that side. `to` is not part of it. */
export interface Period {
  readonly from: number | null;
  readonly to: number | null;
}

export type Line = (MessageLine & { readonly id: string }) | EventLine;

export const isEvent = (line: Line): line is EventLine => 'event' in line;

/** Where the bytes of a file are in the export, or why they are not. */
export type FilePlace = { readonly path: string } | { readonly missing: string };

export interface Surveyed {
  readonly messages: number;
  /** Each once. */
  readonly files: readonly MessageFile[];
  /** Ids of messages that others answer. */
  readonly answered: ReadonlySet<string>;
}

/** What is read of an entry. */
interface Read {
  /** As it was sent. */
  readonly message: ChatSend | null;
  readonly imported: Imported | null;
  readonly at: number;
}

/** Where conversations are taken from: what this device has, or what the relay gives whoever takes all customers along. */
export interface Taken extends Pick<WorkspaceData, 'workspace' | 'me' | 'directory' | 'readLog'> {
  readonly sync: Pick<WorkspaceData['sync'], 'connection'>;
  readonly files: Pick<Files, 'here' | 'fetch'>;
}

export class Contents {
  readonly #data: Taken;
  readonly row: ChatRow;
  readonly #period: Period;
  /** Everybody who was met so far. */
  readonly #people = new Map<string, PersonLine>();

  constructor(data: Taken, row: ChatRow, period: Period) {
    this.#data = data;
    this.row = row;
    this.#period = period;
    for (const member of Object.keys(row.state.members) as MemberId[]) this.#meet(member);
  }

  get people(): readonly PersonLine[] {
    return [...this.#people.values()];
  }

  nameOf(id: string): string {
    return this.#people.get(id)?.name ?? id;
  }

  /** Entries that this person may read and this device does not have. */
  async older(): Promise<number> {
    const first = readsFrom(this.row.state, this.#data.me);
    for await (const [entry] of this.#data.readLog(this.row.room))
      return Math.max(0, (entry?.seq ?? 0) - first);
    return 0;
  }

  /** In order, in pieces, read anew each time. `place` says where files are, once that is known. */
  async *lines(place?: (file: MessageFile) => FilePlace): AsyncGenerator<readonly Line[]> {
    const { from, to } = this.#period;
    for await (const piece of this.#data.readLog(this.row.room))
      yield piece.flatMap((entry) => {
        // Read once: a long conversation is mostly reading.
        const message = messageOf(entry);
        const imported = entry.type === 'chat.import' ? importedIn(entry) : null;
        const at = imported?.at ?? entry.at;
        const isIn = (from === null || at >= from) && (to === null || at < to);
        return isIn ? (this.#line(entry, { message, imported, at }, place) ?? []) : [];
      });
  }

  /** What has to be known of all messages before the first is written. */
  async survey(signal: AbortSignal, onprogress: (messages: number) => void): Promise<Surveyed> {
    const files = new Map<string, MessageFile>();
    const answered = new Set<string>();
    let messages = 0;
    const keep = (file: MessageFile): FilePlace => {
      if (!files.has(file.hash)) files.set(file.hash, file);
      return { path: '' };
    };
    for await (const lines of this.lines(keep)) {
      signal.throwIfAborted();
      for (const line of lines) {
        if (isEvent(line)) continue;
        messages += 1;
        if (line.replyTo !== undefined) answered.add(line.replyTo);
      }
      onprogress(messages);
    }
    return { messages, files: [...files.values()], answered };
  }

  #meet(member: MemberId): string {
    if (!this.#people.has(member)) {
      const known = this.#data.directory.members[member];
      this.#people.set(member, {
        id: member,
        name: personName(this.#data.directory, member),
        ...(known?.email ? { email: known.email } : {}),
        ...(Object.hasOwn(this.row.state.members, member) ? { member: true } : {}),
      });
    }
    return member;
  }

  /** Somebody of whom an import only told the name. */
  #meetName(name: string): string {
    const id = `imported:${name}`;
    if (!this.#people.has(id)) this.#people.set(id, { id, name });
    return id;
  }

  #line(
    entry: MarkedEntry,
    { message, imported, at }: Read,
    place?: (file: MessageFile) => FilePlace,
  ): Line | null {
    const { id, by, marks } = entry;
    const base = {
      id,
      at,
      by: imported ? this.#meetName(imported.name) : this.#meet(by),
      ...(imported ? { imported: { by: this.#meet(by), at: entry.at } } : {}),
    };
    if (!message || marks?.recalled) {
      if (marks?.recalled || imported?.recalled || entry.type === 'chat.send')
        return { ...base, recalled: true };
      const sentence = noticeOf(entry, (member) => personName(this.#data.directory, member), '' as MemberId);
      return sentence === null
        ? null
        : { event: entry.type, id, at, by: this.#meet(by), sentence, data: entry.data };
    }
    const edits = marks?.edits ?? [];
    const now = edits.at(-1);
    const { all, reply, thread, forwarded, record, files } = message;
    const text = now?.text ?? message.text;
    const mentions = now?.mentions ?? message.mentions ?? [];
    const versions = [
      ...(imported?.versions ?? []),
      ...(edits.length > 0 ? [{ at, text: message.text }, ...edits.slice(0, -1)] : []),
    ].map((version) => ({ at: version.at, text: version.text }));
    const edited = now?.at ?? imported?.edited;
    const reactions = [
      ...(imported?.reactions ?? []).map(({ emoji, by: names }) => ({
        emoji,
        by: names.map((name) => this.#meetName(name)),
      })),
      ...reactionsOf(marks).map(({ emoji, people }) => ({
        emoji,
        by: people.map((each) => this.#meet(each)),
      })),
    ];
    const source = forwarded
      ? forwarded.name === undefined
        ? this.#meet(forwarded.by)
        : this.#meetName(forwarded.name)
      : imported?.forwarded === undefined
        ? undefined
        : this.#meetName(imported.forwarded);
    return {
      ...base,
      text,
      ...(mentions.length > 0 ? { mentions: mentions.map((member) => this.#meet(member)) } : {}),
      ...(all ? { all } : {}),
      ...(reply ? { replyTo: reply.id } : {}),
      ...(thread ? { thread: thread.id } : {}),
      ...(files ? { files: files.map((file) => fileLineOf(file, place?.(file))) } : {}),
      ...(reactions.length > 0 ? { reactions } : {}),
      ...(versions.length > 0 ? { versions } : {}),
      ...(edited === undefined ? {} : { edited }),
      ...(source === undefined ? {} : { forwarded: source }),
      ...(record
        ? {
            record: {
              title: record.title,
              items: record.items.map((item) => ({
                by: item.name === undefined ? this.#meet(item.by) : this.#meetName(item.name),
                at: item.at,
                text: item.text,
              })),
            },
          }
        : {}),
    };
  }
}

function fileLineOf(
  { hash, name, size, type, width, height, duration, wave }: MessageFile,
  place: FilePlace | undefined,
): NonNullable<MessageLine['files']>[number] {
  const shape = { width, height, duration, wave };
  return {
    name,
    size,
    type,
    sha256: hash,
    ...Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)),
    ...place,
  };
}

export const isPinnedLine = (row: ChatRow, id: string): boolean =>
  (row.state.pins ?? []).some((pin) => pin.id === (id as CommandId));
