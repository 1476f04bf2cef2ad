import * as Y from 'yjs';
import { errorTable } from '../../shared/base/errors.ts';
import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import { RawDevice } from './raw-device.ts';
import type { SignedIn } from './sign-in.ts';

/** Two rooms that a few clients fill, and everything those clients were promised about them. */
export class Page {
  readonly text: RoomId;
  readonly chat: RoomId;
  /** Texts in acknowledged updates: each must be in the document once. */
  readonly marks = new Set<string>();
  /** Ids of commands that were taken: each must be an entry once. */
  readonly taken = new Set<string>();
  /** Ids of commands that were refused and not sent again: none may be an entry. */
  readonly refused = new Set<string>();
  /** How many updates clients saw that were not their own. */
  delivered = 0;

  constructor(workspace: string, name: string) {
    this.text = `${workspace}/scratch/${name}` as RoomId;
    this.chat = `${workspace}/chat/${name}` as RoomId;
  }

  get promised(): number {
    return this.marks.size + this.taken.size;
  }
}

/** Types into the shared text and talks in the group of a page, as fast as the relay answers. */
export class Writer {
  readonly device = new RawDevice();
  readonly who: SignedIn;
  readonly page: Page;
  readonly doc = new Y.Doc();
  /** Updates of the text that were pushed to this client and are not compared yet. */
  readonly seen: Uint8Array[] = [];
  readonly #name = newId().slice(-6);
  #count = 0;
  #n = 0;
  #unacked = new Map<number, { mark: string; bytes: Uint8Array }>();
  #said = new Set<string>();
  #connected = false;
  #connecting: Promise<void> | null = null;

  constructor(who: SignedIn, page: Page) {
    this.who = who;
    this.page = page;
  }

  /** Everything that was not acknowledged goes once more, in order, as a returning device does it. */
  connect(address: string): Promise<void> {
    this.#connecting ??= this.#connect(address).finally(() => (this.#connecting = null));
    return this.#connecting;
  }

  /** As `connect`, where the relay ended the connection because it could not store something. */
  comeBack(address: string): void {
    if (this.device.closed?.code !== errorTable['storage-failed'].close) return;
    // Where that fails too, whoever needs the connection finds out.
    this.connect(address).catch(() => undefined);
  }

  async #connect(address: string): Promise<void> {
    this.#connected = false;
    const { lastCommand } = await this.device.connect(address, this.who.token);
    this.#connected = true;
    this.#n = lastCommand;
    if (this.#count === 0) this.doc.clientID = (await this.device.lease())[0]!;
    this.#resend();
  }

  #resend(): void {
    for (const [request, { bytes }] of this.#unacked)
      this.device.send({ type: 'update', request, room: this.page.text, bytes });
  }

  async createGroup(members: readonly string[]): Promise<void> {
    const id = newId<CommandId>();
    const made = this.device.next('result', ({ result }) => result.id === id);
    const data = { type: 'group', title: 'Page', members };
    const room = this.page.chat;
    this.device.send({ type: 'command', command: { id, n: ++this.#n, room, type: 'chat.create', data } });
    if (!(await made).result.ok) throw new Error('the group was refused');
  }

  /** Types a mark that no other update has, and says a sentence. */
  write(): void {
    const request = ++this.#count;
    const mark = `[${this.#name}:${request}]`;
    const before = Y.encodeStateVector(this.doc);
    this.doc.getText('text').insert(this.doc.getText('text').length, mark);
    const bytes = Y.encodeStateAsUpdate(this.doc, before);
    this.#unacked.set(request, { mark, bytes });
    this.device.send({ type: 'update', request, room: this.page.text, bytes });
    const id = newId<CommandId>();
    this.#said.add(id);
    const data = { text: `says ${mark}` };
    const command = { id, n: ++this.#n, room: this.page.chat, type: 'chat.send', data };
    this.device.send({ type: 'command', command });
  }

  /** Notes what the relay promised since the last call; an update that was refused is sent again. */
  collect(): void {
    const { acked, refused, results, rows } = this.device;
    for (const [request, { mark }] of this.#unacked)
      if (acked.has(request)) {
        this.page.marks.add(mark);
        this.#unacked.delete(request);
      }
    for (const id of this.#said) {
      const result = results.get(id);
      if (!result) continue;
      this.#said.delete(id);
      (result.ok ? this.page.taken : this.page.refused).add(id);
    }
    for (const row of rows)
      if (row.room === this.page.text) {
        this.page.delivered++;
        this.seen.push(row.bytes);
      }
    if (refused.size > 0) {
      refused.clear();
      this.#resend();
    }
    rows.length = 0;
    this.device.messages.length = 0;
    acked.clear();
    results.clear();
  }

  /** Updates that are not acknowledged yet. */
  get waiting(): number {
    return this.#unacked.size;
  }

  get isConnected(): boolean {
    return this.#connected && this.device.closed === null;
  }
}

/** What is wrong with a page as the relay serves it now; nothing when every promise is kept. */
export async function brokenPromises(
  address: string,
  reader: SignedIn,
  page: Page,
  writers: readonly Writer[],
): Promise<string[]> {
  const device = new RawDevice();
  await device.connect(address, reader.token);
  try {
    const wrong: string[] = [];
    const content = (await device.pull(page.text)).rooms[0];
    if (content?.kind !== 'text') return ['the text is missing'];
    const doc = new Y.Doc();
    doc.transact(() => content.updates.forEach((update) => Y.applyUpdate(doc, update)));
    const found = new Map<string, number>();
    for (const mark of doc
      .getText('text')
      .toJSON()
      .match(/\[[^\]]*\]/g) ?? [])
      found.set(mark, (found.get(mark) ?? 0) + 1);
    for (const mark of page.marks)
      if (found.get(mark) !== 1) wrong.push(`${mark} is there ${found.get(mark) ?? 0} times`);
    for (const [mark, times] of found) if (times > 1) wrong.push(`${mark} is there ${times} times`);

    const entries = new Map<string, number>();
    for (let from = 0, head = 1; from < head; from += 500) {
      const answer = device.next('history');
      device.send({ type: 'history', request: 0, room: page.chat, before: from + 500, limit: 500 });
      const { content: log } = await answer;
      head = log?.head ?? 0;
      for (const { seq, id } of log?.entries ?? [])
        if (seq >= from) entries.set(id, (entries.get(id) ?? 0) + 1);
    }
    for (const id of page.taken)
      if (entries.get(id) !== 1) wrong.push(`command ${id} is there ${entries.get(id) ?? 0} times`);
    for (const [id, times] of entries) if (times > 1) wrong.push(`command ${id} is there ${times} times`);
    for (const id of page.refused) if (entries.has(id)) wrong.push(`command ${id} was refused and is there`);

    const before = Y.encodeStateAsUpdate(doc);
    doc.transact(() => {
      for (const writer of writers) for (const bytes of writer.seen.splice(0)) Y.applyUpdate(doc, bytes);
    });
    const after = Y.encodeStateAsUpdate(doc);
    if (!Buffer.from(before).equals(after)) wrong.push('a client saw something that is not there');
    return wrong;
  } finally {
    device.close();
  }
}
