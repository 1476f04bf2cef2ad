/* Brings customers of an archive here, with all that is known of them, through the queue of this device. */
import type { ErrorCode } from '../../../../shared/base/errors.ts';
import { isGuest } from '../../../../shared/base/guests.ts';
import { newId, type CommandId, type MemberId, type RoomId } from '../../../../shared/base/ids.ts';
import { customerChatId } from '../../../../shared/features/customers/conversation.ts';
import type { CustomerImport } from '../../../../shared/features/customers/exchange-schema.ts';
import type { ContactLink, SettingsState } from '../../../../shared/features/customers/settings-schema.ts';
import { roomId } from '../../../../shared/protocol/rooms.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import { FailureError } from '../../../data/failure-error.ts';
import { loadTaking } from '../../chat/index.ts';
import { settingsRoom } from '../settings/room.ts';
import { archiveHead, archiveShape, entryLine, type ArchiveHead, type EntryLine } from './archive.ts';

type Taking = Awaited<ReturnType<typeof loadTaking>>;

/** Bytes of the list at its top. */
const largestHead = 256 * 1024 * 1024;
/** Bytes of one customer's file. */
const largestFile = 64 * 1024 * 1024;
const atOnce = 200;
/** How often the queue is looked at. Milliseconds. */
const look = 20;

export interface CustomerArchive {
  readonly head: ArchiveHead;
  readonly zip: NonNullable<Awaited<ReturnType<Taking['Archive']['open']>>>;
  /** Who is whom here, by their ids there. */
  readonly members: ReadonlyMap<string, MemberId>;
}

/** Null for a file that is no archive of customers. */
export async function openArchive(data: WorkspaceData, file: Blob): Promise<CustomerArchive | null> {
  const { Archive, matchPeople } = await loadTaking();
  const zip = await Archive.open(file);
  const text = await zip?.text(archiveHead, largestHead);
  if (!zip || !text) return null;
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return null;
  }
  const head = archiveShape.safeParse(said);
  if (!head.success) return null;
  const people = head.data.people.map(({ id, name, email = '' }) => ({ key: id, name, email }));
  const found = matchPeople(people, data.directory);
  return {
    head: head.data,
    zip,
    members: new Map(found.flatMap(({ person, member }) => (member ? [[person.key, member.id]] : []))),
  };
}

type Listed = ArchiveHead['customers'][number];

export type Came = 'came' | 'here' | 'stopped' | { readonly failed: ErrorCode };

class Stopped extends Error {}

/** Brings one after the other; each is here as a whole, or goes on where it stopped the next time. */
export class ArchiveImport {
  readonly #data: WorkspaceData;
  readonly #archive: CustomerArchive;
  readonly #signal: AbortSignal;
  readonly #names: ReadonlyMap<string, string>;

  constructor(data: WorkspaceData, archive: CustomerArchive, signal: AbortSignal) {
    this.#data = data;
    this.#archive = archive;
    this.#signal = signal;
    this.#names = new Map(archive.head.people.map(({ id, name }) => [id, name]));
  }

