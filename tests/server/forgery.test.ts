import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';
import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import type { Command } from '../../shared/protocol/messages.ts';
import { characters, writeUpdate } from '../support/update-writer.ts';
import { forgedCommands } from './forged-commands.ts';
import { forgedUpdates } from './forgeries.ts';
import { makeForgeryWorld, type ForgeryWorld } from './forgery-world.ts';

/** `WEFT_FORGERIES=n` for a longer run. */
const total = Number(process.env['WEFT_FORGERIES'] ?? 20_000);
const perWorld = 20;

/** What the relay holds, as far as anybody could tell: its newest row, and the documents byte for byte. */
function trace({ relay, store, doc, pad }: ForgeryWorld): string {
  const of = (room: RoomId): string => Buffer.from(relay.text(room)).toString('base64');
  return `${store.head()} ${of(doc)} ${of(pad)}`;
}

describe('a forged update', () => {
  const classes = Object.entries(forgedUpdates);

  it(
    `of ${classes.length} kinds is never taken and leaves no trace, in ${total} cases`,
    { timeout: 600_000 },
    async () => {
      const seed = seedFromEnvironment();
      const random = seededRandom(seed);
      let cases = 0;
      while (cases < total) {
        const world = await makeForgeryWorld(random);
        const before = trace(world);
        for (const [name, forge] of classes)
          for (let i = 0; i < perWorld && cases < total; i++) {
            cases++;
            const { room, bytes, codes, by } = forge(world, random);
            const answer = await world.relay.update(by ?? world.eve, room, bytes);
            const what = `seed ${seed}: an update ${name}: ${Buffer.from(bytes.subarray(0, 200)).toString('hex')}`;
            if (answer.ok) throw new Error(`${what} was taken`);
            if (!codes.includes(answer.error.code))
              throw new Error(
                `${what} was refused for something else: ${answer.error.code} ${answer.error.message}`,
              );
            if (trace(world) !== before) throw new Error(`${what} left a trace`);
          }
        expectSound(world, seed);
      }
    },
  );
});

/** The stored rows still make what the relay holds, and Eve still can write. */
function expectSound({ relay, store, pad }: ForgeryWorld, seed: number): void {
  const doc = new Y.Doc();
  for (const { bytes } of store.rowsAfter(pad, 0)) Y.applyUpdate(doc, bytes);
  expect(Y.encodeStateAsUpdate(doc), `seed ${seed}`).toEqual(relay.text(pad));
  expect(doc.store.pendingStructs, `seed ${seed}`).toBeNull();
}

describe('a forged command', () => {
  const classes = Object.entries(forgedCommands);
  const cases = Math.ceil(total / 10);

  it(
    `of ${classes.length} kinds is refused and leaves no entry, in ${cases} cases`,
    { timeout: 600_000 },
    async () => {
      const seed = seedFromEnvironment();
      const random = seededRandom(seed);
      const world = await makeForgeryWorld(random);
      const { relay, store, eve } = world;
      let n = 1;
      const first = {
        id: newId<CommandId>(),
        n,
        room: world.room('doc/d:about'),
        type: 'doc.rename',
        data: { title: 'D2' },
      };
      expect(await relay.command(eve, first)).toMatchObject({ ok: true });
      const before = store.head();
      for (let i = 0; i < cases; i++) {
        const [name, forge] = classes[i % classes.length]!;
        const command = { id: newId<CommandId>(), n: ++n, ...forge(world, random) } as Command;
        const result = await relay.command(eve, command);
        if (result.ok || store.head() !== before)
          throw new Error(`seed ${seed}: a command ${name} was taken: ${JSON.stringify(command)}`);
      }
    },
  );

  it('[C-1] that names an author or a time is stamped with the real ones', async () => {
    const world = await makeForgeryWorld(seededRandom(1));
    const { relay, store, eve, room } = world;
    const forged = {
      by: 'ada',
      at: 1,
      member: 'ada',
      device: 'ada-phone',
      session: 'ada',
      seq: 0,
      cursor: 1,
    };
    const command = {
      id: newId<CommandId>(),
      n: 1,
      room: room('doc/mine:about'),
      type: 'doc.create',
      ...forged,
    };
    const started = Date.now();
    expect(
      await relay.command(eve, { ...command, data: { title: 'x', ...forged } } as Command),
    ).toMatchObject({ ok: true });
    const [row] = store.rowsFrom(command.room, 0, 1);
    expect(row).toMatchObject({ by: eve.member });
    expect(row!.at).toBeGreaterThanOrEqual(started);
    const [entry] = relay.entries(null, command.room, 0, 1);
    expect(entry).toMatchObject({ by: eve.member, data: { title: 'x' } });
    expect(entry!.data).not.toHaveProperty('by');
  });

  it('[C-3] under the id of one before it gets that one’s answer, and nothing happens', async () => {
    const { relay, store, eve, room } = await makeForgeryWorld(seededRandom(2));
    const about = room('doc/d:about');
    const id = newId<CommandId>();
    const first = await relay.command(eve, {
      id,
      n: 1,
      room: about,
      type: 'doc.rename',
      data: { title: 'one' },
    });
    const head = store.head();
    for (let n = 1; n < 50; n++) {
      const again = {
        id,
        n,
        room: about,
        type: n % 2 ? 'doc.delete' : 'doc.rename',
        data: { title: `other ${n}` },
      };
      expect(await relay.command(eve, again)).toEqual(first);
    }
    expect(store.head()).toBe(head);
  });
});

