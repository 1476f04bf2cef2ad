import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandId, RoomId } from '../../shared/base/ids.ts';
import { encodeClientMessage } from '../../shared/protocol/codec.ts';
import { directChatId } from '../../shared/features/chat/kind.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { Command, CommandResult } from '../../shared/protocol/messages.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';
import { device, member, startRig, TestDevice, type Rig } from './relay-rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
  await rig.people('ada', 'ben', 'eve');
});
afterEach(() => rig.stop());

const group = (...members: string[]) => ({ type: 'group', title: 'Team', members });
const send = (to: TestDevice, id: string, n: number, room: RoomId, type: string, data: unknown): void =>
  to.send({ type: 'command', command: { id: id as CommandId, n, room, type, data } });
const resultOf = async (of: TestDevice, id: string): Promise<CommandResult> =>
  (await of.until('result', ({ result }) => result.id === id)).result;

describe('the hello', () => {
  const hello = { version: protocolVersion, schema: schemaVersion, device: device('phone') };
  const raw = async (): Promise<TestDevice> => {
    const socket = new WebSocket(`${rig.origin}/sync`);
    const opened = new TestDevice(socket);
    await new Promise((done) => socket.once('open', done));
    return opened;
  };

  it('[H-1] comes first: any other frame ends the connection', async () => {
    const early = await raw();
    early.send({ type: 'changes', request: 1, since: 0 });
    expect(await early.until('error')).toMatchObject({ code: 'not-signed-in' });
    expect(await early.ended).toBe(4401);
  });

  it('[H-2] may carry the token, and a wrong one is refused', async () => {
    const good = await raw();
    good.send({ type: 'hello', hello: { ...hello, token: 'ada' } });
    expect((await good.until('welcome')).welcome).toMatchObject({ member: 'ada', role: 'owner' });
    for (const token of ['wrong', 'stranger', undefined]) {
      const bad = await raw();
      bad.send({ type: 'hello', hello: token === undefined ? hello : { ...hello, token } });
      expect(await bad.ended).toBe(4401);
    }
  });

  it('[H-4] of another version is too old; of a lower schema it may read and not write', async () => {
    const other = await raw();
    other.send({ type: 'hello', hello: { ...hello, version: protocolVersion + 1, token: 'ada' } });
    expect(await other.ended).toBe(4426);
    const old = await raw();
    old.send({ type: 'hello', hello: { ...hello, schema: schemaVersion - 1, token: 'ada' } });
    await old.until('welcome');
    expect((await old.changes(0)).rooms).toHaveLength(1);
    const refused = await old.command(rig.room('chat', 'x'), 'chat.create', group('ben'));
    expect(refused).toMatchObject({ ok: false, code: 'too-old' });
  });

  it('[H-5] tells the newest cursor, after which everything is pushed', async () => {
    const ada = await rig.device('ada');
    expect(ada.welcome.head).toBe(rig.store.head());
    await ada.command(rig.room('chat', 'x'), 'chat.create', group('ben'));
    expect(ada.rows().map(({ cursor }) => cursor)).toEqual([ada.welcome.head + 1]);
  });

  it('[F-2] and every frame after it is refused when it is damaged', async () => {
    const ada = await rig.device('ada');
    const frame = encodeClientMessage({ type: 'changes', request: 1, since: 0 });
    frame[1]! ^= 1;
    ada.socket.send(frame);
    expect(await ada.ended).toBe(4400);
  });
});

