import * as Y from 'yjs';
import { expect, it } from 'vitest';
import type { Bytes } from '../../shared/base/bytes.ts';
import { decodeRelayMessage } from '../../shared/protocol/codec.ts';
import { createReplica } from '../../server/history/replica.ts';
import type { Connection } from '../../server/relay/contract.ts';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';
import { madeUp, mutate, realFrames, resealed, type RealFrames } from './frame-fuzz.ts';
import { makeForgeryWorld, type ForgeryWorld, type Random } from './forgery-world.ts';
import { collectGarbage, cpuMilliseconds } from './measured-relay.ts';

/** `WEFT_FRAMES=n` for a longer run (`npm run test:frames -- --frames n`). */
const total = Number(process.env['WEFT_FRAMES'] ?? 20_000);
const perWorld = 500;
const mostGrowth = 64 * 1024 * 1024;
/** Fewer say nothing of memory: what the process takes while it gets warm is more. */
const enoughForMemory = 10_000;

/** One end of a socket that remembers whether it was closed, and whether something was taken. */
class End {
  closed = false;
  taken = false;
  connection!: Connection;
  readonly send = (messages: readonly Bytes[]): void => {
    for (const message of messages) {
      const decoded = decodeRelayMessage(message);
      if (!decoded.ok) continue;
      const { value } = decoded;
      if (value.type === 'acked' || (value.type === 'result' && value.result.ok)) this.taken = true;
      if (value.type === 'leased' || value.type === 'handed') this.taken = true;
    }
  };
  readonly close = (): void => void (this.closed = true);
  readonly buffered = 0;
}

function connectOwn({ relay, eve }: ForgeryWorld, { hello }: RealFrames): End {
  const end = new End();
  end.connection = relay.connectDevice(end, () => eve);
  end.connection.receive(hello);
  return end;
}

function connectPlain({ relay, eve, pad }: ForgeryWorld): End {
  const end = new End();
  const opened = relay.connectPlain(end, eve, pad);
  if (!opened.ok) throw new Error(opened.error.message);
  end.connection = opened.value;
  return end;
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
/** What a frame brought may take as many turns as it likes: reading waits behind it. */
async function settled({ relay, doc, pad }: ForgeryWorld): Promise<void> {
  await turn();
  for (const room of [doc, pad]) await relay.textInSlices(room);
  await turn();
}
const texts = ({ relay, doc, pad }: ForgeryWorld): string =>
  [doc, pad].map((room) => Buffer.from(relay.text(room)).toString('base64')).join(' ');

it(
  `${total} malformed frames end no relay and change nothing that was refused`,
  { timeout: 7_200_000 },
  async () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    let start = 0;
    let slowest = 0;
    for (let sent = 0; sent < total; sent += perWorld) {
      slowest = Math.max(slowest, await abuse(random, seed));
      if (sent % 10_000 === 0) collectGarbage();
      // What is loaded and compiled once belongs to the first quarter.
      if (sent >= total / 4) start ||= process.memoryUsage().rss;
    }
    collectGarbage();
    const growth = process.memoryUsage().rss - start;
    if (process.env['WEFT_FRAMES'])
      process.stdout.write(
        `${total} frames, seed ${seed}: ${(growth / 1e6).toFixed(1)} MB more, slowest ${slowest.toFixed(1)} ms\n`,
      );
    if (total >= enoughForMemory) expect(growth, `seed ${seed}`).toBeLessThan(mostGrowth);
  },
);

/** Sends frames to one relay; returns the milliseconds of CPU that the slowest one took. */
async function abuse(random: Random, seed: number): Promise<number> {
  const world = await makeForgeryWorld(random);
  const frames = realFrames(world);
  const rooms = [world.pad, world.doc, world.chat, world.room('directory/main'), world.room('doc/none')];
  let [own, plain] = [connectOwn(world, frames), connectPlain(world)];
  let slowest = 0;
  let [head, held] = [world.store.head(), texts(world)];
  for (let sent = 0; sent < perWorld; sent++) {
    const isPlain = random(3) === 0;
    const from = isPlain ? frames.plain : frames.own;
    let frame =
      random(5) === 0
        ? madeUp(random, rooms)
        : mutate(from[random(from.length)]!, [...frames.own, ...frames.plain], random);
    if (!isPlain && random(4) > 0) frame = resealed(frame);
    const end = isPlain ? plain : own;
    const began = cpuMilliseconds();
    end.connection.receive(frame);
    slowest = Math.max(slowest, cpuMilliseconds() - began);
    await settled(world);
    // A frame may still say something that is allowed. The plain protocol answers only by ending the connection.
    const mayStore = isPlain ? !end.closed : end.taken;
    const [nextHead, nextHeld] = [world.store.head(), texts(world)];
    if (nextHead === head ? nextHeld !== held : !mayStore)
      throw new Error(
        `seed ${seed}: something changed: ${isPlain ? 'plain' : 'own'} ${Buffer.from(frame).toString('hex')}`,
      );
    [head, held] = [nextHead, nextHeld];
    end.taken = false;
    if (own.closed) own = connectOwn(world, frames);
    if (plain.closed) plain = connectPlain(world);
  }
  expectSound(world, seed);
  own.connection.gone();
  plain.connection.gone();
  await world.relay.stop();
  return slowest;
}

/** The stored rows make what the relay holds; logs are whole; nobody writes where they may not. */
function expectSound({ relay, store, doc, pad, chat, eve }: ForgeryWorld, seed: number): void {
  for (const room of [doc, pad]) {
    // Without the tidying of formatting marks by which Yjs deletes some on its own: what the rows say, and nothing else.
    const { doc: copy, apply } = createReplica();
    for (const { bytes } of store.rowsAfter(room, 0)) apply([bytes]);
    expect(copy.store.pendingStructs, `seed ${seed}`).toBeNull();
    // Not byte for byte: where a mutation made two things neighbours that are none, Yjs puts what stands between them
    // in one place or another, by how a copy is cut.
    const held = new Y.Doc();
    Y.applyUpdate(held, relay.text(room));
    expect(Y.equalSnapshots(Y.snapshot(held), Y.snapshot(copy)), `seed ${seed}`).toBe(true);
  }
  expect(
    store.rowsFrom(chat, 0, 100).filter(({ by }) => by === eve.member),
    `seed ${seed}`,
  ).toEqual([]);
  expect(relay.directory().members[eve.member]?.role, `seed ${seed}`).toBe('member');
}
