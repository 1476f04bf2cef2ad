import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { newId, type CommandId, type CustomerId, type RoomId } from '../../shared/base/ids.ts';
import { mostBroadcast, type BroadcastState } from '../../shared/features/customers/broadcast-schema.ts';
import { partOf, roomId } from '../../shared/protocol/rooms.ts';
import type { Caller } from '../../server/relay/contract.ts';
import { openWorkspace, type Workspace } from '../../server/workspace.ts';
import { sellersFolder, type SellersFolder } from '../support/seller.ts';
import { percentile, type Figure } from './measure.ts';

const count = Number(process.env['WEFT_BENCH_CUSTOMERS'] ?? mostBroadcast.customers);
/** Messages of a neighbour in a second, and how long they are measured alone. Milliseconds. */
const rate = 100;
const alone = 4_000;

/** Somebody who writes in a conversation of their own until `isOver`; what each message waited for. Milliseconds. */
async function writes(
  { relay }: Workspace,
  caller: Caller,
  room: RoomId,
  from: number,
  isOver: () => boolean,
): Promise<number[]> {
  const waits: Promise<number>[] = [];
  for (let n = from; !isOver(); n++) {
    const asked = performance.now();
    const command = { id: newId<CommandId>(), n, room, type: 'chat.send', data: { text: `message ${n}` } };
    waits.push(relay.command(caller, command).then(() => performance.now() - asked));
    await delay(1_000 / rate);
  }
  return Promise.all(waits);
}

async function measured({ folder, people }: SellersFolder): Promise<Figure[]> {
  const workspace = await openWorkspace({ folder, durability: 'full' });
  const { relay } = workspace;
  const [, seller, other] = people;
  const caller = { member: seller!.member, device: seller!.device, session: 'bench' };
  const neighbour = { member: other!.member, device: other!.device, session: 'neighbour' };
  const room = roomId(relay.workspace, 'broadcast', newId());
  const chat = roomId(relay.workspace, 'chat', newId());
  let n = 0;
  const say = async (to: RoomId, type: string, data: unknown): Promise<void> => {
    const result = await relay.command(caller, { id: newId<CommandId>(), n: ++n, room: to, type, data });
    if (!result.ok) throw new Error(`${type}: ${result.code} ${result.message}`);
  };
  const made = { id: newId<CommandId>(), n: 1, room: chat, type: 'chat.create' };
  await relay.command(neighbour, {
    ...{ ...made, data: { type: 'group', title: 'Neighbours', members: [seller!.member] } },
  });
  const ids = relay
    .rooms(`${relay.workspace}/customer/`)
    .map((each) => each.room.split('/').at(-1) as CustomerId)
    .slice(0, count);
  await say(room, 'broadcast.begin', { name: 'Spring' });
  await say(room, 'broadcast.words', {
    text: 'Dear {name}, we open on Monday. {person}',
    nameless: 'friend',
  });
  for (let at = 0; at < ids.length; at += mostBroadcast.atOnce)
    await say(partOf(room, 'list'), 'broadcast.add', { customers: ids.slice(at, at + mostBroadcast.atOnce) });

  const until = performance.now() + alone;
  const before = await writes(workspace, neighbour, chat, 2, () => performance.now() > until);

  let isOver = false;
  let longest = 0;
  let last = performance.now();
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  const over = new Promise<void>((done) => {
    relay.whenStored((rows) => {
      if (rows.some((row) => row.room === room))
        if ((relay.state(room) as BroadcastState).finishedAt !== null) done();
    });
  });
  const started = performance.now();
  const beside = writes(workspace, neighbour, chat, 2 + before.length, () => isOver);
  turn();
  await say(room, 'broadcast.submit', { customers: ids.length, from: null, hours: null });
  await over;
  const took = performance.now() - started;
  isOver = true;
  const during = await beside;
  const { counts } = relay.state(room) as BroadcastState;
  if (counts.s !== ids.length) throw new Error(`sent to ${counts.s} of ${ids.length}`);
  await relay.stop();
  workspace.close();
  const p99 = percentile(during, 0.99);
  const base = percentile(before, 0.99);
  return [
    {
      ...{ name: 'broadcast', value: took / 1_000, unit: 's', target: { most: 120 } },
      how: `${ids.length.toLocaleString('en')} customers, each one message of their own conversation, from the command on`,
    },
    {
      ...{ name: 'broadcast-longest-turn', value: longest, unit: 'ms' },
      how: 'nobody else is served so long',
    },
    {
      ...{ name: 'broadcast-neighbour', value: p99, unit: 'ms', target: { most: 50 } },
      how: `p99 of ${during.length} messages of somebody else meanwhile; alone ${base.toFixed(1)} ms, ${(p99 / base).toFixed(1)} ×`,
    },
  ];
}

/** A message to as many customers as it may go to, on a relay that has just started and a disk that keeps. */
export async function broadcast(): Promise<Figure[]> {
  const seller = await sellersFolder(count);
  try {
    return await measured(seller);
  } finally {
    rmSync(seller.folder, { recursive: true, force: true });
  }
}
