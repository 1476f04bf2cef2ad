import type { RoomId } from '../../../shared/base/ids.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import type { ChatState, ReadsState } from '../../../shared/features/chat/schema.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import type { LogContent } from '../../../shared/protocol/messages.ts';
import { partOf } from '../../../shared/protocol/rooms.ts';
import { readUpTo } from '../projection/unread.ts';
import type { DeviceStorage, RoomRecord } from '../storage/contract.ts';
import type { Connection } from './connection.ts';
import type { EngineDeps } from './contract.ts';
import type { InOrder } from './in-order.ts';
import type { Filling } from './notes.ts';

export interface BackFillEvents {
  /** Entries that are fetched of those that are to come; null when it stops before all are here. */
  progress(filling: Filling | null): void;
  /** Older entries of these came. */
  filled(rooms: readonly RoomId[]): void;
}

/** What is still missing of one conversation. */
interface Gap {
  readonly room: RoomId;
  /** The first entry that this person may know of. */
  readonly first: number;
  /** The first that is held, or on its way. */
  before: number;
  /** Its time. */
  at: number;
  /** Nothing of it is here but its state. */
  bare: boolean;
  /** Up to here (inclusive) nothing is unread. */
  readonly floor: number;
}

/** The newest of every conversation first, before all where it may be unread; then what else may be, then what was said last anywhere. */
const urgency = ({ bare, floor, before }: Gap): number => (bare ? 2 : 0) + (floor + 1 < before ? 1 : 0);
const bySoonest = (a: Gap, b: Gap): number => urgency(b) - urgency(a) || b.at - a.at;

/** Entries of a conversation that come first, about a screen; then as many at a time as the relay gives. */
const newest = 12;
/** Conversations of which something is fetched, and stored in one transaction, at a time. */
const roomsAtOnce = { bare: 32, other: 4 } as const;
/** How often pages are told. Milliseconds. */
const tellEvery = 1_000;
/** Rounds after which it is asked whether there is space for more. */
const roundsBetweenLooks = 50;

/**
 * Fetches what lies before the newest entries of conversations, when everything newer is here: what was said last
 * anywhere first. Nothing is remembered but what is held, so that it goes on where it stopped.
 */
export class BackFill {
  readonly #connection: Connection;
  readonly #deps: Pick<EngineDeps, 'storage' | 'timers' | 'member' | 'hasSpace'>;
  readonly #order: InOrder;
  readonly #events: BackFillEvents;
  #running = false;
  #again = false;
  #told = 0;
  #untold = new Set<RoomId>();

  constructor(
    connection: Connection,
    deps: Pick<EngineDeps, 'storage' | 'timers' | 'member' | 'hasSpace'>,
    order: InOrder,
    events: BackFillEvents,
  ) {
    this.#connection = connection;
    this.#deps = deps;
    this.#order = order;
    this.#events = events;
  }

  /** Looks for what is missing, also after it began. */
  async run(): Promise<void> {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    let filled: Filling | null = null;
    try {
      while (this.#again && !this.#connection.ended) {
        this.#again = false;
        filled = await this.#fill();
      }
    } finally {
      this.#running = false;
      this.#told = 0;
      this.#tell(filled);
    }
  }

  async #fill(): Promise<Filling | null> {
    let gaps = await this.#gaps();
    const total = gaps.reduce((sum, { before, first }) => sum + before - first, 0);
    const tell = (): void => this.#tell({ done, total, first: gaps.some(({ bare }) => bare) });
    let done = 0;
    if (total > 0) tell();
    let storing: Promise<unknown> = Promise.resolve();
    for (let round = 0; gaps.length > 0; round++) {
      if (round % roundsBetweenLooks === 0 && !(await this.#deps.hasSpace())) return null;
      gaps.sort(bySoonest);
      const areBare = gaps[0]!.bare;
      const alike = gaps.filter(({ bare }) => bare === areBare);
      const some = alike.slice(0, areBare ? roomsAtOnce.bare : roomsAtOnce.other);
      const contents = (await Promise.all(some.map((gap) => this.#ask(gap)))).filter((each) => each !== null);
      gaps = gaps.filter(({ before, first }) => before > first);
      // While these are stored the next ones are asked for.
      await storing;
      storing = this.#order.run(() => this.#deps.storage.rooms.storeHistory(contents));
      // Who waits for it hears of a failure; without this line it would be reported before.
      storing.catch(() => undefined);
      for (const { room, entries } of contents) {
        done += entries.length;
        this.#untold.add(room);
      }
      tell();
    }
    await storing;
    return { done: total, total, first: false };
  }

  /** What is before the gap's end, which moves up; null where the relay has nothing (any more). */
  async #ask(gap: Gap): Promise<LogContent | null> {
    const { room, before, first, bare } = gap;
    const limit = Math.min(bare ? newest : limits.history, before - first);
    const answer = await this.#connection.ask({ type: 'history', room, before, limit });
    const content = answer.type === 'history' ? answer.content : null;
    const [oldest] = content?.entries ?? [];
    gap.before = content && oldest ? content.from : first;
    gap.at = oldest?.at ?? 0;
    gap.bare = false;
    return oldest ? content : null;
  }

  async #gaps(): Promise<Gap[]> {
    const { storage, member } = this.#deps;
    const all = new Map((await storage.rooms.all()).map((record) => [record.room, record] as const));
    const gaps: Gap[] = [];
    for (const record of all.values()) {
      const { room, from } = record;
      const found = findRoom(room);
      if (from === 0 || record.stale || found?.kind.class !== 'log' || found.kind.noteworthy.size === 0)
        continue;
      const first = found.kind.limited?.from(record.state, member) ?? 0;
      if (from <= first) continue;
      const reads = all.get(partOf(room, 'reads'))?.state as ReadsState | undefined;
      const floor = readUpTo(record.state as ChatState, reads ?? null, member);
      const bare = from === record.head;
      const at = bare ? ((record.state as ChatState).last?.at ?? 0) : await timeOf(storage, record);
      gaps.push({ room, first, before: from, at, bare, floor });
    }
    return gaps;
  }

  #tell(filling: Filling | null): void {
    const now = this.#deps.timers.now();
    if (filling && now - this.#told < tellEvery) return;
    this.#told = now;
    const rooms = [...this.#untold];
    this.#untold = new Set();
    if (rooms.length > 0) this.#events.filled(rooms);
    this.#events.progress(filling);
  }
}

/** Of the oldest entry that is held; milliseconds since 1970. */
async function timeOf({ rooms }: DeviceStorage, { room, from }: RoomRecord): Promise<number> {
  const [oldest] = await rooms.entries(room, from, from + 1);
  return oldest?.at ?? 0;
}
