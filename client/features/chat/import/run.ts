/* Brings one conversation of a source here, message by message, through the queue of this device. */
import { newId, type CommandId, type MemberId, type RoomId } from '../../../../shared/base/ids.ts';
import type { ErrorCode } from '../../../../shared/base/errors.ts';
import type { EntryTarget } from '../../../../shared/access/kind.ts';
import { messageFile, type MessageFile } from '../../../../shared/features/chat/attachment.ts';
import { importedIn, type ChatImport } from '../../../../shared/features/chat/messages.ts';
import type { ChatCreate, ImportState } from '../../../../shared/features/chat/schema.ts';
import { limits } from '../../../../shared/protocol/limits.ts';
import type { ChatRow, QueuedItem, WorkspaceData } from '../../../data/api.ts';
import { hashOf } from '../../../data/blobs.ts';
import { FailureError } from '../../../data/failure-error.ts';
import { chatRoom } from '../commands.ts';
import { commandOf, fileName, fileOf, partsOf, type Part } from './message.ts';
import type { Called, Source, SourceChannel, SourceFile } from './source.ts';

/** Messages that are queued in one step, and how many may wait for the relay before the next. */
const step = 100;
const mostWaiting = 200;
/** Bytes of files that may wait: what is queued lies on this device until it is sent. */
const mostFilesWaiting = 4;
/** How often the queue is looked at. Milliseconds. */
const look = 20;
/** Times that a step is queued. */
const mostTries = 250;
/** What the text of a message may grow by for files that are missing. */
const longestNote = 1_000;

export interface ImportPlan {
  readonly source: Source['kind'];
  readonly channel: SourceChannel;
  readonly title: string;
  /** Who is let in when all of it is here. */
  readonly letIn: readonly MemberId[];
  readonly called: Called;
  member(key: string): MemberId | null;
  /** Another group for the same conversation, where it was imported before: 2, 3, … */
  readonly again: number;
  /** A conversation that waits for what was said, and is opened by somebody else; without it a group is made. */
  readonly into?: string;
}

export interface MissingFile {
  readonly name: string;
  readonly why: 'not-in-file' | 'too-large' | 'refused';
}

export type ImportOutcome =
  | {
      readonly kind: 'done';
      readonly chat: string;
      readonly messages: number;
      readonly missing: readonly MissingFile[];
    }
  /** It is here from an earlier import. */
  | { readonly kind: 'already'; readonly chat: string }
  /** Somebody imported it into a group that this person is not in. */
  | { readonly kind: 'elsewhere' }
  /** What was begun came from a file with other messages. */
  | { readonly kind: 'different'; readonly chat: string }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly code: ErrorCode };

export interface ImportWatch {
  readonly signal: AbortSignal;
  progress(messages: number): void;
}

/** The same for every export of one conversation, so that none is here twice. */
export async function importedChatId(source: Source['kind'], key: string, again: number): Promise<string> {
  const hash = await hashOf(new Blob([`${source} ${key}`]));
  return `import-${hash.slice(0, 32)}${again > 1 ? `-${again}` : ''}`;
}

class Stopped extends Error {}
class Refused extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

export async function importChannel(
  data: WorkspaceData,
  plan: ImportPlan,
  watch: ImportWatch,
): Promise<ImportOutcome> {
  const chat = plan.into ?? (await importedChatId(plan.source, plan.channel.key, plan.again));
  const run = new Run(data, chat, plan, watch);
  try {
    return await run.run();
  } catch (cause) {
    await run.clear();
    if (cause instanceof Stopped) return { kind: 'stopped' };
    if (cause instanceof Refused)
      return cause.code === 'already-exists' ? { kind: 'elsewhere' } : { kind: 'failed', code: cause.code };
    if (cause instanceof FailureError) return { kind: 'failed', code: cause.failure.code };
    throw cause;
  }
}

class Run {
  readonly #data: WorkspaceData;
  readonly #chat: string;
  readonly #room: RoomId;
  readonly #plan: ImportPlan;
  readonly #watch: ImportWatch;
  /** Where imported messages are, by their ids in the source. */
  readonly #places = new Map<string, EntryTarget>();
  readonly #missing: MissingFile[] = [];
  /** Entries of the group so far, with those that wait. */
  #head = 1;

  constructor(data: WorkspaceData, chat: string, plan: ImportPlan, watch: ImportWatch) {
    this.#data = data;
    this.#chat = chat;
    this.#room = chatRoom(data, chat);
    this.#plan = plan;
    this.#watch = watch;
  }

