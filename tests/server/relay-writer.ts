import type { CommandId, DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import { createRelay } from '../../server/relay/relay.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
import { typing } from './relay-rig.ts';

/**
 * Run as a process: writes messages and text without end, and prints a line for each pair when both are acknowledged.
 * Arguments: the database file, and the number of this run.
 */
const [, , file = '', round = '0'] = process.argv;
const store = createSqliteStore(openDatabase(file, { durability: 'full' }));
const relay = createRelay({ store, version: 'test' });
const member = 'ada' as MemberId;
const caller = { member, device: 'phone' as DeviceId, session: 's' };
const room = (name: string): RoomId => `${store.workspace}/${name}` as RoomId;
const [chat, pad] = [room('chat/team'), room('scratch/pad')];

if (!relay.actor(member)) {
  for (const name of ['ada', 'ben'])
    await relay.appendFact(room('directory/main'), 'member.join', member, {
      member: name,
      name,
      email: `${name}@example.org`,
      role: 'owner',
    });
}
const [client] = await relay.lease(caller, 1);
const mine = typing(client!, relay.text(pad));
let n = store.lastCommand(caller.device);
const command = (id: string, type: string, data: unknown) =>
  relay.command(caller, { id: id as CommandId, n: ++n, room: chat, type, data });
if (!store.room(chat)) await command('create', 'chat.create', { type: 'group', title: '', members: ['ben'] });

/** Prints one acknowledged pair. */
async function write(i: number): Promise<void> {
  const text = `[${round}:${i}]`;
  mine.text.insert(mine.text.length, text);
  const id = `c${round}-${i}`;
  const [sent, updated] = await Promise.all([
    command(id, 'chat.send', { text }),
    relay.update(caller, pad, mine.take()),
  ]);
  if (!sent.ok || !updated.ok) throw new Error('refused');
  process.stdout.write(`${JSON.stringify({ id, seq: sent.seq, text })}\n`);
}
for (let i = 0; ; i += 5) await Promise.all([0, 1, 2, 3, 4].map((each) => write(i + each)));
