import './seeded.ts';
import { newId, type CommandId, type MemberId, type RoomId } from '../../../shared/base/ids.ts';
import { disk } from './device-disk.ts';
import { Hostile, twice } from './hostile.ts';
import { checkEverything, type Sent } from './invariants.ts';
import { Broken } from './broken.ts';
import { LostRows } from './lost.ts';
import { Pages } from './texts.ts';
import { SimWorld, type SimDevice } from './world.ts';

export interface Outcome {
  /** The same for the same seed. */
  readonly hash: string;
  /** Rows that the relay stored. */
  readonly rows: number;
  /** What was wrong; null when nothing was. */
  readonly broken: string | null;
}

const minute = 60_000;
const year = 365 * 24 * 60 * minute;
/** Everything has to be the same so soon after the last trouble: the longest wait between two attempts, and some. */
const healsWithin = 4 * minute;
/** In every so manieth schedule the relay is restored from older copies of its data, and its machine goes down. */
const restoredEvery = 4;
/** In every so manieth one newcomers to a conversation do not hear what was before. */
const limitedEvery = 5;
const mostRestores = 3;

/** One seed: people at work while everything around them fails, then peace, then what must hold. */
export async function runSchedule(
  seed: number,
  tell: ((line: string) => void) | null = null,
): Promise<Outcome> {
  const isRestored = seed % restoredEvery === 0;
  const world = new SimWorld(seed, tell, isRestored);
  let broken: string | null = null;
  const object = (error: unknown): void => {
    broken ??= error instanceof Broken ? error.message : String((error as Error).stack);
  };
  // A bug in what nobody waits for.
  process.on('unhandledRejection', object);
  process.on('uncaughtException', object);
  await new Schedule(world, isRestored, seed % limitedEvery === 4).run().catch(object);
  world.end();
  await new Promise((ended) => setImmediate(ended));
  process.off('unhandledRejection', object);
  process.off('uncaughtException', object);
  const rows = [...world.oracle.rooms.values()].reduce((sum, room) => sum + room.rows.length, 0);
  return { hash: world.trace.hash, rows, broken };
}

class Schedule {
  readonly #world: SimWorld;
  readonly #pages: Pages;
  readonly #lost: LostRows;
  readonly #sent: Sent[] = [];
  readonly #owner = 'ann' as MemberId;
  readonly #isRestored: boolean;
  readonly #isLimited: boolean;
  #people: MemberId[] = [];
  #hostile: Hostile | null = null;
  #restores = 0;
  #cuts = 0;

  constructor(world: SimWorld, isRestored: boolean, isLimited: boolean) {
    this.#world = world;
    this.#isRestored = isRestored;
    this.#isLimited = isLimited;
    this.#pages = new Pages(world);
    this.#lost = new LostRows(world);
  }

