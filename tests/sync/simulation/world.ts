import { openStorage } from '../../../client/data/storage/idb/open.ts';
import {
  newId,
  type CommandId,
  type DeviceId,
  type MemberId,
  type RoomId,
} from '../../../shared/base/ids.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import { createRelay } from '../../../server/relay/relay.ts';
import { noLog } from '../../../server/relay/metrics.ts';
import type { Caller, Relay } from '../../../server/relay/contract.ts';
import type { RelayStore } from '../../../server/storage/contract.ts';
import type { WorkspaceId } from '../../../shared/base/ids.ts';
import { failing } from '../../support/store-disk.ts';
import { WorldDevice } from '../../support/world-device.ts';
import { HeldClock, randomOf } from '../../support/world-time.ts';
import { disk } from './device-disk.ts';
import { Network } from './network.ts';
import { Broken } from './broken.ts';
import { Oracle } from './oracle.ts';
import { PowerCuts } from './power-cut.ts';
import { RelayData, type Copy } from './relay-data.ts';
import { seedEverything, setNow } from './seeded.ts';
import { Trace } from './trace.ts';

/** Ends a turn of the event loop: every promise that can go on has gone on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A device with what only the schedule knows of it. */
export interface SimDevice {
  readonly name: string;
  readonly member: MemberId;
  /** What it says it is: a copied profile says the same as the one it was copied from. */
  readonly id: DeviceId;
  readonly machine: WorldDevice;
  /** Ended by the relay or by the person; a new one begins with the next sign-in. */
  session: string;
  online: boolean;
  /** Milliseconds that its clock is off, or the moment at which it stands still. */
  clock: { off: number } | { at: number };
}

/** Relay, devices, disks, clocks and network of one seed, in one process. */
export class SimWorld {
  readonly random: () => number;
  readonly clock = new HeldClock();
  readonly trace: Trace;
  readonly oracle: Oracle;
  readonly network: Network;
  readonly devices: SimDevice[] = [];
  readonly endedSessions = new Set<string>();
  readonly workspace = 'w' as WorkspaceId;
  readonly #cuts: PowerCuts;
  readonly #turns: (() => void)[] = [];
  readonly data: RelayData;
  #store: RelayStore;
  #relay: Relay | null = null;
  relayClock: { off: number } | { at: number } = { off: 0 };
  relayDiskFull = false;
  /** No sync of the relay's disk ends that begins now. */
  isDiskStuck = false;
  #process = { alive: true };

