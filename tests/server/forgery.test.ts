import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';
import type { RoomId } from '../../shared/base/ids.ts';
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
