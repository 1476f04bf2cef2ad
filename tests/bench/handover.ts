import { rmSync } from 'node:fs';
import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import type { HandoverState } from '../../shared/features/customers/handover-schema.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import { openWorkspace } from '../../server/workspace.ts';
import { sellersFolder, type SellersFolder } from '../support/seller.ts';
import { median, type Figure } from './measure.ts';
import type { Effort } from './peers/compare.ts';

const count = 1_000;

interface Measured {
  /** Milliseconds from the command to the last customer who is somebody else's, durable. */
  readonly took: number;
  /** Milliseconds of the longest turn of the loop meanwhile: so long nobody else was served. */
  readonly longest: number;
}

async function handOver({ folder, workspace: id, people }: SellersFolder): Promise<Measured> {
  const workspace = await openWorkspace({ folder, durability: 'full' });
  const { relay } = workspace;
  const room: RoomId = roomId(relay.workspace, 'handover', newId());
  const [, seller, ...takers] = people;
  let longest = 0;
  let isOver = false;
  let last = performance.now();
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  const over = new Promise<void>((done) => {
    relay.whenStored((rows) => {
      if (!rows.some((row) => row.room === room)) return;
      if ((relay.state(room) as HandoverState).over !== null) done();
    });
  });
  const started = performance.now();
  turn();
  const to = { members: takers.map(({ member }) => member), rule: 'turns' };
  const data = { from: seller!.member, customers: null, to, words: null, keep: false };
  const command = { id: newId<CommandId>(), n: 1, room, type: 'handover.begin', data };
  const result = await relay.command(
    { member: seller!.member, device: seller!.device, session: 'bench' },
    command,
  );
  if (!result.ok) throw new Error(`${id}: ${result.code}`);
  await over;
  const took = performance.now() - started;
  isOver = true;
  const { moved } = relay.state(room) as HandoverState;
  if (moved.length !== count) throw new Error(`${moved.length} of ${count} were handed over`);
  await relay.stop();
  workspace.close();
  return { took, longest };
}

/** All of a seller's customers handed over in one action, on a relay that has just started and a disk that keeps. */
export async function handover({ rounds }: Effort): Promise<Figure[]> {
  const all: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    const seller = await sellersFolder(count);
    try {
      all.push(await handOver(seller));
    } finally {
      rmSync(seller.folder, { recursive: true, force: true });
    }
  }
  const how = `${count.toLocaleString('en')} customers to two colleagues, each customer told; median of ${rounds}`;
  return [
    {
      ...{ name: 'handover', unit: 's', how, target: { most: 2 } },
      value: median(all.map(({ took }) => took)) / 1_000,
    },
    {
      ...{
        name: 'handover-longest-turn',
        unit: 'ms',
        how: 'nobody else is served so long, longest of one handover',
      },
      value: median(all.map(({ longest }) => longest)),
    },
  ];
}
