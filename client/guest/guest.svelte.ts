/* The guest's page as it is now: who is here, what was said, what waits. */
import { isErrorCode, type ErrorCode, type Failure } from '../../shared/base/errors.ts';
import { newId, type CommandId, type DeviceId, type MemberId } from '../../shared/base/ids.ts';
import type { Result } from '../../shared/base/result.ts';
import { language } from '../i18n/language.svelte.ts';
import { addressOfBlob, uploadBlob } from '../data/blobs.ts';
import { systemTimers, type OpenSocket } from '../data/sync/contract.ts';
import type { ContactCard, GuestSession } from './contract.ts';
import { GuestEngine } from './engine.ts';
import { findFile, keepFile } from './files.ts';
import { hasLeft, leaveLater } from './leaving.ts';
import { Pages, type PageNote } from './leader.ts';
import { linesOf, strangersIn, type MessageLine, type ShownFile } from './messages.ts';
import { Notices } from './notices.svelte.ts';
import { Presence } from './presence.svelte.ts';
import * as relay from './relay.ts';
import { isOver } from './relay.ts';
import { ShownCopy, type Upload } from './shown-copy.svelte.ts';
import { LocalCopy } from './store.ts';

/** A guest who goes on typing says so again no sooner than after this. Milliseconds. */
const sayAgainAfter = 2_500;

export type Phase = 'opening' | 'no-link' | 'unreachable' | 'no-storage' | 'meeting' | 'talking' | 'over';

/** Who ended the conversation. */
export type Over = 'by-company' | 'by-guest';

export interface GuestOptions {
  /** Of the contact link by which the page was opened. */
  readonly code: string;
  readonly openSocket: OpenSocket;
}

