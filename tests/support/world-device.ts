import type * as Y from 'yjs';
import { failure, type Failure } from '../../shared/base/errors.ts';
import {
  newId,
  type CommandId,
  type DeviceId,
  type MemberId,
  type RoomId,
  type WorkspaceId,
} from '../../shared/base/ids.ts';
import { err } from '../../shared/base/result.ts';
import { databaseName, openStorage, type OpenOptions } from '../../client/data/storage/idb/open.ts';
import type { DeviceStorage } from '../../client/data/storage/contract.ts';
import type { EngineDeps, OpenSocket, SocketEvents, Timers } from '../../client/data/sync/contract.ts';
import { SyncEngine } from '../../client/data/sync/engine.ts';
import type { Bus, LeaderState, Note } from '../../client/data/sync/notes.ts';
import { OpenTexts } from '../../client/data/text/open-texts.ts';
import { TabLease, type TabLocks } from '../../client/data/text/tab-lease.ts';
import type { TextSession } from '../../client/data/text/text-session.ts';
import { copyOf } from './copy.ts';
import type { HeldClock } from './world-time.ts';

/** A bus within one process that hands over copies, a turn later, as a browser's does. */
export class Hub {
  readonly #members = new Set<{ hear: ((note: Note) => void)[] }>();

  join(): Bus {
    const member = { hear: [] as ((note: Note) => void)[] };
    this.#members.add(member);
    return {
      post: (note) => {
        const copy = copyOf(note);
        void Promise.resolve().then(() => {
          for (const other of this.#members)
            if (other !== member) for (const hear of [...other.hear]) hear(copy);
        });
      },
      listen: (hear) => {
        member.hear.push(hear);
        return () => {
          member.hear = member.hear.filter((each) => each !== hear);
        };
      },
      close: () => void this.#members.delete(member),
    };
  }
}

class Locks implements TabLocks {
  readonly #held = new Set<string>();

  tryHold(name: string): Promise<(() => void) | null> {
    if (this.#held.has(name)) return Promise.resolve(null);
    this.#held.add(name);
    return Promise.resolve(() => void this.#held.delete(name));
  }

  /** The process of every tab died. */
  releaseAll(): void {
    this.#held.clear();
  }
}

/** Counts what storage is doing, so that a test knows when a device has come to rest. */
function watched(storage: DeviceStorage, count: (change: 1 | -1) => void): DeviceStorage {
  const wrap = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value === 'object' && value !== null) return wrap(value);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, target, args);
          if (!(result instanceof Promise)) return result;
          count(1);
          const done = (): void => {
            // What waits for the result runs first.
            setImmediate(() => count(-1));
          };
          result.then(done, done);
          return result;
        };
      },
    });
  return wrap(storage);
}

/** One page of a device. */
export interface Tab {
  open(room: RoomId): { session: TextSession; doc: Y.Doc; close(): Promise<void> };
  close(): Promise<void>;
}

export interface DeviceOptions {
  readonly workspace: WorkspaceId;
  readonly member: MemberId;
  readonly device: DeviceId;
  readonly clock: HeldClock;
  readonly random: () => number;
  socket(reachable: () => boolean, opened: (events: SocketEvents) => void): OpenSocket;
  cut(which: (events: SocketEvents) => boolean): void;
  /** Another name of the database than the device's: a copied profile believes that it is the same device. */
  readonly database?: string;
  /** Milliseconds that this device's clock is off. */
  readonly skew?: () => number;
  /** Another way to the database than waiting for every one of its promises; `died` ends what it has not committed. */
  readonly disk?: { open(options: OpenOptions): DeviceStorage; died(name: string): void };
}

/** Storage, engine and tabs of one device, with a network that can be taken away and a process that can be killed. */
export class WorldDevice {
  readonly member: MemberId;
  readonly device: DeviceId;
  readonly problems: Failure[] = [];
  readonly #options: DeviceOptions;
  readonly #name: string;
  readonly #hub = new Hub();
  readonly #locks = new Locks();
  readonly #own = new Set<SocketEvents>();
  readonly #tabs = new Set<{ texts: OpenTexts; lease: TabLease; bus: Bus }>();
  #storage!: DeviceStorage;
  #engine!: SyncEngine;
  #bus!: Bus;
  #online = true;
  #process = { alive: true };
  #busy = 0;
  state: LeaderState | null = null;
  /** Why the relay ended this device's session; null while it stands. */
  ended: Failure | null = null;
  /** How pictures go to the relay; there is no HTTP here unless a test plays it. */
  upload: EngineDeps['uploadBlob'] = () => Promise.resolve(err(failure('offline', 'no HTTP here')));

