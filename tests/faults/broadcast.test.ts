import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { newId, type RoomId } from '../../shared/base/ids.ts';
import { broadcastSent, type BroadcastState } from '../../shared/features/customers/broadcast-schema.ts';
import { partOf, roomId } from '../../shared/protocol/rooms.ts';
import { openWorkspace } from '../../server/workspace.ts';
import { freePort, RelayProcess, until } from '../support/relay-process.ts';
import { sellersFolder, type SellersFolder } from '../support/seller.ts';

const count = 300;
const kills = 3;

test('two messages to 300 customers of whom each may get one: nobody gets two and nobody none, however often the relay is killed', async () => {
  const { folder, workspace, people, customers } = await sellersFolder(count);
  const relay = new RelayProcess(await freePort(), { data: folder });
  const [owner, seller] = people;
  const rooms = [newId(), newId()].map((id) => roomId(workspace as never, 'broadcast', id));
  type Who = SellersFolder['people'][number];
  const ask = async (who: Who, path: string, body?: unknown): Promise<unknown> => {
    const headers = { authorization: `Bearer ${who.token}`, 'content-type': 'application/json' };
    const response = await fetch(
      `${relay.address}${path}`,
      body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) },
    );
    expect(response.status).toBe(200);
    return response.json();
  };
  let n = 0;
  const commandOf = (room: RoomId, type: string, data: unknown) => ({
    id: newId(),
    n: ++n,
    room,
    type,
    data,
  });
  /** How many customers something became of, of each message. */
  const done = (): Promise<number[]> =>
    Promise.all(
      rooms.map(async (room) => {
        const { entries } = (await ask(seller!, `/api/log?room=${encodeURIComponent(room)}&limit=1000`)) as {
          entries: { type: string; data: unknown }[];
        };
        return entries
          .filter(({ type }) => type === 'broadcast.sent')
          .flatMap(({ data }) => broadcastSent.parse(data).tally)
          .reduce((sum, { customers: some }) => sum + some, 0);
      }),
    );
  const sum = async (): Promise<number> => (await done()).reduce((all, each) => all + each, 0);
  const isOver = async (): Promise<boolean> => (await sum()) === rooms.length * count;
  try {
    await relay.start();
    const settings = roomId(workspace as never, 'customers', 'main');
    const caps = { approval: true, perCustomer: { most: 1, days: 30 } };
    await ask(owner!, '/api/commands', { commands: [commandOf(settings, 'customers.broadcasts', caps)] });
    n = 0;
    const written = rooms.flatMap((room) => [
      commandOf(room, 'broadcast.begin', { name: 'Spring' }),
      commandOf(room, 'broadcast.words', { text: 'Dear {name}', nameless: 'friend' }),
      ...[0, count / 2].map((at) =>
        commandOf(partOf(room, 'list'), 'broadcast.add', { customers: customers.slice(at, at + count / 2) }),
      ),
    ]);
    await ask(seller!, '/api/commands', { commands: written });
    const submit = rooms.map((room) =>
      commandOf(room, 'broadcast.submit', { customers: count, from: null, hours: null }),
    );
    await ask(seller!, '/api/commands', { commands: submit });
    for (let kill = 0; kill < kills; kill++) {
      const before = await sum();
      await until('another portion', async () => (await sum()) > before || (await isOver()), 60_000);
      await relay.kill9();
      await relay.start();
      // A device that heard no answer says it again, and another one sends it off too.
      await ask(seller!, '/api/commands', { commands: submit });
      const again = rooms.map((room) =>
        commandOf(room, 'broadcast.submit', { customers: count, from: null, hours: null }),
      );
      await ask(seller!, '/api/commands', { commands: again });
    }
    await until('both are over', isOver, 60_000);
  } finally {
    await relay.stop();
  }

  const after = await openWorkspace({ folder, durability: 'process' });
  try {
    const states = rooms.map((room) => after.relay.state(room) as BroadcastState);
    expect(states.map(({ finishedAt }) => finishedAt !== null)).toEqual([true, true]);
    expect(states.reduce((sum, { counts }) => sum + (counts.s ?? 0), 0)).toBe(count);
    const received = customers.map(
      (customer) =>
        after.relay
          .entries(null, roomId(after.relay.workspace, 'chat', `customer-${customer}`), 0, 100)
          .filter(({ type, data }) => type === 'chat.send' && 'broadcast' in (data as object)).length,
    );
    expect(received).toEqual(customers.map(() => 1));
  } finally {
    await after.relay.stop();
    after.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