describe('on the plain socket', () => {
  /** Sends one update and tells how the connection went on. */
  async function send({ relay, eve }: ForgeryWorld, room: RoomId, bytes: Uint8Array): Promise<string> {
    let closed = '';
    const link = { send: () => {}, close: (code: string) => void (closed = code), buffered: 0 };
    const opened = relay.connectPlain(link, eve, room);
    if (!opened.ok) return opened.error.code;
    const encoder = encoding.createEncoder();
    for (const each of [0, 2]) encoding.writeVarUint(encoder, each);
    encoding.writeVarUint8Array(encoder, bytes);
    opened.value.receive(encoding.toUint8Array(encoder));
    await new Promise((judged) => setImmediate(judged));
    opened.value.gone();
    return closed;
  }

  it('nothing forged is taken either, and no id of somebody else', { timeout: 600_000 }, async () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    const world = await makeForgeryWorld(random);
    // Ada brought along an id of her own, as plain clients do.
    const ada = new Y.Doc();
    ada.clientID = 77;
    ada.getText('t').insert(0, 'hers');
    const link = { send: () => {}, close: () => {}, buffered: 0 };
    const opened = world.relay.connectPlain(link, world.ada, world.pad);
    if (!opened.ok) throw new Error('not opened');
    opened.value.receive(Uint8Array.from([0, 2, ...lengthFirst(Y.encodeStateAsUpdate(ada))]));
    await new Promise((committed) => setImmediate(committed));
    const before = trace(world);
    const stolen = [77, world.hers.pad.client, 2 ** 32 + random(1000), Date.now() * 2 ** 11 + 2 ** 40];
    for (let i = 0; i < total / 40; i++) {
      for (const client of stolen) {
        const clock = client === 77 ? 4 : client === world.hers.pad.client ? world.hers.pad.next : 0;
        const bytes = writeUpdate([{ client, clock, structs: [{ content: characters('x') }] }]);
        const closed = await send(world, world.pad, bytes);
        if (closed !== 'update-not-leased') throw new Error(`seed ${seed}: ${client} was let in: ${closed}`);
      }
      for (const name of ['directory/main', 'doc/gone', 'doc/d:about'])
        await send(world, world.room(name), writeUpdate([], [[1, [0, 1 + random(9)]]]));
    }
    await new Promise((committed) => setImmediate(committed));
    expect(trace(world) === before, `seed ${seed}`).toBe(true);
  });
});

function lengthFirst(bytes: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint8Array(encoder, bytes);
  return encoding.toUint8Array(encoder);
}