  /** `syncsBeside`: the relay's disk syncs while the relay goes on. */
  constructor(seed: number, tell: ((line: string) => void) | null, syncsBeside: boolean) {
    seedEverything(seed);
    this.random = randomOf(seed);
    this.trace = new Trace(tell);
    this.oracle = new Oracle((what, words) => this.trace.say(what, words));
    this.#cuts = new PowerCuts(this.oracle);
    disk.reset(this.random);
    setNow(this.clock.now());
    this.data = new RelayData(
      this.workspace,
      () => this.#told(this.relayClock),
      syncsBeside ? (ended) => this.#syncing(ended) : null,
    );
    this.#store = this.#watched();
    this.network = new Network(() => this.#relay, this.random, {
      said: (line, frame) => {
        this.trace.note(frame.length);
        this.oracle.said(line, frame);
      },
      heard: (line, frame) => {
        this.trace.note(frame.length);
        this.oracle.heard(line, frame);
      },
      note: (what) => this.trace.note(what),
    });
    this.startRelay();
  }

  below(n: number): number {
    return Math.floor(this.random() * n);
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  room(kind: string, id: string, part?: string): RoomId {
    return roomId(this.workspace, kind, id, part);
  }
  get relay(): Relay {
    return this.#relay!;
  }
  get isRelayUp(): boolean {
    return this.#relay !== null;
  }

  #told(clock: { off: number } | { at: number }): number {
    return 'at' in clock ? clock.at : this.clock.now() + clock.off;
  }

  #watched(): RelayStore {
    return this.oracle.watch(failing(this.data.store, () => this.relayDiskFull));
  }

  startRelay(): void {
    if (this.#relay) return;
    const process = { alive: true };
    this.#process = process;
    this.#relay = createRelay({
      store: this.#store,
      version: 'simulated',
      clock: { now: () => this.#told(this.relayClock) },
      log: { ...noLog, error: ({ err }, said) => this.oracle.fault(err, said) },
      defer: (run) => void this.#turns.push(() => process.alive && run()),
      later: (milliseconds, run) => void this.clock.after(milliseconds, () => process.alive && run()),
      revoked: this.data.revoked(),
    });
  }

  /** The relay goes on from an older copy of its data, as a new epoch. `lost` notes what it forgets thereby. */
  async restore(copy: Copy, lost: { note(forget: () => void): Promise<void> }): Promise<void> {
    await lost.note(() => {
      this.oracle.restored(this.data.restore(copy));
      this.#cuts.restored();
    });
    this.#store = this.#watched();
    await this.data.applyJournal(copy, this.#store);
    this.oracle.goesOn();
  }

  #syncing(ended: () => void): void {
    const process = this.#process;
    if (!this.isDiskStuck) this.clock.after(this.below(8), () => process.alive && ended());
  }

  /** The machine went down under the relay. `lost` notes what it forgets thereby. */
  async cutPower(lost: { note(forget: () => void): Promise<void> }): Promise<void> {
    const cut = (): void => this.oracle.restored(this.data.cutPower((n) => this.below(n)));
    await lost.note(() => this.#cuts.through(cut));
    this.#store = this.#watched();
    this.oracle.goesOn();
  }

  /** `killed`: nothing is stored or said any more. */
  stopRelay(killed: boolean): void {
    if (killed) this.#process.alive = false;
    else void this.#relay?.stop();
    this.#process.alive = false;
    this.#relay = null;
    this.#turns.length = 0;
    this.network.cut();
  }

  /** A fact of the relay: somebody joined. */
  join(name: string, role: 'owner' | 'admin' | 'member'): Promise<void> {
    const member = name as MemberId;
    const data = { member, name, email: `${name}@example.org`, role };
    return this.relay.appendFact(this.room('directory', 'main'), 'member.join', member, data);
  }

  /** `of`: a machine with a copy of that one's profile. */
  device(member: MemberId, of: SimDevice | null = null): SimDevice {
    const name = `${member}${this.devices.length}`;
    const id = of?.id ?? (name as DeviceId);
    const device: SimDevice = {
      name,
      member,
      id,
      session: of?.session ?? name,
      online: true,
      clock: { off: 0 },
      machine: new WorldDevice({
        workspace: this.workspace,
        member,
        device: id,
        database: name,
        clock: this.clock,
        random: this.random,
        skew: () => this.#told(device.clock) - this.clock.now(),
        disk: { open: openStorage, died: (database) => disk.kill(database) },
        socket: (reachable, opened) => {
          const open = this.network.socketFor(name, () => this.callerOf(device), reachable);
          return (events) => {
            opened(events);
            return open(events);
          };
        },
        cut: () => this.network.cut(name),
      }),
    };
    this.devices.push(device);
    return device;
  }

  copyProfile(from: SimDevice): void {
    // Before the new machine opens it: from there on the two are on their own.
    const name = `${from.member}${this.devices.length}`;
    const base = from.machine.database.slice(0, -from.name.length);
    disk.clone(`${base}${from.name}`, `${base}${name}`);
    this.device(from.member, from);
  }

  callerOf({ member, id, session }: SimDevice): Caller | null {
    return this.endedSessions.has(session) ? null : { member, device: id, session };
  }

  /** A command as a script sends it, by way of HTTP; not waited for. */
  script(member: MemberId, room: RoomId, type: string, data: unknown): void {
    const device = newId<DeviceId>();
    void this.#relay?.command(
      { member, device, session: device },
      { id: newId<CommandId>(), n: 1, room, type, data },
    );
  }

  #runTurns(): boolean {
    const due = this.#turns.splice(0);
    if (due.length > 0) this.oracle.turn++;
    for (const run of due) run();
    return due.length > 0;
  }

  check(): void {
    if (this.oracle.broken) throw this.oracle.broken;
  }

  /** Lets a few things happen, and some time pass. */
  async step(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const choice = this.random();
      if (choice < 0.45) this.network.deliverOne();
      else if (choice < 0.65) this.#runTurns();
      else if (choice < 0.9) disk.step();
      else this.#pass(200);
      await turn();
    }
    this.check();
  }

  #pass(milliseconds: number): boolean {
    const moved = this.clock.next(milliseconds);
    setNow(this.clock.now());
    return moved;
  }

  /** Everything that can happen without time passing has happened when it resolves. */
  async quiet(): Promise<void> {
    for (let moves = 0, still = 0; still < 2; moves++) {
      const order = this.random();
      const moved =
        order < 0.5
          ? this.network.deliverOne() || disk.step() || this.#runTurns()
          : disk.step() || this.#runTurns() || this.network.deliverOne();
      await turn();
      still = moved ? 0 : still + 1;
      if (moves > 100_000) throw new Broken('it never comes to rest');
    }
    this.check();
  }

  /** Until nothing is under way, and for `milliseconds` of the world's time after that. */
  async settle(milliseconds: number): Promise<void> {
    await this.quiet();
    const end = this.clock.now() + milliseconds;
    while (this.#pass(end - this.clock.now())) await this.quiet();
    this.clock.skip(end);
  }

  /** Waits for something that needs disks above all. */
  async done<T>(work: Promise<T>): Promise<T> {
    let ended = false;
    const over = (): void => {
      ended = true;
    };
    work.then(over, over);
    for (let moves = 0; !ended; moves++) {
      disk.step();
      await turn();
      if (moves % 50 === 49) await this.step(1);
      if (moves > 20_000) throw new Broken('a device never answers');
    }
    return work;
  }

  end(): void {
    for (const { machine } of this.devices) machine.stop();
    this.stopRelay(true);
  }
}
