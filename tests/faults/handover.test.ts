import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { LogEntry } from '../../shared/access/kind.ts';
import { newId, type RoomId } from '../../shared/base/ids.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import type { HandoverState } from '../../shared/features/customers/handover-schema.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import { openWorkspace } from '../../server/workspace.ts';
import { freePort, RelayProcess, until } from '../support/relay-process.ts';
import { sellersFolder } from '../support/seller.ts';

const count = 1_000;
const kills = 3;

test('1,000 customers go over exactly once, also when the relay is killed in the middle', async () => {
  const { folder, workspace, people, customers } = await sellersFolder(count);
  const relay = new RelayProcess(await freePort(), { data: folder });
  const [owner, seller, ...takers] = people;
  const room = roomId(workspace as never, 'handover', newId());
  const ask = async (path: string, body?: unknown): Promise<unknown> => {
    const headers = { authorization: `Bearer ${seller!.token}`, 'content-type': 'application/json' };
    const response = await fetch(
      `${relay.address}${path}`,
      body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) },
    );
    expect(response.status).toBe(200);
    return response.json();
  };
  const said = async (): Promise<number> =>
    ((await ask(`/api/log?room=${encodeURIComponent(room)}&limit=500`)) as { entries: LogEntry[] }).entries
      .length;
  const left = async (): Promise<number> =>
    ((await ask(`/api/handover/${seller!.member}`)) as { customers: number }).customers;
  try {
    await relay.start();
    const to = { members: takers.map(({ member }) => member), rule: 'turns' };
    const data = { from: seller!.member, customers: null, to, words: null, keep: false };
    const command = { id: newId(), n: 1, room, type: 'handover.begin', data };
    await ask('/api/commands', { commands: [command] });
    for (let kill = 0; kill < kills; kill++) {
      const before = await said();
      await until('another portion', async () => (await said()) > before || (await left()) === 0);
      await relay.kill9();
      await relay.start();
      // A device that heard no answer says it again.
      await ask('/api/commands', { commands: [command] });
    }
    await until('all are handed over', async () => (await left()) === 0, 60_000);
  } finally {
    await relay.stop();
  }

  const after = await openWorkspace({ folder, durability: 'process' });
  try {
    const state = after.relay.state(room) as HandoverState;
    expect(state.moved).toHaveLength(count);
    expect(state.left).toEqual([]);
    const taken = new Map<string, number>();
    for (const customer of customers) {
      const { owner: now } = after.relay.state(
        roomId(after.relay.workspace, 'customer', customer),
      ) as CustomerState;
      taken.set(now!, (taken.get(now!) ?? 0) + 1);
      const entries = (of: RoomId, type: string): number =>
        after.relay.entries(null, of, 0, 100).filter((entry) => entry.type === type).length;
      expect(entries(roomId(after.relay.workspace, 'customer', customer), 'customer.assign')).toBe(1);
      // The welcome, and who answers now.
      const chat = roomId(after.relay.workspace, 'chat', `customer-${customer}`);
      expect(entries(chat, 'chat.send')).toBe(2);
    }
    expect([...taken]).toEqual(expect.arrayContaining(takers.map(({ member }) => [member, count / 2])));
    expect(taken.has(owner!.member)).toBe(false);
  } finally {
    await after.relay.stop();
    after.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