  async run(): Promise<void> {
    const world = this.#world;
    await this.#begin();
    const events = 40 + world.below(40);
    for (let i = 0; i < events; i++) {
      await this.#event();
      await world.step(world.below(14));
      if (this.#isRestored) await this.#perhapsRestore();
    }
    await this.#heal();
    await checkEverything(world, this.#pages, this.#sent, this.#lost);
  }

  async #begin(): Promise<void> {
    const world = this.#world;
    this.#people = (['ann', 'bo', 'cy'] as MemberId[]).slice(0, 2 + world.below(2));
    for (const person of this.#people) await world.join(person, person === this.#owner ? 'owner' : 'member');
    for (const person of this.#people) world.device(person);
    for (let more = world.below(3); more > 0; more--) world.device(world.pick(this.#people));
    if (world.random() < 0.7) {
      const mallory = 'mallory' as MemberId;
      await world.join(mallory, 'member');
      this.#hostile = new Hostile(world, mallory);
      this.#hostile.act();
    }
    await world.settle(500);
    for (const device of world.devices) this.#pages.of(device);
    await this.#say(world.devices[0]!, world.room('chat', 'c0'), 'chat.create', {
      type: 'group',
      title: '',
      members: this.#people,
    });
    await this.#limit(world.devices[0]!, world.room('chat', 'c0'));
    await this.#say(world.devices[0]!, world.room('doc', 'd0', 'about'), 'doc.create', { title: 'first' });
    await world.settle(200);
  }

  /** In every fifth schedule newcomers hear only what is said from then on. */
  async #limit(device: SimDevice, chat: RoomId): Promise<void> {
    if (this.#isLimited) await this.#say(device, chat, 'chat.set', { newcomersRead: 'fromThen' });
  }

  /** A command that somebody wants sent; kept when the device kept it. */
  async #say(device: SimDevice, room: RoomId, type: string, data: object): Promise<void> {
    const id = newId<CommandId>();
    this.#world.trace.say('wants', () => `${device.name}: ${type} ${JSON.stringify(data)} in ${room}, ${id}`);
    const { storage } = device.machine;
    const at = this.#world.clock.now();
    const kept = await this.#world.done(
      storage.outbox.add({ id, room, type, data, at }).then(
        () => true,
        () => false,
      ),
    );
    device.machine.wake();
    if (kept) this.#sent.push({ id, device, room });
  }

  #texts(): RoomId[] {
    const { world } = { world: this.#world };
    return [
      world.room('scratch', 'one'),
      ...[...world.oracle.docs.keys()].map((about) => about.slice(0, -':about'.length) as RoomId),
    ];
  }

  async #event(): Promise<void> {
    const world = this.#world;
    const { oracle, trace } = world;
    const device = world.pick(world.devices);
    const { machine, member, name } = device;
    const choice = world.below(100);
    trace.note(choice);
    if (choice < 35) return this.#pages.write(device, world.pick(this.#texts()));
    if (choice < 38) return this.#forge();
    if (choice < 66) return this.#command(device, choice);
    if (choice < 71) {
      if (device.online) machine.goOffline();
      else machine.goOnline();
      device.online = !device.online;
      return trace.say(device.online ? 'comes online' : 'goes offline', () => name);
    }
    if (choice < 75) {
      const killed = world.below(3) > 0;
      trace.say(killed ? 'killed' : 'restarted', () => name);
      if (!killed && device.machine.ended === null && !disk.full.has(machine.database))
        for (const tab of this.#pages.of(device)) await world.done(tab.close().catch(() => undefined));
      this.#pages.forget(device);
      return machine.restart(true);
    }
    if (choice < 76) return world.random() < 0.6 ? this.#evict(device) : this.#copy(device);
    if (choice < 78) {
      trace.say('opens or closes a page', () => name);
      if (this.#pages.of(device).length < 3) this.#pages.of(device).push(machine.newTab());
      else await this.#pages.close(device);
      return;
    }
    if (choice < 80) {
      trace.say('cut off', () => name);
      return world.network.cut(name);
    }
    if (choice < 82) {
      // Half open: a while later it turns out to have been a delay, or the end.
      world.network.silence(name);
      const isDelay = world.below(2) === 0;
      trace.say(isDelay ? 'delayed' : 'half open', () => name);
      world.clock.after(world.below(50_000), () =>
        isDelay ? world.network.resume() : world.network.dropSilent(),
      );
      return;
    }
    if (choice < 86) {
      const killed = world.below(3) > 0;
      if (this.#isRestored && killed && world.below(2) === 0) return this.#cutPower();
      trace.say(killed ? 'relay killed' : 'relay stopped');
      world.stopRelay(killed);
      await world.step(world.below(10));
      return world.startRelay();
    }
    if (choice < 88) {
      world.relayDiskFull = true;
      trace.say('relay disk full');
      if (world.below(2) === 0) this.#hostile?.act(twice);
      await world.step(world.below(30));
      world.relayDiskFull = false;
      return trace.say('relay disk has room');
    }
    if (choice < 89) {
      trace.say('disk full', () => name);
      disk.full.add(machine.database);
      world.clock.after(world.below(5_000), () => disk.full.delete(machine.database));
      return;
    }
    if (choice < 91) {
      const jump = world.pick([-10 * year, 10 * year, -60 * minute, 5 * minute, 0]);
      const clock = world.below(4) === 0 ? { at: world.clock.now() } : { off: jump };
      // What is older than a month need not come back after a restore.
      const isRelays = world.below(3) === 0;
      if (isRelays) world.relayClock = this.#isRestored && Math.abs(jump) > year ? { off: 0 } : clock;
      else device.clock = clock;
      const set = isRelays ? world.relayClock : clock;
      return trace.say('clock set', () => `of ${isRelays ? 'relay' : name} ${JSON.stringify(set)}`);
    }
    if (choice < 93) {
      trace.say('signed out', () => name);
      world.endedSessions.add(device.session);
      if (world.isRelayUp) world.relay.endSession(device.session);
      return;
    }
    if (choice < 95) {
      if (member === this.#owner || !oracle.people.get(member)?.active) return;
      trace.say('taken out', () => member);
      return world.script(this.#owner, world.room('directory', 'main'), 'member.remove', { member });
    }
    if (choice < 97) {
      trace.say('all wait');
      return world.settle(world.below(30_000));
    }
    trace.say('all sign in again');
    await this.#everybodyBack();
  }

  /** Somebody comes into a conversation that has a past, and perhaps their device dies while it fetches that. */
  async #letIn(device: SimDevice, chat: RoomId, other: MemberId): Promise<void> {
    const world = this.#world;
    await this.#say(device, chat, 'chat.addMembers', { members: [other] });
    if (world.below(2) === 0) return;
    await world.step(10 + world.below(40));
    const theirs = world.devices.filter(({ member }) => member === other);
    const dying = world.pick(theirs.length > 0 ? theirs : [device]);
    world.trace.say('killed while let in', () => dying.name);
    this.#pages.forget(dying);
    await dying.machine.restart(true);
  }

  async #forge(): Promise<void> {
    for (let times = 0; times < 3; times++) {
      this.#hostile?.act();
      await this.#world.step(2);
    }
  }

  async #command(device: SimDevice, choice: number): Promise<void> {
    const world = this.#world;
    const { oracle } = world;
    const chat = world.room('chat', `c${world.below(3)}`);
    const about = world.room('doc', `d${world.below(3)}`, 'about');
    const other = world.pick(this.#people);
    if (choice < 51) return this.#say(device, chat, 'chat.send', { text: `#${this.#sent.length} said` });
    if (choice < 53) {
      await this.#say(device, chat, 'chat.create', {
        type: 'group',
        title: `${world.below(9)}`,
        members: this.#people.filter(() => world.below(2) === 0).concat(device.member),
      });
      return this.#limit(device, chat);
    }
    if (choice < 54) return this.#letIn(device, chat, other);
    if (choice < 56) {
      const by = oracle.chats.get(chat)?.by;
      const maker = world.devices.find(({ member }) => member === by) ?? device;
      return this.#say(maker, chat, 'chat.removeMember', { member: other });
    }
    if (choice < 57) return this.#say(device, chat, 'chat.leave', {});
    if (choice < 58) return this.#say(device, chat, 'chat.rename', { title: `${world.below(5)}` });
    if (choice < 60)
      return this.#say(device, world.room('chat', chat.split('/')[2]!, 'reads'), 'chat.read', {
        upTo: world.below(1 + oracle.room(chat).entries.length),
      });
    if (choice < 62) return this.#say(device, about, 'doc.create', { title: `${world.below(9)}` });
    if (choice < 63) return this.#say(device, about, 'doc.rename', { title: `${world.below(9)}` });
    if (choice < 64) return this.#say(device, about, 'doc.delete', {});
    if (choice < 65) return this.#say(device, about, 'doc.restore', {});
    const role = world.pick(['admin', 'member']);
    if (other !== this.#owner)
      await this.#say(device, world.room('directory', 'main'), 'member.role', { member: other, role });
  }