export class Guest {
  readonly code: string;
  readonly #openSocket: OpenSocket;
  readonly #store = new LocalCopy();
  readonly #copy = new ShownCopy(this.#store);
  readonly notices = new Notices(this.#store);
  readonly #pages: Pages;
  #engine: GuestEngine | null = null;
  #talks = false;
  /** The guest is ending it: that the connection breaks is no news then. */
  #leaves = false;
  #phase = $state<Phase>('opening');
  #over = $state<Over | null>(null);
  #mayReturn = $state(false);
  #card = $state.raw<ContactCard | null>(null);
  #session = $state.raw<GuestSession | null>(null);
  #keyBefore = $state<string | null>(null);
  #connection = $state<'offline' | 'connecting' | 'online'>('connecting');
  readonly #presence = new Presence();
  #problem = $state<ErrorCode | null>(null);
  #askedFor = '';
  #editing = $state.raw<MessageLine | null>(null);
  #saidAt = 0;

  readonly lines = $derived(
    this.#session
      ? linesOf({
          me: this.#session.member,
          entries: this.#copy.entries,
          outbox: this.#copy.outbox,
          positions: this.#copy.progress.positions,
        })
      : [],
  );

  constructor({ code, openSocket }: GuestOptions) {
    this.code = code;
    this.#openSocket = openSocket;
    this.#pages = new Pages('weft-guest', (note) => this.#hear(note));
    this.#pages.tell({ type: 'hello' });
  }

  #hear(note: PageNote): void {
    switch (note.type) {
      case 'changed':
        return void this.#read();
      case 'wake':
        return this.#engine?.wake();
      case 'read':
        return this.#engine?.read(note.upTo);
      case 'gone':
        return location.reload();
      case 'hello':
        if (this.#engine) this.#pages.tell({ type: 'connection', is: this.#connection });
        return;
      case 'connection':
        if (!this.#engine) this.#connection = note.is;
    }
  }

  get phase(): Phase {
    return this.#phase;
  }
  get over(): Over | null {
    return this.#over;
  }
  /** This browser was signed out, but the link may lead back: the company has not ended it, or has opened it again. */
  get mayReturn(): boolean {
    return this.#mayReturn;
  }
  get card(): ContactCard | null {
    return this.#card;
  }
  get session(): GuestSession | null {
    return this.#session;
  }
  get company(): string {
    return this.#session?.company ?? this.#card?.company ?? '';
  }
  get logo(): string | null {
    return (this.#session ?? this.#card)?.logo ?? null;
  }
  get verified() {
    return this.#session?.verified ?? this.#card?.verified ?? null;
  }
  /** The company's key when this browser came first, where it is another one now. */
  get keyBefore(): string | null {
    return this.#keyBefore;
  }
  get connection(): 'offline' | 'connecting' | 'online' {
    return this.#connection;
  }
  get problem(): ErrorCode | null {
    return this.#problem;
  }
  get hasOlder(): boolean {
    return this.#copy.entries.length > 0 && !this.#copy.progress.complete;
  }
  get hasLoaded(): boolean {
    return this.#copy.progress.epoch !== null;
  }

  /** Who answers now; null while nobody was named. */
  get answering(): { readonly name: string; readonly post: string } | null {
    if (!this.#session) return this.#card?.person ?? null;
    const { staff, owner } = this.#session;
    return staff.find(({ id }) => id === owner) ?? null;
  }

  staffName(id: MemberId): string {
    return this.#session?.staff.find((each) => each.id === id)?.name ?? this.company;
  }

  get isAnswererHere(): boolean {
    const owner = this.#session?.owner;
    return !!owner && this.#presence.isHere(owner);
  }

  get typing(): readonly MemberId[] {
    return this.#presence.typing;
  }

  /** The own message whose words are being changed; null while a new one is written. */
  get editing(): MessageLine | null {
    return this.#editing;
  }
  edit(line: MessageLine | null): void {
    this.#editing = line;
  }

  upload(hash: string): Upload | null {
    return this.#copy.upload(hash);
  }

  /** Shows what this device has, then asks the relay. */
  async start(): Promise<void> {
    const store = this.#store;
    try {
      if (!(await hasLeft(store))) return this.#end('by-guest');
      const [session, card, ended] = await Promise.all([
        store.fact('session'),
        store.fact('card'),
        store.fact('ended'),
      ]);
      await this.notices.start();
      this.#card = card ?? null;
      if (session) await this.#talk(session, ended === undefined);
      if (session && ended) this.#end(ended);
    } catch {
      this.#phase = 'no-storage';
      return;
    }
    await this.refresh();
  }

  /** Asks the relay what the link says, and whether the conversation that is here goes on. */
  async refresh(): Promise<void> {
    const card = await relay.getCard(this.code);
    if (card.ok) await this.#takeCard(card.value);
    if (this.#session) return this.#goOn(card.ok);
    if (card.ok || (this.#card && card.error.code === 'offline')) this.#phase = 'meeting';
    else if (card.error.code === 'link-invalid' || card.error.code === 'link-expired')
      this.#phase = 'no-link';
    else this.#phase = 'unreachable';
  }

  async #goOn(isLink: boolean): Promise<void> {
    const answer = await relay.getSession();
    if (!answer.ok) {
      if (isOver(answer.error)) await this.#ended(answer.error);
      return;
    }
    await this.#adopt(answer.value);
    // By another link of the company: the conversation is the same, and the company learns where this came from.
    if (isLink && (await this.#store.fact('code')) !== this.code) await this.agree();
  }

  async #takeCard(card: ContactCard): Promise<void> {
    this.#card = card;
    await this.#store.setFact('card', card);
    await this.#compareKey(card.verified.key);
  }

  /** A copy of the page elsewhere cannot show the company's key; one that changed here is told. */
  async #compareKey(key: string): Promise<void> {
    const before = await this.#store.fact('firstKey');
    if (before === undefined) await this.#store.setFact('firstKey', key);
    else this.#keyBefore = before === key ? null : before;
  }

  /** The guest has read what the company wants them to, and begins. */
  async agree(): Promise<boolean> {
    this.#problem = null;
    const answer = await relay.begin(this.code, language.current);
    if (!answer.ok) {
      this.#problem = answer.error.code;
      return false;
    }
    await this.#store.setFact('code', this.code);
    await this.#store.dropFact('ended');
    await this.#adopt(answer.value);
    if (this.#over) location.reload();
    return true;
  }

  async #adopt(session: GuestSession): Promise<void> {
    const before = this.#session;
    if (before && before.member !== session.member) {
      // The copy here is of a conversation that is over.
      await this.#store.wipe();
      this.#pages.tell({ type: 'gone' });
      location.reload();
      return;
    }
    await this.#store.setFact('session', session);
    this.#session = session;
    await this.#talk(session, true);
    this.#pages.tell({ type: 'changed' });
  }

  async #talk(session: GuestSession, connects: boolean): Promise<void> {
    this.#session = session;
    await this.#read();
    if (this.#over) return;
    this.#phase = 'talking';
    if (this.#talks || !connects) return;
    this.#talks = true;
    this.#pages.lead('weft-guest', () => this.#lead(session));
  }

  /** This page is the one that talks to the relay. */
  #lead({ member, chat }: GuestSession): () => void {
    const engine = new GuestEngine(
      {
        member,
        chat,
        device: newId<DeviceId>(),
        store: this.#store,
        openSocket: this.#openSocket,
        timers: systemTimers,
        random: Math.random,
        upload: (file, watch) => uploadBlob(file, watch, 'guest'),
        isOver: async () => {
          if (this.#leaves) return null;
          const answer = await relay.getSession();
          return !answer.ok && isOver(answer.error) ? answer.error : null;
        },
      },
      {
        changed: () => {
          this.#pages.tell({ type: 'changed' });
          void this.#read();
        },
        connection: (is) => {
          this.#connection = is;
          this.#pages.tell({ type: 'connection', is });
          if (is !== 'online') this.#presence.clear();
        },
        present: (members) => this.#presence.online(members),
        states: (states) => this.#presence.see(states, member),
        sent: (hash, sent) => this.#copy.uploaded(hash, sent),
        over: (why) => void (isOver(why) ? this.#ended(why) : this.refresh()),
        failed: (error) => (this.#problem = problemOf(error)),
      },
    );
    this.#engine = engine;
    const back = (): void => engine.networkIsBack();
    const look = (): void => this.#show();
    addEventListener('online', back);
    document.addEventListener('visibilitychange', look);
    this.#show();
    engine.start();
    return () => {
      removeEventListener('online', back);
      document.removeEventListener('visibilitychange', look);
      engine.stop();
      this.#engine = null;
    };
  }

  async #read(): Promise<void> {
    await this.#copy.read();
    // Another page may have heard something of the conversation itself.
    const session = await this.#store.fact('session');
    if (session) this.#session = session;
    void this.#askForPeople();
  }

  /** Who is in the conversation follows from nothing that a guest holds: when it changed, the relay is asked. */
  async #askForPeople(): Promise<void> {
    const session = this.#session;
    if (!session || !this.#engine) return;
    const moves = this.lines.filter(({ kind }) => kind !== 'message').map(({ id }) => id);
    const key = `${moves.join()} ${strangersIn(this.lines, session.staff) ? this.lines.length : ''}`;
    const isFirst = this.#askedFor === '';
    if (key === this.#askedFor) return;
    this.#askedFor = key;
    if (isFirst && !strangersIn(this.lines, session.staff)) return;
    const answer = await relay.getSession();
    if (answer.ok && answer.value.member === session.member) await this.#adopt(answer.value);
  }

  #show(): void {
    this.#engine?.show(document.visibilityState === 'visible' ? { here: true } : null);
  }

  /** The guest is writing; may be called at every key. */
  tell(): void {
    const now = Date.now();
    if (now - this.#saidAt < sayAgainAfter) return;
    this.#saidAt = now;
    this.#engine?.show({ here: true, typing: true });
  }

  /** Everything that is on the screen was read. */
  readAll(): void {
    const last = this.#copy.entries.at(-1);
    if (!last || document.visibilityState !== 'visible') return;
    if (this.#engine) this.#engine.read(last.seq);
    else this.#pages.tell({ type: 'read', upTo: last.seq });
  }

  older(): Promise<boolean> {
    return this.#engine?.older() ?? Promise.resolve(false);
  }

  draft(): Promise<string | undefined> {
    return this.#store.fact('draft');
  }
  keepDraft(text: string): Promise<void> {
    return this.#store.setFact('draft', text);
  }

  /** Kept on this device at once, whatever the network is; sent in order. Rejects where the device has no room. */
  async send(text: string, chosen: readonly File[]): Promise<void> {
    const session = this.#session;
    if (!session) return;
    const files: ShownFile[] = [];
    for (const file of chosen) files.push(await keepFile(this.#store, session.chat, file));
    await this.#push({ text, ...(files.length > 0 ? { files } : {}) });
  }

  /** The words of an own message are others from now on. */
  async change({ id, seq }: MessageLine, text: string): Promise<void> {
    this.#editing = null;
    await this.#push({ target: { id, seq: seq ?? 0 }, text }, 'chat.edit');
  }

  /** Takes an own message back, from everybody. */
  async takeBack({ id, seq }: MessageLine): Promise<void> {
    if (this.#editing?.id === id) this.#editing = null;
    await this.#push({ target: { id, seq: seq ?? 0 } }, 'chat.recall');
  }

  async #push(data: unknown, type = 'chat.send'): Promise<void> {
    const session = this.#session;
    if (!session) return;
    const id = newId<CommandId>();
    const at = Date.now();
    await this.#store.push({ id, room: session.chat, type, data, at, seq: null, failure: null });
    this.#saidAt = 0;
    this.#show();
    await this.#read();
    this.#pages.tell({ type: 'changed' });
    this.#pages.tell({ type: 'wake' });
    this.#engine?.wake();
  }

  /** Sends again what the relay refused, as something new. */
  async retry(id: CommandId): Promise<void> {
    const refused = this.#copy.outbox.find((each) => each.id === id);
    if (!refused) return;
    await this.#store.settle(id, 'done');
    await this.#push(refused.data, refused.type);
  }

  async discard(id: CommandId): Promise<void> {
    await this.#store.settle(id, 'done');
    await this.#read();
  }

  async retryFile(hash: string): Promise<void> {
    const file = await this.#store.file(hash);
    if (!file) return;
    await this.#store.keep({ ...file, failure: null });
    await this.#read();
    this.#pages.tell({ type: 'wake' });
    this.#engine?.wake();
  }

  file(hash: string): Promise<Result<Blob, Failure>> {
    return findFile(this.#store, this.#session!.chat, hash);
  }

  address(hash: string, name?: string): string {
    return addressOfBlob(this.#session!.chat, hash, name, 'guest');
  }

  /** Null when the company has it. */
  async introduce(name: string, phone: string): Promise<ErrorCode | null> {
    const session = this.#session!;
    const answer = await relay.introduce({ ...(name ? { name } : {}), ...(phone ? { phone } : {}) });
    if (!answer.ok) return answer.error.code;
    await this.#adopt({ ...session, name: name || session.name, phone: phone || session.phone });
    return null;
  }

  async complain(text: string): Promise<ErrorCode | null> {
    const answer = await relay.complain(text);
    return answer.ok ? null : answer.error.code;
  }

  /** Null when the company knows. */
  async beQuiet(on: boolean): Promise<ErrorCode | null> {
    const answer = await relay.beQuiet(on);
    if (!answer.ok) return answer.error.code;
    await this.#adopt({ ...this.#session!, quiet: on });
    return null;
  }

  /**
   * The session ends and this device forgets; what the company was told stays with the company. Without a network this
   * device forgets at once, and the company is told when there is one.
   */
  async leave(): Promise<ErrorCode | null> {
    this.#leaves = true;
    const answer = await relay.end();
    const isLater = !answer.ok && answer.error.code === 'offline';
    this.#leaves = answer.ok || isLater || isOver(answer.error);
    if (!answer.ok && !this.#leaves) return answer.error.code;
    await this.forget();
    if (isLater) await leaveLater(this.#store);
    this.#end('by-guest');
    return null;
  }

  /** The copy of this device goes. */
  async forget(): Promise<void> {
    this.#engine?.stop();
    await this.#store.wipe();
    this.#pages.tell({ type: 'gone' });
    this.#pages.close();
    this.#copy.clear();
  }

  async #ended({ code }: Failure): Promise<void> {
    this.#mayReturn = code !== 'customer-ended';
    await this.#store.setFact('ended', 'by-company');
    this.#end('by-company');
    this.#pages.tell({ type: 'changed' });
  }

  #end(why: Over): void {
    this.#engine?.stop();
    this.#over = why;
    this.#phase = 'over';
  }
}

/** What the device could not do; anything else is a fault of the page, and is said as one. */
const problemOf = (error: unknown): ErrorCode => {
  const name = error instanceof Error ? error.name : '';
  if (name === 'QuotaExceededError') return 'device-full';
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return isErrorCode(code) ? code : 'internal';
};