  /** What is missing here of what the company sets; what is here stays. */
  async settings(): Promise<void> {
    const room = settingsRoom(this.#data);
    for (const { type, data } of this.#missingSettings())
      if (this.#data.may(room, type, data).ok) await this.#data.send(room, type, data);
    await this.#settled([room]);
  }

  async customer(one: Listed): Promise<Came> {
    const room = roomId(this.#data.workspace, 'customer', one.id);
    const chat = roomId(this.#data.workspace, 'chat', customerChatId(one.id));
    try {
      const before = this.#data.customer(one.id)?.state;
      if (before && !before.importing) return 'here';
      await this.#entries(room, one, before?.importing?.count ?? 0);
      if (one.conversation) await this.#conversation(one, chat);
      await this.#data.send(room, 'customer.imported', {});
      await this.#settled([room, chat], one.id);
      return 'came';
    } catch (cause) {
      await this.#clear([room, chat]);
      if (cause instanceof Stopped) return 'stopped';
      if (cause instanceof FailureError) return { failed: cause.failure.code };
      throw cause;
    }
  }

  async #entries(room: RoomId, { id: customer, path }: Listed, from: number): Promise<void> {
    const text = await this.#archive.zip.text(`${path}file.jsonl`, largestFile);
    const lines = (text ?? '').split('\n').filter((line) => line !== '');
    if (lines.length === 0) throw new FailureError({ code: 'not-found', message: 'the file is empty' });
    const commands = lines.slice(from).map((line, at) => {
      const entry = entryLine.safeParse(parsed(line));
      if (!entry.success) throw new FailureError({ code: 'bad-request', message: `entry ${from + at}` });
      const data = this.#asHere(entry.data, from + at);
      return { id: newId<CommandId>(), type: 'customer.import', data };
    });
    for (let at = 0; at < commands.length; at += atOnce) {
      await this.#data.sendAll(room, commands.slice(at, at + atOnce));
      await this.#settled([room], customer);
    }
  }

  async #conversation(one: Listed, chat: RoomId): Promise<void> {
    const { importChannel, openConversationAt } = await loadTaking();
    const channel = await openConversationAt(this.#archive.zip, `${one.path}conversation.json`);
    if (!channel) return;
    const into = customerChatId(one.id);
    // The relay makes it with the file; the device hears of it a moment later.
    await this.#until([chat], () => this.#data.chat(into) !== null);
    const outcome = await importChannel(
      this.#data,
      {
        ...{ source: 'weft', channel, title: one.name, letIn: [], again: 1, into },
        called: (key) => this.#names.get(key) ?? null,
        member: (key) => (isGuest(key) ? (key as MemberId) : (this.#archive.members.get(key) ?? null)),
      },
      { signal: this.#signal, progress: () => undefined },
    );
    if (outcome.kind === 'stopped') throw new Stopped();
    if (outcome.kind === 'failed') throw new FailureError({ code: outcome.code, message: 'a message' });
    if (outcome.kind === 'different' || outcome.kind === 'elsewhere')
      throw new FailureError({ code: 'already-exists', message: 'another conversation' });
  }

  #asHere({ id, type, by, at, data, name }: EntryLine, n: number): CustomerImport {
    const author = isGuest(by) ? by : this.#archive.members.get(by);
    const called = name ?? (author === undefined ? this.#names.get(by) : undefined);
    return {
      ...{ n, id: id as CommandId, type, by: author ?? by, at },
      data: this.#peopleAsHere(data) as Record<string, unknown>,
      ...(called === undefined ? {} : { name: called.slice(0, 100) }),
    };
  }

  /** Who is nobody here owns and helps nobody: the customer is then of whoever imports. */
  #peopleAsHere(value: unknown, key = ''): unknown {
    const { members } = this.#archive;
    if (Array.isArray(value)) {
      const people = ['helpers', 'add', 'remove', 'staff'].includes(key);
      const kept = people
        ? value.filter((each) => this.#isTag(key, each) || members.has(String(each)))
        : value;
      return kept.map((each: unknown) => this.#peopleAsHere(each));
    }
    if (typeof value === 'string') return members.get(value) ?? (key === 'owner' ? this.#data.me : value);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, this.#peopleAsHere(each, name)]),
    );
  }

  /** Tags are added and removed under the same names as people. */
  #isTag = (key: string, each: unknown): boolean =>
    (key === 'add' || key === 'remove') && !this.#names.has(String(each));

  #missingSettings(): { type: string; data: unknown }[] {
    const here = this.#data.customerSettings;
    const there = this.#archive.head.settings as unknown as Partial<SettingsState>;
    const missing = <Each extends { id: string }>(
      table: Readonly<Record<string, Each>> | undefined,
      own: Readonly<Record<string, Each>>,
    ): Each[] => Object.values(table ?? {}).filter(({ id }) => !Object.hasOwn(own, id));
    const texts = Object.entries(there.texts ?? {}).filter(
      ([name, text]) => text !== '' && here.texts[name as keyof SettingsState['texts']] === '',
    );
    const stages = there.stages ?? [];
    return [
      ...missing(there.tagGroups, here.tagGroups).map((data) => ({ type: 'customers.tagGroup', data })),
      ...(here.stages.length === 0 && stages.length > 0
        ? [{ type: 'customers.stages', data: { stages } }]
        : []),
      ...missing(there.fields, here.fields).map((data) => ({ type: 'customers.field', data })),
      ...(texts.length > 0 ? [{ type: 'customers.texts', data: Object.fromEntries(texts) }] : []),
      ...missing(there.replies, here.replies).map((data) => ({ type: 'customers.quickReply', data })),
      ...missing(there.links, here.links).map((link) => ({
        type: 'customers.link',
        data: this.#linkAsHere(link),
      })),
    ];
  }

  #linkAsHere({ by: _by, begun: _begun, turns: _turns, to, ...said }: ContactLink): unknown {
    const { members } = this.#archive;
    const { me } = this.#data;
    if ('member' in to) return { ...said, to: { member: members.get(to.member) ?? me } };
    const team = to.team.flatMap((member) => members.get(member) ?? []);
    const fallback = to.fallback === null ? null : (members.get(to.fallback) ?? null);
    return { ...said, to: { ...to, team: team.length > 0 ? team : [me], fallback } };
  }

  /** Everything of these rooms is answered and here. */
  async #settled(rooms: readonly RoomId[], customer?: string): Promise<void> {
    const isOnTheWay = (): boolean =>
      this.#data.sync.queue.some(({ room }) => rooms.includes(room)) ||
      // Answered, and the entry is not here yet.
      (customer !== undefined && this.#data.customer(customer)?.pending === true);
    await this.#until(rooms, () => !isOnTheWay());
  }

  async #until(rooms: readonly RoomId[], isSo: () => boolean): Promise<void> {
    for (;;) {
      const refused = this.#data.sync.queue.find(({ room, failure }) => failure && rooms.includes(room));
      if (refused?.failure) throw new FailureError(refused.failure);
      if (this.#signal.aborted) throw new Stopped();
      if (isSo()) return;
      await new Promise((resolve) => setTimeout(resolve, look));
    }
  }

  /** What was refused is taken out of the queue: it would stand there for ever. */
  async #clear(rooms: readonly RoomId[]): Promise<void> {
    for (const { id, room, failure } of this.#data.sync.queue)
      if (failure && rooms.includes(room)) await this.#data.discard(id);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