  /** The browser threw this device's database away; nobody had it open. */
  async #evict(device: SimDevice): Promise<void> {
    this.#world.trace.say('evicted', () => device.name);
    this.#pages.forget(device);
    this.#pages.promised = this.#pages.promised.filter((each) => each.device !== device);
    this.#lost.evicted(device);
    for (const sent of this.#sent) if (sent.device === device) sent.isGone = true;
    return device.machine.restart(true, () => disk.remove(device.machine.database));
  }

  /** A backup is taken, or the relay is restored from one. */
  async #perhapsRestore(): Promise<void> {
    const world = this.#world;
    const choice = world.below(16);
    if (choice < 2 && world.isRelayUp) {
      const told = world.below(3) === 0;
      world.trace.say('backed up', () => `at ${world.data.store.head()}${told ? ', told' : ''}`);
      return world.data.backUp(told);
    }
    if (choice > 2 || world.data.copies.length === 0 || this.#restores === mostRestores) return;
    this.#restores += 1;
    const copy = world.pick(world.data.copies);
    world.trace.say(
      'restored',
      () => `${world.data.store.head()} of ${world.data.store.epoch} to ${copy.cursor} of ${copy.epoch}`,
    );
    world.stopRelay(world.below(2) === 0);
    world.relayDiskFull = false;
    await world.restore(copy, this.#lost);
    world.startRelay();
    for (let times = world.below(3); times > 0; times--) {
      await world.step(5);
      this.#hostile?.handBack();
    }
  }

  /** The relay's machine goes down while people type. */
  async #cutPower(): Promise<void> {
    const world = this.#world;
    world.isDiskStuck = true;
    const room = world.pick(this.#texts());
    for (let times = world.below(6); times > 0; times--) {
      const online = world.devices.filter(({ machine }) => machine.state?.connection === 'online');
      await this.#pages.write(world.pick(online.length > 0 ? online : world.devices), room);
      await world.step(world.below(90));
    }
    const { epoch } = world.data.store;
    const head = world.data.store.head();
    world.stopRelay(true);
    this.#cuts += 1;
    await world.cutPower(this.#lost);
    world.isDiskStuck = false;
    world.trace.say('power cut', () => `${head} of ${epoch} to ${world.data.store.head()}`);
    await world.step(world.below(10));
    world.startRelay();
  }

  /** The profile of a device is copied to another machine, which goes on as if it were the same device. */
  #copy(device: SimDevice): void {
    const world = this.#world;
    if (world.oracle.copied.size > 0 || device.machine.ended) return;
    // What a restore took is looked for on each device under its own id.
    if (this.#isRestored) return;
    world.trace.say('copied', () => device.name);
    world.oracle.copied.add(device.id);
    world.copyProfile(device);
  }

  /** Whoever left is invited again, and whoever was signed out signs in. */
  async #everybodyBack(): Promise<void> {
    const world = this.#world;
    for (const person of this.#people)
      if (world.isRelayUp && !world.oracle.people.get(person)?.active)
        await world.join(person, 'member').catch(() => undefined);
    for (const device of world.devices) {
      if (device.machine.ended === null && !world.endedSessions.has(device.session)) continue;
      device.session = `${device.name}-${newId()}`;
      this.#pages.forget(device);
      await device.machine.restart(true);
    }
  }

  async #heal(): Promise<void> {
    const world = this.#world;
    world.trace.say('healing');
    world.startRelay();
    world.relayDiskFull = false;
    disk.full.clear();
    world.network.dropSilent();
    await world.settle(100);
    await this.#everybodyBack();
    for (const device of world.devices) {
      device.online = true;
      device.machine.goOnline();
    }
    const end = world.clock.now() + healsWithin;
    const rest = async (): Promise<void> => {
      do {
        await world.settle(2_000);
        if (world.clock.now() > end) throw new Broken(`not healed: ${await this.#unrest()}`);
        await this.#everybodyBack();
      } while ((await this.#unrest()) !== null);
    };
    await rest();
    // What came back from one device may have waited for what another one has: it is offered on the next connection.
    for (let times = 0; times < 3 && this.#restores + this.#cuts > 0; times++) {
      world.network.cut();
      await world.settle(100);
      await rest();
    }
    await world.settle(2_500);
  }

  async #unrest(): Promise<string | null> {
    const world = this.#world;
    for (const { machine, name } of world.devices) {
      const { state, storage } = machine;
      if (state?.connection !== 'online' || state.fetching || state.problem)
        return `${name} is ${state?.connection} ${state?.problem?.message ?? ''}`;
      const waiting = (await world.done(storage.outbox.all())).find(({ failure }) => !failure);
      if (waiting) return `${name} has not sent ${waiting.type} to ${waiting.room} (${waiting.seq})`;
      const unsent = (await world.done(storage.texts.queue())).find(({ failure }) => !failure);
      if (unsent) return `${name} has not sent a change of ${unsent.room}`;
    }
    return null;
  }
}