describe('a command', () => {
  it('[C-1] becomes an entry that the relay stamped, for everybody who may read the room', async () => {
    const [ada, ben, eve] = [await rig.device('ada'), await rig.device('ben'), await rig.device('eve')];
    const chat = rig.room('chat', 'team');
    expect(await ada.command(chat, 'chat.create', group('ben'))).toMatchObject({ ok: true, seq: 0 });
    const sent = await ada.command(chat, 'chat.send', { text: 'hello', by: 'ben', at: 1 });
    expect(sent).toMatchObject({ ok: true, seq: 1, cursor: rig.store.head() });
    await ben.row(chat, ({ seq }) => seq === 1);
    const [entry] = decodeLogRun(ben.rows().find(({ room, seq }) => room === chat && seq === 1)!.bytes);
    expect(entry).toMatchObject({ seq: 1, type: 'chat.send', by: 'ada', data: { text: 'hello' } });
    expect(Math.abs(entry!.at - Date.now())).toBeLessThan(60_000);
    await eve.settle();
    expect(eve.rows().filter(({ room }) => room === chat)).toEqual([]);
  });

  it('[C-1] counts on the commands before it in the same turn', async () => {
    const ada = await rig.device('ada');
    const chat = rig.room('chat', 'team');
    send(ada, 'a', 1, chat, 'chat.create', group('ben'));
    send(ada, 'b', 2, chat, 'chat.send', { text: 'one' });
    send(ada, 'c', 3, chat, 'chat.leave', {});
    send(ada, 'd', 4, chat, 'chat.send', { text: 'two' });
    expect(await resultOf(ada, 'b')).toMatchObject({ ok: true, seq: 1 });
    expect(await resultOf(ada, 'd')).toMatchObject({ ok: false, code: 'forbidden' });
    expect(rig.store.room(chat)?.rows).toBe(3);
  });

  it('[C-3] with the same id twice in one turn is stored once and both are answered alike', async () => {
    const ada = await rig.device('ada');
    const chat = rig.room('chat', 'team');
    send(ada, 'same', 1, chat, 'chat.create', group('ben'));
    send(ada, 'same', 1, chat, 'chat.create', group('ben'));
    await resultOf(ada, 'same');
    await ada.settle();
    const results = ada.said.flatMap((message) => (message.type === 'result' ? [message.result] : []));
    expect(results).toHaveLength(2);
    expect(results[0]).toEqual(results[1]);
    expect(rig.store.room(chat)?.rows).toBe(1);
  });

  it('[C-3] sent again after a restart gets the result it had, refusals included', async () => {
    const chat = rig.room('chat', 'team');
    const first = await rig.device('ada');
    const created = await first.command(chat, 'chat.create', group('ben'), 'made' as CommandId);
    const refused = await first.command(chat, 'chat.create', group('ben'), 'again' as CommandId);
    expect(refused).toMatchObject({ ok: false, code: 'already-exists' });
    await rig.restart();
    const second = await rig.device('ada');
    expect(second.welcome.lastCommand).toBe(2);
    send(second, 'made', 1, chat, 'chat.create', group('ben'));
    send(second, 'again', 2, chat, 'chat.create', group('ben'));
    expect(await resultOf(second, 'made')).toEqual(created);
    expect(await resultOf(second, 'again')).toEqual(refused);
    expect(rig.store.room(chat)?.rows).toBe(1);
  });

  it.each([7, 3])(
    '[C-4] with a number that is not above the last is out of order, and so is what comes behind it',
    async (n) => {
      const ada = await rig.device('ada');
      const chat = rig.room('chat', 'team');
      send(ada, 'a', 7, chat, 'chat.create', group('ben'));
      send(ada, 'b', n, chat, 'chat.send', { text: 'first' });
      send(ada, 'c', 8, chat, 'chat.send', { text: 'second' });
      expect(await resultOf(ada, 'a')).toMatchObject({ ok: true, seq: 0 });
      for (const id of ['b', 'c']) expect(await resultOf(ada, id)).toMatchObject({ code: 'out-of-order' });
      const again = await rig.device('ada');
      expect(again.welcome.lastCommand).toBe(7);
      send(again, 'b', 8, chat, 'chat.send', { text: 'first' });
      send(again, 'c', 9, chat, 'chat.send', { text: 'second' });
      expect(await resultOf(again, 'b')).toMatchObject({ ok: true, seq: 1 });
      expect(await resultOf(again, 'c')).toMatchObject({ ok: true, seq: 2 });
    },
  );

  it('[C-5] of a member who was removed in the same turn is refused, and the socket ends', async () => {
    const [ada, eve] = [await rig.device('ada'), await rig.device('eve')];
    const chat = rig.room('chat', 'team');
    await ada.command(chat, 'chat.create', group('eve'));
    const directory = rig.room('directory', 'main');
    const remove: Command = {
      id: 'r' as CommandId,
      n: 9,
      room: directory,
      type: 'member.remove',
      data: { member: 'eve' },
    };
    const say: Command = {
      id: 's' as CommandId,
      n: 9,
      room: chat,
      type: 'chat.send',
      data: { text: 'still here' },
    };
    const [removed, said] = await Promise.all([
      rig.relay.command(rig.caller('ada'), remove),
      rig.relay.command(rig.caller('eve'), say),
    ]);
    expect(removed).toMatchObject({ ok: true });
    expect(said).toMatchObject({ ok: false, code: 'forbidden' });
    expect(await eve.ended).toBe(4401);
    await ada.command(chat, 'chat.send', { text: 'among us' });
    expect(eve.rows().filter(({ room, seq }) => room === chat && seq > 0)).toEqual([]);
    expect(rig.relay.mayRead(member('eve'), chat).ok).toBe(false);
  });

  it('[C-6] that starts a direct conversation meets the same command of the other person', async () => {
    const [ada, ben] = [await rig.device('ada'), await rig.device('ben')];
    const chat = rig.room('chat', directChatId(member('ada'), member('ben')));
    const start = (caller: string, other: string, id: string) =>
      rig.relay.command(rig.caller(caller), {
        id: id as CommandId,
        n: 1,
        room: chat,
        type: 'chat.create',
        data: { type: 'direct', title: '', members: [other] },
      });
    const results = await Promise.all([start('ada', 'ben', 'a'), start('ben', 'ada', 'b')]);
    expect(results).toMatchObject([
      { ok: true, seq: 0 },
      { ok: true, seq: null },
    ]);
    await Promise.all([ada.row(chat), ben.row(chat)]);
    expect(rig.store.room(chat)?.rows).toBe(1);
  });

  it.each<[string, string, string, unknown, string]>([
    ['of an unknown type', 'chat/x', 'chat.explode', {}, 'bad-request'],
    ['with data of another shape', 'chat/x', 'chat.create', { type: 'group' }, 'bad-request'],
    ['for a kind that does not exist', 'nothing/x', 'chat.create', group('ben'), 'room-not-found'],
    ['for another directory', 'directory/other', 'workspace.rename', { name: 'x' }, 'room-not-found'],
    ['for a text', 'scratch/x', 'chat.create', group('ben'), 'bad-request'],
    ['for a room that is not there', 'chat/x', 'chat.send', { text: 'x' }, 'room-not-found'],
    ['that only the relay may append', 'directory/main', 'member.join', {}, 'bad-request'],
  ])('[C-1] %s is refused', async (_why, name, type, data, code) => {
    const ada = await rig.device('ada');
    const room = `${rig.store.workspace}/${name}` as RoomId;
    expect(await ada.command(room, type, data)).toMatchObject({ ok: false, code });
    const foreign = `elsewhere/${name}` as RoomId;
    expect(await ada.command(foreign, type, data)).toMatchObject({ ok: false, code: 'room-not-found' });
  });

  it('[C-9] under an id that only the relay may give is refused, and its number is not used up', async () => {
    const ada = await rig.device('ada');
    const chat = rig.room('chat', 'x');
    const before = rig.store.head();
    send(ada, 'fact-0', 1, chat, 'chat.create', group('ben'));
    expect(await resultOf(ada, 'fact-0')).toMatchObject({ ok: false, code: 'bad-request' });
    expect(rig.store.head()).toBe(before);
    send(ada, 'a-fact-0', 1, chat, 'chat.create', group('ben'));
    expect(await resultOf(ada, 'a-fact-0')).toMatchObject({ ok: true, seq: 0 });
  });

  it('[C-7] that is too large is refused, and the next one is taken', async () => {
    const ada = await rig.device('ada');
    const chat = rig.room('chat', 'team');
    const large = { ...group('ben'), padding: 'x'.repeat(300_000) };
    expect(await ada.command(chat, 'chat.create', large)).toMatchObject({ ok: false, code: 'too-large' });
    expect(await ada.command(chat, 'chat.create', group('ben'))).toMatchObject({ ok: true });
  });
});

