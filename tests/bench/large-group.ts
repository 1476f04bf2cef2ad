import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../shared/base/clock.ts';
import { newId, type CommandId, type DeviceId, type RoomId } from '../../shared/base/ids.ts';
import { decodeRelayMessage, encodeClientMessage } from '../../shared/protocol/codec.ts';
import type { CommandResult } from '../../shared/protocol/messages.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';
import { createOffice } from '../../server/seed/office.ts';
import { createRandom } from '../../server/seed/random.ts';
import { openWorkspace } from '../../server/workspace.ts';
import { startRelay, until } from '../support/relay-process.ts';
import { percentile, type Figure } from './measure.ts';
import type { Effort } from './peers/compare.ts';
import { Wire } from './peers/wire.ts';

const people = 2_000;
const writers = 50;
/** Messages per second of each writer while nobody is in a hurry: one every two seconds. */
const moderate = 0.5;
/** Connections that are opened at the same time. */
const atOnce = 50;

interface Person {
  readonly token: string;
  readonly device: DeviceId;
}

/** A company of 2,000 in one group, each of them signed in on a device. */
async function prepare(folder: string): Promise<{ room: RoomId; everybody: Person[] }> {
  const workspace = await openWorkspace({ folder, durability: 'process' });
  const random = createRandom(1);
  const { relay, authStore, auth } = workspace;
  const office = createOffice({ relay, authStore, clock: systemClock, random });
  const staff = [];
  for (let i = 0; i < people; i++) {
    const person = { name: `Person ${i}`, mailbox: `p${i}`, post: '', about: '', language: 'en' } as const;
    // Nobody signs in by a password here.
    staff.push(await office.hire(person, i === 0 ? 'owner' : 'member', 'none'));
  }
  const room = office.room('chat', random.id());
  const members = staff.map(({ member }) => member);
  await office.command(staff[0]!, room, 'chat.create', { type: 'group', title: 'Everybody', members });
  const everybody = members.map((member) => {
    const device = newId<DeviceId>();
    return { device, token: auth.sessions.open(member, { id: device }).token };
  });
  await relay.stop();
  workspace.close();
  return { room, everybody };
}

const marked = (request: number): string => `[#${String(request).padStart(7, '0')}]`;
const words =
  'The first lot leaves on Thursday, the second when the customs papers are here. 第一批周四发货。';

/** All sockets of the group, and when each message of this process was sent and seen. */
class Group {
  readonly #wires: Wire[] = [];
  readonly #sentAt: number[] = [];
  readonly #unanswered: number[] = Array.from({ length: writers }, () => 0);
  readonly #numbers: number[] = Array.from({ length: writers }, () => 0);
  readonly #room: RoomId;
  /** Milliseconds from sent to seen, of every message at everybody. */
  waits: number[] = [];
  settled = 0;

  private constructor(room: RoomId) {
    this.#room = room;
  }

  static async open(port: number, room: RoomId, everybody: readonly Person[]): Promise<Group> {
    const group = new Group(room);
    for (let from = 0; from < everybody.length; from += atOnce)
      await Promise.all(
        everybody.slice(from, from + atOnce).map((each, i) => group.#join(port, each, from + i)),
      );
    return group;
  }

  get sent(): number {
    return this.#sentAt.length;
  }

  /** What the writer sent and the relay has not settled. */
  unanswered(writer: number): number {
    return this.#unanswered[writer]!;
  }

  send(writer: number): void {
    const text = `${marked(this.#sentAt.length)} ${words}`;
    this.#sentAt.push(performance.now());
    this.#unanswered[writer]!++;
    const command = {
      id: newId<CommandId>(),
      n: ++this.#numbers[writer]!,
      room: this.#room,
      type: 'chat.send',
      data: { text },
    };
    this.#wires[writer]!.send([encodeClientMessage({ type: 'command', command })]);
  }

  close(): void {
    for (const wire of this.#wires) wire.close();
  }

  async #join(port: number, { token, device }: Person, index: number): Promise<void> {
    const wire = await Wire.open(port, '/sync');
    this.#wires[index] = wire;
    await new Promise<void>((resolve, reject) => {
      wire.onMessage = (message) => {
        const decoded = decodeRelayMessage(Uint8Array.from(message));
        if (!decoded.ok || decoded.value.type !== 'welcome')
          return reject(new Error(`no welcome: ${decoded.ok ? decoded.value.type : decoded.error.message}`));
        wire.onMessage = (next) => this.#see(next, index);
        resolve();
      };
      const hello = { version: protocolVersion, schema: schemaVersion, device, token };
      wire.send([encodeClientMessage({ type: 'hello', hello })]);
    });
  }

  /** Messages are found by their marks: to decode each at each of 2,000 would measure this process. */
  #see(message: Buffer, index: number): void {
    const now = performance.now();
    for (let at = message.indexOf('[#'); at >= 0; at = message.indexOf('[#', at + 9)) {
      const sent = this.#sentAt[Number(message.toString('latin1', at + 2, at + 9))];
      if (sent !== undefined) this.waits.push(now - sent);
    }
    if (index >= writers || this.#unanswered[index] === 0) return;
    const decoded = decodeRelayMessage(Uint8Array.from(message));
    if (decoded.ok && decoded.value.type === 'result') this.#settle(decoded.value.result, index);
  }

  #settle(result: CommandResult, writer: number): void {
    if (!result.ok) throw new Error(`refused: ${result.code}, ${result.message}`);
    this.#unanswered[writer]!--;
    this.settled++;
  }
}

/** Everybody writes now and then; every wait from sent to seen. */
async function now(group: Group, seconds: number): Promise<number[]> {
  const every = 1_000 / (writers * moderate);
  const start = performance.now();
  for (let i = 0; performance.now() - start < seconds * 1_000; i++) {
    await delay(Math.max(0, start + i * every - performance.now()));
    group.send(i % writers);
  }
  await until('everybody has seen everything', () => group.waits.length >= group.sent * people, 60_000);
  return group.waits;
}

/** Every writer writes as soon as the last message is stored; messages per second that 2,000 people get. */
async function saturated(group: Group, seconds: number): Promise<number> {
  const before = group.waits.length;
  const start = performance.now();
  while (performance.now() - start < seconds * 1_000) {
    for (let writer = 0; writer < writers; writer++) if (group.unanswered(writer) === 0) group.send(writer);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until('everybody has seen everything', () => group.waits.length >= group.sent * people, 60_000);
  return (group.waits.length - before) / people / ((performance.now() - start) / 1_000);
}

/** A group of 2,000, all of them there, 50 of whom write. */
export async function largeGroup({ rounds, seconds }: Effort): Promise<Figure[]> {
  const data = mkdtempSync(join(tmpdir(), 'weft-group-'));
  try {
    const { room, everybody } = await prepare(data);
    const relay = await startRelay({ data, env: { WEFT_LOG: 'warn' } });
    try {
      const group = await Group.open(relay.port, room, everybody);
      const waits = await now(group, rounds * seconds);
      const p99 = percentile(waits, 0.99);
      const p50 = percentile(waits, 0.5);
      const rate = await saturated(group, rounds * seconds);
      group.close();
      const how = `${people} members with a socket each, ${writers} of them write`;
      return [
        {
          name: 'large group: sent to seen, p99',
          value: p99,
          unit: 'ms',
          how: `${how}, ${writers * moderate} messages/s in all; p50 ${p50.toFixed(0)} ms`,
          target: { most: 500 },
        },
        {
          name: 'large group: at saturation',
          value: rate,
          unit: 'messages/s',
          how: `${how} one after the other`,
        },
      ];
    } finally {
      await relay.stop();
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}
