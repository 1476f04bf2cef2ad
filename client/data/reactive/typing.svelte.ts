import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { TypingView } from '../api.ts';
import type { Timers } from '../sync/contract.ts';
import type { Bus, TabId } from '../sync/notes.ts';
import type { TabLease } from '../text/tab-lease.ts';

/** Somebody who typed is taken to be at it for so long. Milliseconds. */
const staysFor = 6_000;
/** Whoever goes on typing says so again no sooner than after this. Milliseconds. */
const againAfter = 2_500;
/** Whoever looks at a conversation says so again: a relay that was away has not heard it. Milliseconds. */
const lookAgainAfter = 15_000;

export interface TypingDeps {
  readonly me: MemberId;
  readonly tab: TabId;
  readonly bus: Bus;
  readonly lease: Pick<TabLease, 'client'>;
  readonly timers: Timers;
}

interface Told {
  readonly member: MemberId;
  readonly until: number;
}

/**
 * Who is writing a message in the conversations that this tab shows: awareness states as texts have them, whose author
 * the relay stamps. Nothing of it is stored.
 */
export class TypingRooms {
  readonly #deps: TypingDeps;
  readonly #open = new Map<RoomId, Set<TypingWindow>>();
  readonly #stop: () => void;

  constructor(deps: TypingDeps) {
    this.#deps = deps;
    this.#stop = deps.bus.listen((note) => {
      if (note.type === 'who-watches') this.#tellWatched();
      // What another tab of this person says comes with its name; only the relay says who somebody is.
      if (note.type === 'awareness' && note.from === null)
        for (const view of this.#open.get(note.room) ?? []) view.hear(note.bytes);
    });
  }

  open(room: RoomId): TypingView {
    const views = this.#open.get(room) ?? new Set();
    const view = new TypingWindow(this.#deps, room, () => {
      views.delete(view);
      if (views.size > 0) return;
      this.#open.delete(room);
      this.#tellWatched();
    });
    views.add(view);
    this.#open.set(room, views);
    this.#tellWatched();
    return view;
  }

  close(): void {
    for (const view of [...this.#open.values()].flatMap((views) => [...views])) view.close();
    this.#stop();
  }

  #tellWatched(): void {
    const { bus, tab } = this.#deps;
    // Beside the texts of this tab, which are told under its own name.
    bus.post({ type: 'watching', tab: `${tab}:typing`, rooms: [...this.#open.keys()] });
  }
}

class TypingWindow implements TypingView {
  readonly #deps: TypingDeps;
  readonly #room: RoomId;
  readonly #closed: () => void;
  readonly #told = new Map<number, Told>();
  #people = $state.raw<readonly MemberId[]>([]);
  #cancel: (() => void) | null = null;
  /** The clock of what was said last; 0 when nothing is said. */
  #clock = 0;
  #saidAt = Number.NEGATIVE_INFINITY;
  /** By their client ids. */
  readonly #looking = new Map<number, MemberId>();
  #here = $state.raw<readonly MemberId[]>([]);
  #looks = false;
  #stopLooking: (() => void) | null = null;

  constructor(deps: TypingDeps, room: RoomId, closed: () => void) {
    this.#deps = deps;
    this.#room = room;
    this.#closed = closed;
  }

  get people(): readonly MemberId[] {
    return this.#people;
  }

  tell(): void {
    const now = this.#deps.timers.now();
    if (now - this.#saidAt < againAfter) return;
    this.#saidAt = now;
    this.#say(this.#looks ? '{"here":true,"typing":true}' : '{"typing":true}');
  }

  get here(): readonly MemberId[] {
    return this.#here;
  }

  look(here: boolean): void {
    this.#stopLooking?.();
    this.#stopLooking = null;
    const wasHere = this.#looks;
    this.#looks = here;
    if (here) this.#lookOn();
    else if (wasHere) this.stop();
  }

  #lookOn(): void {
    // What is being written says it too.
    if (this.#deps.timers.now() - this.#saidAt >= againAfter) this.#say('{"here":true}');
    // Before this tab may speak nothing is said.
    const wait = this.#deps.lease.client === null ? 1_000 : lookAgainAfter;
    this.#stopLooking = this.#deps.timers.after(wait, () => this.#lookOn());
  }

  forget(): void {
    this.#looking.clear();
    this.#here = [];
  }

  stop(): void {
    if (this.#clock === 0) return;
    this.#say(this.#looks ? '{"here":true}' : 'null');
    if (!this.#looks) this.#clock = 0;
    this.#saidAt = Number.NEGATIVE_INFINITY;
  }

  close(): void {
    this.#looks = false;
    this.#stopLooking?.();
    this.stop();
    this.#cancel?.();
    this.#closed();
  }

  hear(bytes: Uint8Array): void {
    const until = this.#deps.timers.now() + staysFor;
    for (const { client, state } of statesIn(bytes)) {
      const looker = sayerOf(state, 'here');
      if (looker && looker !== this.#deps.me) this.#looking.set(client, looker);
      else this.#looking.delete(client);
      const member = sayerOf(state, 'typing');
      if (member && member !== this.#deps.me) this.#told.set(client, { member, until });
      else this.#told.delete(client);
    }
    this.#here = [...new Set(this.#looking.values())];
    this.#gather();
  }

  #gather(): void {
    const now = this.#deps.timers.now();
    for (const [client, { until }] of this.#told) if (until <= now) this.#told.delete(client);
    this.#people = [...new Set([...this.#told.values()].map(({ member }) => member))];
    this.#cancel?.();
    const next = Math.min(...[...this.#told.values()].map(({ until }) => until));
    this.#cancel = this.#told.size === 0 ? null : this.#deps.timers.after(next - now, () => this.#gather());
  }

  #say(json: string): void {
    const { bus, lease, timers, tab } = this.#deps;
    if (lease.client === null) return;
    // Rising over reloads of the page too: others take nothing older under the same id.
    this.#clock = Math.max(timers.now(), this.#clock + 1);
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarUint(encoder, lease.client);
    encoding.writeVarUint(encoder, this.#clock);
    encoding.writeVarString(encoder, json);
    bus.post({ type: 'awareness', room: this.#room, bytes: encoding.toUint8Array(encoder), from: tab });
  }
}

/** The states in an awareness update of y-protocols; from where it cannot be read on, nothing. */
function statesIn(bytes: Uint8Array): readonly { client: number; state: unknown }[] {
  const states: { client: number; state: unknown }[] = [];
  try {
    const decoder = decoding.createDecoder(bytes);
    for (let left = decoding.readVarUint(decoder); left > 0; left--) {
      const client = decoding.readVarUint(decoder);
      decoding.readVarUint(decoder);
      states.push({ client, state: JSON.parse(decoding.readVarString(decoder)) });
    }
  } catch {
    // What somebody else's program sent.
  }
  return states;
}

/** Whose state says so much. */
function sayerOf(state: unknown, what: 'here' | 'typing'): MemberId | null {
  if (typeof state !== 'object' || state === null || !(what in state) || !('user' in state)) return null;
  const { user } = state;
  return typeof user === 'object' && user !== null && 'id' in user && typeof user.id === 'string'
    ? (user.id as MemberId)
    : null;
}
