import * as Y from 'yjs';
import { expect, it } from 'vitest';
import type { DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import type { Caller, Relay } from '../../server/relay/contract.ts';
import { createRelay } from '../../server/relay/relay.ts';
import { emptyBatch, type RelayStore } from '../../server/storage/contract.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';

type Random = ReturnType<typeof seededRandom>;

const rounds = 150;
const names = ['ada', 'ben', 'cyn', 'dov', 'eve'];

/** Somebody who writes, and who sometimes sends what is not theirs, not in order or not an update at all. */
interface Writer {
  readonly caller: Caller;
  readonly doc: Y.Doc;
  unsent: Uint8Array[];
}

interface Sent {
  readonly writer: Writer;
  readonly bytes: Uint8Array;
}

interface Side {
  readonly store: RelayStore;
  readonly relay: Relay;
  readonly pad: RoomId;
}

async function makeSide(): Promise<Side> {
  const store = createMemoryStore();
  const relay = createRelay({ store, version: 'test' });
  const directory = `${store.workspace}/directory/main` as RoomId;
  for (const [i, name] of names.entries())
    await relay.appendFact(directory, 'member.join', 'ada' as MemberId, {
      member: name,
      name,
      email: '',
      role: i === 0 ? 'owner' : 'member',
    });
  return { store, relay, pad: `${store.workspace}/scratch/pad` as RoomId };
}

function work(doc: Y.Doc, random: Random): void {
  const text = doc.getText('t');
  const map = doc.getMap('m');
  const at = random(text.length + 1);
  const some = Math.min(text.length - at, 1 + random(3));
  switch (random(8)) {
    case 0:
      if (some > 0) text.delete(at, some);
      break;
    case 1:
      if (some > 0) text.format(at, some, { bold: random(2) === 0 });
      break;
    case 2:
      map.set(`k${random(3)}`, random(100));
      break;
    case 3:
      map.set('under', new Y.Map([['a', random(9)]]));
      break;
    default:
      text.insert(at, ['x', 'word', '字', '👍'][random(4)]!);
  }
}

/** What the writer sends in place of an honest update, or twice. */
function spoil(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array[] {
  switch (random(5)) {
    case 0:
      return [bytes, bytes];
    case 1:
      return [others[random(others.length)] ?? bytes, bytes];
    case 2:
      return [bytes.slice(0, random(bytes.length)), bytes];
    case 3: {
      const wrong = bytes.slice();
      wrong[random(wrong.length)]! ^= 1 << random(8);
      return [wrong, bytes];
    }
    default:
      return [bytes];
  }
}

it('updates of one turn end as if each had come in a turn of its own', async () => {
  const seed = seedFromEnvironment();
  const random = seededRandom(seed);
  const sides = [await makeSide(), await makeSide()] as const;
  const writers = names.map((name, i): Writer => {
    const member = name as MemberId;
    const device = `${name}-phone` as DeviceId;
    const client = 2 ** 33 + i;
    for (const { store } of sides)
      store.commit({ ...emptyBatch, leases: [{ client, member, device, at: 1 }] });
    const doc = new Y.Doc();
    doc.clientID = client;
    const writer: Writer = { caller: { member, device, session: name }, doc, unsent: [] };
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'relay') writer.unsent.push(update);
    });
    return writer;
  });
  let taken = 0;
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    const sent: Sent[] = [];
    for (const writer of writers) for (let i = random(4); i > 0; i--) work(writer.doc, random);
    const honest = writers.flatMap(({ unsent }) => unsent);
    while (writers.some(({ unsent }) => unsent.length > 0)) {
      const writer = writers[random(writers.length)]!;
      const next = writer.unsent.shift();
      if (!next) continue;
      const all = random(6) === 0 ? spoil(next, honest, random) : [next];
      for (const bytes of all) sent.push({ writer, bytes });
    }
    const [together, apart] = sides;
    const answers = (side: Side, { writer, bytes }: Sent) =>
      side.relay.update(writer.caller, side.pad, bytes).then((each) => (each.ok ? 'ok' : each.error.code));
    const one = Promise.all(sent.map((each) => answers(together, each)));
    const other: string[] = [];
    for (const each of sent) other.push(await answers(apart, each));
    expect(await one, `seed ${seed}, round ${round}`).toEqual(other);
    taken += other.filter((each) => each === 'ok').length;
    refused += other.filter((each) => each !== 'ok').length;
    for (const { doc } of writers)
      for (const { bytes } of together.store.rowsAfter(together.pad, 0)) Y.applyUpdate(doc, bytes, 'relay');
  }
  const [one, other] = sides.map(({ store, pad }) => store.rowsAfter(pad, 0));
  expect(one!.length, `seed ${seed}`).toBe(other!.length);
  for (const [i, { by, bytes }] of one!.entries()) {
    expect(by, `seed ${seed}, row ${i}`).toBe(other![i]!.by);
    expect(Buffer.from(bytes).equals(other![i]!.bytes), `seed ${seed}, row ${i}`).toBe(true);
  }
  for (const { relay, store, pad } of sides) {
    const stored = new Y.Doc();
    for (const { bytes } of store.rowsAfter(pad, 0)) Y.applyUpdate(stored, bytes);
    const loaded = new Y.Doc();
    Y.applyUpdate(loaded, relay.text(pad));
    expect(loaded.toJSON(), `seed ${seed}`).toEqual(stored.toJSON());
    expect(Y.encodeStateVector(loaded), `seed ${seed}`).toEqual(Y.encodeStateVector(stored));
  }
  console.log(`seed ${seed}: ${taken} taken, ${refused} refused`);
  expect(taken).toBeGreaterThan(rounds);
  expect(refused).toBeGreaterThan(0);
});