  /** Whether it has space for what it could also do without. */
  hasSpace = true;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.member = options.member;
    this.device = options.device;
    const own = options.database ?? options.device;
    this.#name = `${databaseName(options.workspace, options.member)}:${own}`;
    this.#hub.join().listen((note) => {
      if (note.type === 'state') this.state = note.state;
      if (note.type === 'refused') this.problems.push(note.failure);
      if (note.type === 'ended') this.ended = note.failure;
    });
    this.#begin();
  }

  get storage(): DeviceStorage {
    return this.#storage;
  }

  get resting(): boolean {
    return this.#busy === 0;
  }

  #begin(): void {
    const { workspace, member, device, random, disk } = this.#options;
    this.#process = { alive: true };
    this.ended = null;
    const open = { workspace, member, name: this.#name };
    this.#storage = disk ? disk.open(open) : watched(openStorage(open), (change) => (this.#busy += change));
    this.#bus = this.#hub.join();
    this.#engine = new SyncEngine({
      workspace,
      member,
      device,
      storage: this.#storage,
      bus: this.#hub.join(),
      openSocket: this.#options.socket(
        () => this.#online,
        (events) => this.#own.add(events),
      ),
      timers: this.#timers(),
      random,
      signedOut: () => Promise.resolve(null),
      hasSpace: () => Promise.resolve(this.hasSpace),
      uploadBlob: (blob, watch) => this.upload(blob, watch),
    });
    this.#engine.start();
  }

  /** Time as the running process has it: what it planned ends with it. */
  #timers(): Timers {
    const { clock, skew = () => 0 } = this.#options;
    const process = this.#process;
    return {
      now: () => clock.now() + skew(),
      after: (milliseconds, run) => clock.after(milliseconds, () => process.alive && run()),
    };
  }

  goOffline(): void {
    this.#online = false;
    this.#options.cut((events) => this.#own.has(events));
  }

  goOnline(): void {
    this.#online = true;
    this.#bus.post({ type: 'network' });
  }

  /**
   * Ends every page and the leader, and begins again. `killed`: what was not stored yet is gone, as in a crash.
   * `meanwhile` is done to the database that nobody has open.
   */
  async restart(killed: boolean, meanwhile: () => void = () => undefined): Promise<void> {
    if (!killed) await Promise.all([...this.#tabs].map(({ texts }) => texts.close()));
    this.#process.alive = false;
    for (const { bus, lease } of this.#tabs) {
      bus.close();
      lease.close();
    }
    this.#tabs.clear();
    this.#locks.releaseAll();
    this.#engine.stop();
    this.#bus.close();
    this.#storage.close();
    if (killed) this.#options.disk?.died(this.#name);
    meanwhile();
    this.#begin();
  }

  stop(): void {
    this.#engine.stop();
    this.#storage.close();
  }

  /** `filter` stands between the bus and the page: a page that is slow to hear. */
  newTab(filter: (bus: Bus) => Bus = (bus) => bus): Tab {
    const process = this.#process;
    const bus = filter(this.#hub.join());
    const lease = new TabLease(this.#storage, bus, this.#locks, this.#name);
    const texts = new OpenTexts({
      storage: this.#storage,
      bus,
      tab: newId(),
      me: this.member,
      lease,
      timers: this.#timers(),
      onMended: () => undefined,
      onProblem: (problem) => process.alive && this.problems.push(problem),
    });
    const tab = { texts, lease, bus };
    this.#tabs.add(tab);
    return {
      open: (room) => {
        const text = texts.open(room, () => undefined);
        return {
          get session() {
            return text.session;
          },
          get doc() {
            return text.session.doc;
          },
          close: () => text.close(),
        };
      },
      close: async () => {
        await texts.close();
        lease.close();
        bus.close();
        this.#tabs.delete(tab);
      },
    };
  }

  /** What a page is made of, for tests of pages. */
  page(): { storage: DeviceStorage; bus: Bus; lease: TabLease; timers: Timers; tab: string } {
    const bus = this.#hub.join();
    const lease = new TabLease(this.#storage, bus, this.#locks, this.#name);
    return { storage: this.#storage, bus, lease, timers: this.#timers(), tab: newId() };
  }

  /** The database's name, for tests that damage it. */
  get database(): string {
    return this.#name;
  }

  async send(room: RoomId, type: string, data: unknown): Promise<CommandId> {
    const id = newId<CommandId>();
    await this.#storage.outbox.add({ id, room, type, data, at: this.#timers().now() });
    this.#bus.post({ type: 'wake' });
    return id;
  }

  /** There is something to send. */
  wake(): void {
    this.#bus.post({ type: 'wake' });
  }

  async history(room: RoomId, before: number, limit: number): Promise<void> {
    this.#bus.post({ type: 'history', id: newId(), room, before, limit });
  }
}
