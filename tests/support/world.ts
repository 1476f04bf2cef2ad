import 'fake-indexeddb/auto';
import { deleteDB } from 'idb';
import { newId, type DeviceId, type MemberId, type RoomId } from '../../shared/base/ids.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import { databaseName } from '../../client/data/storage/idb/open.ts';
import { createRelay } from '../../server/relay/relay.ts';
import type { Relay } from '../../server/relay/contract.ts';
import type { RelayStore } from '../../server/storage/contract.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import { WorldDevice } from './world-device.ts';
import { Network } from './world-network.ts';
import { HeldClock, randomOf } from './world-time.ts';

export interface World {
  readonly random: () => number;
  readonly clock: HeldClock;
  readonly network: Network;
  readonly relay: Relay;
  readonly store: RelayStore;
  room(kind: string, id: string, part?: string): RoomId;
  member(name: string): Promise<MemberId>;
  device(member: MemberId, name?: string): WorldDevice;
  /** Commands by way of HTTP, as a script would send them; resolves when all are stored. */
  commands(
    member: MemberId,
    list: readonly (readonly [room: RoomId, type: string, data: unknown])[],
  ): Promise<void>;
  /** Ends the relay and starts another on the same store; all lines break. */
  restartRelay(): void;
  /** The relay starts again on other data, as after a restore from a backup. */
  replaceStore(store: RelayStore): void;
  /** The relay is away until `restartRelay`. */
  stopRelay(): void;
  /** Lets a few frames arrive, and some time pass. */
  step(frames: number): Promise<void>;
  /** Until nothing is under way, and for `milliseconds` of the world's time after that. */
  settle(milliseconds?: number): Promise<void>;
  /** Until nothing is under way, without time passing. */
  quiet(): Promise<void>;
  /** A whole number below `n`. */
  below(n: number): number;
  end(): Promise<void>;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A relay and devices in one process; the order in which frames arrive, and chance in general, come from the seed. */
export async function makeWorld(seed: number, store: RelayStore = createMemoryStore()): Promise<World> {
  const random = randomOf(seed);
  const clock = new HeldClock();
  const devices: WorldDevice[] = [];
  const databases: string[] = [];
  const turns: (() => void)[] = [];

  const startRelay = (): Relay =>
    createRelay({
      store,
      version: 'world',
      clock,
      defer: (run) => void turns.push(run),
      later: (milliseconds, run) => void clock.after(milliseconds, run),
    });
  let relay: Relay | null = startRelay();
  const network = new Network(() => relay, random);

  const runTurns = (): boolean => {
    const due = turns.splice(0);
    for (const run of due) run();
    return due.length > 0;
  };
  const resting = (): boolean => devices.every((device) => device.resting);

  /** Everything that can happen without time passing has happened when it resolves. */
  const quiet = async (): Promise<void> => {
    for (let still = 0; still < 3;) {
      const moved = network.deliverOne() || runTurns();
      // Storage works in turns of the event loop; deliveries in between keep the interleaving rich.
      await turn();
      still = moved || !resting() ? 0 : still + 1;
    }
  };

  const world: World = {
    random,
    clock,
    network,
    get store() {
      return store;
    },
    replaceStore(other) {
      world.stopRelay();
      store = other;
      relay = startRelay();
    },
    get relay() {
      return relay!;
    },
    room: (kind, id, part) => roomId(store.workspace, kind, id, part),
    async member(name) {
      const id = name as MemberId;
      const role = Object.keys(world.relay.directory().members).length === 0 ? 'owner' : 'member';
      const data = { member: id, name, email: `${name}@example.org`, role };
      const joined = world.relay.appendFact(world.room('directory', 'main'), 'member.join', id, data);
      runTurns();
      await joined;
      return id;
    },
    device(member, name = newId()) {
      const device = `${member}-${name}` as DeviceId;
      const made = new WorldDevice({
        workspace: store.workspace,
        member,
        device,
        clock,
        random,
        socket: (reachable, opened) => {
          const open = network.socketFor(() => ({ member, device, session: device }), reachable);
          return (events) => {
            opened(events);
            return open(events);
          };
        },
        cut: (which) => network.cut(which),
      });
      devices.push(made);
      databases.push(`${databaseName(store.workspace, member)}:${device}`);
      return made;
    },
    async commands(member, list) {
      const device = newId<DeviceId>();
      const sent = list.map(([room, type, data], n) =>
        world.relay.command({ member, device, session: device }, { id: newId(), n: n + 1, room, type, data }),
      );
      runTurns();
      for (const result of await Promise.all(sent)) if (!result.ok) throw new Error(result.message);
    },
    stopRelay() {
      void relay?.stop();
      relay = null;
      turns.length = 0;
      network.cut();
    },
    restartRelay() {
      world.stopRelay();
      relay = startRelay();
    },
    async step(frames) {
      for (let i = 0; i < frames; i++) {
        network.deliverOne();
        if (random() < 0.3) runTurns();
        if (random() < 0.2) clock.next(50);
        if (random() < 0.5) await turn();
      }
    },
    async settle(milliseconds = 3_000) {
      await quiet();
      const end = clock.now() + milliseconds;
      while (clock.next(end - clock.now())) await quiet();
    },
    quiet,
    below: (n) => Math.floor(random() * n),
    async end() {
      for (const device of devices) device.stop();
      world.stopRelay();
      await turn();
      for (const name of databases) await deleteDB(name);
    },
  };
  return world;
}
