/* The guest's page as it is now: who is here, what was said, what waits. */
import type { ErrorCode, Failure } from '../../shared/base/errors.ts';
import { newId, type DeviceId, type MemberId, type RoomId } from '../../shared/base/ids.ts';
import { language } from '../i18n/language.svelte.ts';
import { uploadBlob } from '../data/blobs.ts';
import { systemTimers, type OpenSocket } from '../data/sync/contract.ts';
import type { ContactCard, GuestGroup, GuestSession } from './contract.ts';
import { GuestEngine } from './engine.ts';
import { hasLeft, leaveLater } from './leaving.ts';
import { Pages, type PageNote } from './leader.ts';
import { linesOf, strangersIn, type MessageLine } from './messages.ts';
import { Notices } from './notices.svelte.ts';
import { problemOf } from './problem.ts';
import { Presence } from './presence.svelte.ts';
import * as relay from './relay.ts';
import { isOver } from './relay.ts';
import { ShownCopy, type Upload } from './shown-copy.svelte.ts';
import { LocalCopy } from './store.ts';
import { idOf, Talks } from './talks.svelte.ts';
import { Writing } from './writing.ts';

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
  readonly talks = new Talks(() => this.#session, this.#copy);
  readonly writing = new Writing(
    this.#store,
    () => this.talks.room,
    async () => {
      this.#saidAt = 0;
      this.#show();
      await this.#read();
      this.#pages.tell({ type: 'changed' });
      this.#pages.tell({ type: 'wake' });
      this.#engine?.wake();
    },
  );
  readonly #pages: Pages;
  #engine: GuestEngine | null = null;
  #hasBegun = false;
  /** The guest is ending it: that the connection breaks is no news then. */
  #leaves = false;
  /** Nothing is kept of it any more. No state: what is taken from the page would still see what was so before. */
  #forgot = false;
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

  /** The conversation that is looked at. */
  readonly #shown = $derived(this.#copy.of(this.#session ? this.talks.room : ('' as RoomId)));

  readonly lines = $derived(
    this.#session
      ? linesOf({
          me: this.#session.member,
          entries: this.#shown.entries,
          outbox: this.#copy.outbox.filter(({ room }) => room === this.talks.room),
          positions: this.#shown.progress.positions,
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
        return this.#engine?.read(note.room, note.upTo);
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
    return this.#shown.entries.length > 0 && !this.#shown.progress.complete;
  }
  get hasLoaded(): boolean {
    return this.#shown.progress.epoch !== null;
  }

  /** Who answers now; null while nobody was named. */
  get answering(): { readonly name: string; readonly post: string } | null {
    if (!this.#session) return this.#card?.person ?? null;
    const { staff, owner } = this.#session;
    return staff.find(({ id }) => id === owner) ?? null;
  }

  staffName(id: MemberId): string {
    return this.talks.nameOf(id);
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
    // By another link of the company: the conversation is the same, and the company learns where this came from. Into a
    // group nobody comes without being asked.
    const led = this.#led();
    if (led?.is === 'in') this.choose(led.room);
    else if (isLink && this.#card?.group) this.#phase = 'meeting';
    else if (isLink && (await this.#store.fact('code')) !== this.code) await this.agree();
  }

  /** The group into which the link leads, as far as the guest has to do with it. */
  #led(): GuestGroup | undefined {
    return this.#session?.groups?.find((group) => this.code.startsWith(`${idOf(group)}~`));
  }

  /** The guest does not want into the group whose link this is. */
  stayOut(): void {
    this.#phase = 'talking';
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
  async agree(name = ''): Promise<boolean> {
    this.#problem = null;
    const answer = await relay.begin(this.code, language.current, name);
    if (!answer.ok) {
      this.#problem = answer.error.code;
      return false;
    }
    await this.#store.setFact('code', this.code);
    await this.#store.dropFact('ended');
    await this.#adopt(answer.value);
    if (this.#over) location.reload();
    if (this.#phase === 'meeting') this.#phase = 'talking';
    this.choose(this.#led()?.room ?? null);
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
    const groups = session.groups ?? [];
    for (const { room, is } of before?.groups ?? [])
      if (is === 'in' && !groups.some((each) => each.room === room)) await this.#store.drop(room);
    this.#session = session;
    this.#engine?.follow(this.talks.rooms);
    await this.#talk(session, true);
    this.#pages.tell({ type: 'changed' });
  }

  async #talk(session: GuestSession, connects: boolean): Promise<void> {
    this.#session = session;
    await this.#read();
    if (this.#over) return;
    if (this.#phase !== 'meeting' || !this.#card?.group) this.#phase = 'talking';
    if (this.#hasBegun || !connects) return;
    this.#hasBegun = true;
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
        lost: () => void this.#askForPeople(true),
        sent: (hash, sent) => this.#copy.uploaded(hash, sent),
        over: (why) => void (isOver(why) ? this.#ended(why) : this.refresh()),
        failed: (error) => (this.#problem = problemOf(error)),
      },
    );
    this.#engine = engine;
    this.#engine?.follow(this.talks.rooms);
    engine.lookAt(this.talks.room);
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
    await this.#copy.read(() => (this.#session ? [this.#session.chat, ...this.talks.rooms] : []));
    // Another page may have heard something of the conversation itself.
    const session = await this.#store.fact('session');
    if (session) this.#session = session;
    // An invitation that was taken back is answered by nobody.
    for (const { id, type, failure } of this.#copy.outbox)
      if (type === 'chat.consent' && failure) {
        await this.#store.settle(id, 'done');
        void this.#askForPeople(true);
      }
    void this.#askForPeople();
  }

  /** Who is in a conversation follows from nothing that a guest holds: when it changed, the relay is asked. */
  async #askForPeople(now = false): Promise<void> {
    const session = this.#session;
    if (!session || !this.#engine) return;
    const { group } = this.talks;
    const own = this.#copy.of(session.chat).entries;
    const told = own
      .filter(({ type }) => type === 'chat.place' || type === 'chat.consent')
      .map(({ id }) => id);
    const moves = this.lines.filter(({ kind }) => kind !== 'message').map(({ id }) => id);
    const rules = this.#shown.entries
      .filter(({ type }) => /set|dissolve|rename/.test(type))
      .map(({ id }) => id);
    const known = [...session.staff, ...(group?.staff ?? []), ...(group?.guests ?? [])];
    const strange = strangersIn(this.lines, known);
    const key = `${group?.room} ${[...told, ...moves, ...rules].join()} ${strange ? this.lines.length : ''}`;
    if (key === this.#askedFor && !now) return;
    this.#askedFor = key;
    const answer = await relay.getSession();
    if (answer.ok && answer.value.member === session.member) await this.#adopt(answer.value);
  }

  /** Looks at a group, or with null at their own conversation. */
  choose(room: RoomId | null): void {
    this.#editing = null;
    this.talks.choose(room);
    this.#presence.clear();
    this.#engine?.lookAt(this.talks.room);
    void this.#askForPeople();
  }

  /** Comes into a group under this name, or does not, or leaves it; said to the relay when there is a network. */
  async consent(group: GuestGroup, accept: boolean, name = ''): Promise<void> {
    if (!accept) this.choose(null);
    await this.writing.say({ group: idOf(group), accept, name }, 'chat.consent', this.#session!.chat);
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
    const last = this.#shown.entries.at(-1);
    if (!last || document.visibilityState !== 'visible') return;
    const { room } = this.talks;
    if (this.#engine) this.#engine.read(room, last.seq);
    else this.#pages.tell({ type: 'read', room, upTo: last.seq });
  }

  older(): Promise<boolean> {
    return this.#engine?.older() ?? Promise.resolve(false);
  }

  draft(room: RoomId): Promise<string | undefined> {
    return this.#store.fact(`draft ${room}`);
  }
  async keepDraft(room: RoomId, text: string): Promise<void> {
    if (!this.#forgot) await this.#store.setFact(`draft ${room}`, text);
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
    this.#forgot = true;
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