describe('a session', () => {
  it('[E-2] that is ended closes its sockets and no others', async () => {
    const [phone, laptop] = [await rig.device('ada.phone'), await rig.device('ada.laptop')];
    rig.revoke('ada.phone');
    expect(await phone.ended).toBe(4401);
    await laptop.settle();
    expect(laptop.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('[E-5] is told to come back when the relay stops, after what it sent was stored', async () => {
    const ada = await rig.device('ada');
    const chat = rig.room('chat', 'team');
    const made = rig.relay.command(rig.caller('ada'), {
      id: 'a' as CommandId,
      n: 1,
      room: chat,
      type: 'chat.create',
      data: group('ben'),
    });
    await rig.relay.stop();
    expect(await made).toMatchObject({ ok: true });
    expect(await ada.ended).toBe(1012);
    expect(rig.relay.health()).toEqual({ ok: false, reason: 'stopping' });
  });

  it('[A-5] shows in everybody’s presence while it has a socket', async () => {
    const ada = await rig.device('ada');
    const ben = await rig.device('ben');
    await ada.until('presence', ({ online }) => online.includes(member('ben')));
    ben.socket.close();
    const before = ada.said.length;
    await ada.until(
      'presence',
      (message) => ada.said.indexOf(message) >= before - 1 && !message.online.includes(member('ben')),
    );
  });
});