  async run(): Promise<ImportOutcome> {
    const before = this.#row?.state.imports;
    if (this.#row && (!before || before.done)) return { kind: 'already', chat: this.#chat };
    if (before) await this.#recall();
    else await this.#begin();
    const messages = await this.#bring(before ?? null);
    if (messages === null) return { kind: 'different', chat: this.#chat };
    await this.#settled();
    if (this.#plan.into !== undefined)
      return { kind: 'done', chat: this.#chat, messages, missing: this.#missing };
    const here = (member: MemberId): boolean => this.#data.directory.members[member]?.leftAt === null;
    await this.#data.send(this.#room, 'chat.imported', { members: this.#plan.letIn.filter(here) });
    await this.#settled();
    return { kind: 'done', chat: this.#chat, messages, missing: this.#missing };
  }

  /** Takes back what was refused, and what the relay would refuse behind it. */
  async clear(): Promise<void> {
    for (const item of this.#queued)
      if (item.failure && item.type !== 'blob') await this.#data.discard(item.id);
  }

  get #row(): ChatRow | null {
    return this.#data.chat(this.#chat);
  }

  get #queued(): readonly QueuedItem[] {
    return this.#data.sync.queue.filter(({ room }) => room === this.#room);
  }

  async #begin(): Promise<void> {
    const { me } = this.#data;
    const title = this.#plan.title.trim().slice(0, 100);
    const create: ChatCreate = { type: 'group', title, members: [me], imports: this.#plan.source };
    await this.#data.send(this.#room, 'chat.create', create);
    // Whether somebody was first is known to the relay alone.
    await this.#settled();
  }

  /** What an earlier run brought, for what answers it. */
  async #recall(): Promise<void> {
    await this.#settled();
    for await (const piece of this.#data.readLog(this.#room))
      for (const entry of piece) {
        this.#head = entry.seq + 1;
        const imported = importedIn(entry);
        if (imported) this.#places.set(imported.id, { seq: entry.seq, id: entry.id });
      }
  }

  /** Everything that is not here yet; resolves to how many messages there are. Null when what is here is not of this file. */
  async #bring(before: ImportState | null): Promise<number | null> {
    let n = 0;
    let waiting: { part: Part; n: number }[] = [];
    for await (const piece of this.#plan.channel.messages(() => undefined, this.#plan.called)) {
      for (const part of piece.flatMap(partsOf)) {
        const isHere = before !== null && n < before.count;
        if (isHere && n === before.count - 1 && part.id.slice(0, 100) !== before.last) return null;
        if (!isHere) waiting.push({ part, n });
        n += 1;
        if (waiting.length < step) continue;
        await this.#send(waiting);
        waiting = [];
        this.#watch.progress(n);
      }
    }
    if (before && n < before.count) return null;
    await this.#send(waiting);
    this.#watch.progress(n);
    return n;
  }

  async #send(parts: readonly { part: Part; n: number }[]): Promise<void> {
    if (parts.length === 0) return;
    const commands: { id: CommandId; type: string; data: ChatImport }[] = [];
    for (const { part, n } of parts) {
      const { files, words } = await this.#files(part);
      const id = newId<CommandId>();
      const context = {
        me: this.#data.me,
        member: (key: string) => this.#plan.member(key),
        find: (source: string) => this.#places.get(source),
      };
      commands.push({ id, type: 'chat.import', data: commandOf(part, n, files, words, context) });
      this.#places.set(part.id, { seq: this.#head, id });
      this.#head += 1;
    }
    await this.#below(mostWaiting);
    await this.#queue(commands);
  }

  /** For a moment this device may count what the relay has just answered twice; the relay itself never does. */
  async #queue(commands: Parameters<WorkspaceData['sendAll']>[1]): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#data.sendAll(this.#room, commands);
      } catch (cause) {
        const isMiscount = cause instanceof FailureError && cause.failure.code === 'import-incomplete';
        if (!isMiscount || tries === mostTries) throw cause;
        await new Promise((resolve) => setTimeout(resolve, look));
        await this.#below(mostWaiting);
      }
    }
  }

  async #files(part: Part): Promise<{ files: MessageFile[]; words: string }> {
    const files: MessageFile[] = [];
    let words = '';
    for (const file of part.files) {
      const kept = await this.#keep(file);
      if (typeof kept !== 'string') {
        files.push(kept);
        continue;
      }
      this.#missing.push({ name: file.name, why: kept });
      const name = fileName(file.name).replaceAll(/[[\]]/g, ' ');
      const line =
        file.address && !/[()\s]/.test(file.address) ? `📎 [${name}](${file.address})` : `📎 ${name}`;
      if (words.length + line.length < longestNote) words += `${words === '' ? '' : '\n'}${line}`;
    }
    return { files, words };
  }

  async #keep(file: SourceFile): Promise<MessageFile | MissingFile['why']> {
    const bytes = await file.read();
    if (!bytes || bytes.size === 0) return 'not-in-file';
    if (bytes.size > limits.file) return 'too-large';
    await this.#until(
      () => this.#queued.filter(({ type, failure }) => type === 'blob' && !failure).length < mostFilesWaiting,
    );
    const name = fileName(file.name);
    const hash = await this.#data.files.put(this.#room, new Blob([bytes], { type: file.type }), { name });
    const made = fileOf(file, hash, bytes.size);
    return messageFile.safeParse(made).success ? made : { hash, name, size: bytes.size, type: '' };
  }

  async #below(most: number): Promise<void> {
    await this.#until(() => this.#queued.length < most);
  }

  async #settled(): Promise<void> {
    await this.#until(() => this.#queued.every(({ type, failure }) => type === 'blob' && failure !== null));
    for (const { words, failure, id } of this.#queued)
      if (failure && !this.#missing.some(({ name, why }) => name === words && why === 'refused')) {
        this.#missing.push({ name: words, why: 'refused' });
        await this.#data.discard(id);
      }
    // The last answers are here before the entries are.
    await this.#until(() => this.#row?.pending === false);
  }

  /** Looks at the queue again and again. Whatever the relay refused of the messages ends the import. */
  async #until(isSo: () => boolean): Promise<void> {
    for (;;) {
      const refused = this.#queued.find(({ type, failure }) => failure && type !== 'blob');
      if (refused?.failure) throw new Refused(refused.failure.code);
      if (this.#watch.signal.aborted) throw new Stopped();
      if (isSo()) return;
      await new Promise((resolve) => setTimeout(resolve, look));
    }
  }
}
