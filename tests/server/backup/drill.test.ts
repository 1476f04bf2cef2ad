import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { roles } from '../../../shared/access/actor.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import { seededRandom } from '../../shared/random.ts';
import { DrillDevice, DrillSite, saidIn } from './drill.ts';

const first = Number(process.env['WEFT_SEED'] ?? Date.now() % 1_000_000);
const drills = Number(process.env['WEFT_DRILLS'] ?? 30);

type Random = ReturnType<typeof seededRandom>;

/** One company, from its first day to after its last restore. */
class Drill {
  readonly site = new DrillSite();
  readonly devices: DrillDevice[] = [];
  readonly members: MemberId[] = [];
  readonly chats: RoomId[] = [];
  readonly docs: RoomId[] = [];
  readonly pads: RoomId[] = [];
  /** Who may not read what, who has left, who is how much: what no restore may undo. */
  forbidden = new Set<string>();
  counts = { taken: 0, known: 0, restores: 0, journals: 0, refused: new Map<string, number>() };
  #marks = 0;
  /** The first backup that the journal reaches back to. */
  #firstWhole = 0;
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#random(from.length)]!;
  }
  room(kind: string, id: string, part?: string): RoomId {
    return roomId(this.site.relay.workspace, kind, id, part);
  }

  async begin(): Promise<void> {
    await this.site.start();
    const people = 4 + this.#random(3);
    for (let i = 0; i < people; i++) await this.#join(i === 0 ? 'owner' : i === 1 ? 'admin' : 'member');
    this.pads.push(this.room('scratch', 'one'), this.room('scratch', 'two'));
  }
  async #join(role: string): Promise<void> {
    const member = `m${this.members.length}` as MemberId;
    const data = { member, name: member, email: `${member}@example.org`, role };
    await this.site.relay.appendFact(this.room('directory', 'main'), 'member.join', member, data);
    this.members.push(member);
    for (let i = 0; i < 1 + this.#random(2); i++) {
      const device = new DrillDevice(member);
      this.site.signIn(device);
      this.devices.push(device);
      await device.connect(this.site.relay, true);
    }
  }

  online = (): DrillDevice[] => this.devices.filter((device) => device.isOnline);

  /** Something that somebody does who is there. */
  async act(mayGrant: boolean): Promise<void> {
    this.site.pass(1 + this.#random(5_000));
    const device = this.#pick(this.online());
    if (!device) return;
    const { site } = this;
    const member = this.#pick(this.members);
    const chat = this.chats.length > 0 ? this.#pick(this.chats) : null;
    const doc = this.docs.length > 0 ? this.#pick(this.docs) : null;
    const directory = this.room('directory', 'main');
    const owner = this.online().find(({ member: of }) => of === 'm0') ?? device;
    switch (this.#random(mayGrant ? 16 : 9)) {
      case 0:
      case 1:
      case 2:
        if (chat) await device.command(chat, 'chat.send', { text: `text ${++this.#marks}` });
        return;
      case 3:
      case 4:
        return void (await device.write(this.#pick(this.pads), `mark ${++this.#marks}`));
      case 5:
        if (chat) await device.command(chat, 'chat.removeMember', { member });
        return;
      case 6:
        if (chat) await device.command(chat, 'chat.leave', {});
        return;
      case 7:
        if (doc) await device.command(doc, 'doc.delete', {});
        return;
      case 8: {
        const [some] = this.devices.filter((each) => each.member !== 'm0' && site.isSignedIn(each));
        if (some && this.#random(4) === 0) {
          site.workspace.auth.sessions.end(some.member, some.session);
          some.disconnect();
        }
        return;
      }
      case 9:
      case 10: {
        const room = this.room('chat', `c${this.chats.length}`);
        this.chats.push(room);
        const others = this.members.filter(() => this.#random(2) === 0);
        const data = { type: 'group', title: 'Group', members: others.length > 0 ? others : [member] };
        await device.command(room, 'chat.create', data);
        return;
      }
      case 11:
        if (chat) await device.command(chat, 'chat.addMembers', { members: [member] });
        // They have the row that let them in, and lack what is before it.
        for (const each of this.online()) if (each.member === member) await each.fetch(site.relay);
        return;
      case 12: {
        const room = this.room('doc', `d${this.docs.length}`, 'about');
        this.docs.push(room);
        await device.command(room, 'doc.create', { title: 'Doc' });
        return;
      }
      case 13:
        if (doc) await device.command(doc, 'doc.restore', {});
        return;
      case 14: {
        const role = this.#pick(roles);
        if (member !== 'm0') await owner.command(directory, 'member.role', { member, role });
        return;
      }
      case 15:
        if (this.#random(3) === 0 && member !== 'm0')
          await owner.command(directory, 'member.remove', { member });
        else if (this.#random(3) === 0) await this.#join('member');
        else if (this.#random(2) === 0) device.disconnect();
    }
  }

  /** Rights that nobody has now, in words. */
  nobodyMay(): Set<string> {
    const { relay } = this.site;
    const words = new Set<string>();
    for (const member of this.members) {
      const known = relay.directory().members[member];
      const isIn = known !== undefined && known.leftAt === null;
      if (!isIn) words.add(`${member} is in`);
      for (const role of roles)
        if (!isIn || roles.indexOf(role) < roles.indexOf(known.role)) words.add(`${member} is ${role}`);
      for (const chat of this.chats)
        if (!relay.mayRead(member, chat).ok) words.add(`${member} reads ${chat}`);
    }
    for (const doc of this.docs)
      if (!relay.mayWrite('m0' as MemberId, doc.split(':')[0] as RoomId).ok) words.add(`${doc} is open`);
    return words;
  }
  expectNothingGranted(): void {
    const now = this.nobodyMay();
    const granted = [...this.forbidden].filter((word) => !now.has(word));
    expect(granted).toEqual([]);
  }

  /** Everything that devices hold, by what it says. */
  heldBy(devices: readonly DrillDevice[]): Set<string> {
    const said = devices.flatMap(({ held }) =>
      held.flatMap(({ row }) => saidIn(row, row.room.includes('/scratch/'))),
    );
    return new Set(said);
  }
  /** Everything that the relay has, with how often. */
  stored(): Map<string, number> {
    const { relay } = this.site;
    const counted = new Map<string, number>();
    const count = (said: string): void => void counted.set(said, (counted.get(said) ?? 0) + 1);
    for (const room of [this.room('directory', 'main'), ...this.chats, ...this.docs])
      for (const { by, id, type, at } of relay.entries(null, room, 0, 100_000))
        count(`${room} ${by} ${id} ${type} ${at}`);
    for (const pad of this.pads) {
      const doc = new Y.Doc();
      Y.applyUpdate(doc, relay.text(pad));
      for (const mark of doc.getMap(pad).keys()) count(`${pad} ${mark}`);
    }
    return counted;
  }

  async disaster(): Promise<void> {
    const { site } = this;
    const backup = this.#pick(site.backups);
    const journalIsThere = this.#random(4) > 0;
    const signedIn = new Set(this.devices.filter((device) => site.isSignedIn(device)));
    const taken = this.nobodyMay();
    for (const device of this.devices) device.disconnect();
    await site.stop();
    if (!journalIsThere) site.loseJournal();
    const restored = await site.restore(backup);
    expect(restored.revoked !== null).toBe(
      journalIsThere && site.backups.indexOf(backup) >= this.#firstWhole,
    );
    if (!journalIsThere) this.#firstWhole = site.backups.length;
    await site.start();
    this.counts.restores++;
    if (restored.revoked) this.counts.journals++;
    this.forbidden = restored.revoked ? taken : new Set();
    this.expectNothingGranted();
    for (const device of this.devices) {
      const stays = site.isSignedIn(device);
      if (!restored.revoked || !signedIn.has(device)) expect(stays).toBe(false);
    }
    // Whoever was signed in on the old relay, but not on this one any more, signs in again.
    const back = this.devices.filter((device) => signedIn.has(device));
    for (const device of back) if (!site.isSignedIn(device)) site.signIn(device);

    const bringing = new Set<DrillDevice>();
    for (const round of [0, 1])
      for (const device of this.#shuffled(back)) {
        if (round === 0 && this.#random(4) === 0) continue;
        if (device.isOnline) device.disconnect();
        if (!(await device.connect(site.relay, true))) continue;
        bringing.add(device);
        for (const [result, times] of await device.handBack(() => this.expectNothingGranted())) {
          if (result === 'taken' || result === 'known') this.counts[result] += times;
          else if (round === 1)
            this.counts.refused.set(result, (this.counts.refused.get(result) ?? 0) + times);
        }
        for (let i = this.#random(3); i > 0; i--) {
          const before = this.nobodyMay();
          await this.act(false);
          for (const word of this.nobodyMay()) if (!before.has(word)) this.forbidden.add(word);
        }
      }
    const stored = this.stored();
    const held = this.heldBy([...bringing].filter((device) => device.isOnline));
    expect([...held].filter((said) => stored.get(said) !== 1)).toEqual([]);
    expect(Object.fromEntries(this.counts.refused)).toEqual({});
    const given = this.devices.flatMap(({ leases }) => leases.map(({ id }) => id));
    expect(new Set(given).size).toBe(given.length);
  }
  #shuffled<T>(all: readonly T[]): T[] {
    const rest = [...all];
    return all.map(() => rest.splice(this.#random(rest.length), 1)[0]!);
  }
}

async function run(seed: number): Promise<Drill> {
  const drill = new Drill(seed);
  const random = seededRandom(seed + 1);
  try {
    await drill.begin();
    for (let times = 1 + random(2); times > 0; times--) {
      for (let i = 10 + random(30); i > 0; i--) await drill.act(true);
      await drill.site.backUp();
      for (let i = 10 + random(40); i > 0; i--) await drill.act(true);
      await drill.disaster();
    }
    await drill.site.stop();
    return drill;
  } finally {
    drill.site.end();
  }
}

describe('a relay that is restored from a backup', () => {
  it(
    `has everything that a device still holds, once, and gives nothing back that was taken away (${drills} drills from seed ${first})`,
    async () => {
      const sum = { taken: 0, known: 0, restores: 0, journals: 0 };
      for (let seed = first; seed < first + drills; seed++) {
        const { counts } = await run(seed).catch((error: unknown) => {
          console.error(`The drill with seed ${seed} failed; WEFT_SEED=${seed} WEFT_DRILLS=1 repeats it.`);
          throw error;
        });
        for (const key of ['taken', 'known', 'restores', 'journals'] as const) sum[key] += counts[key];
      }
      console.info(
        `${drills} drills from seed ${first}: ${sum.restores} restores, ${sum.journals} with the journal, ` +
          `${sum.taken} rows taken back, ${sum.known} known`,
      );
      expect(sum.taken).toBeGreaterThan(drills);
    },
    60_000 + drills * 30_000,
  );
});
