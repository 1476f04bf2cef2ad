import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import type { Caller, Relay } from '../../server/relay/contract.ts';
import { clockAfter, readUpdate } from '../../server/relay/gate/read-update.ts';
import { atOnce, unbounded } from '../../server/relay/gate/work.ts';
import { createRelay } from '../../server/relay/relay.ts';
import type { RelayStore } from '../../server/storage/contract.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';
import { typing } from './relay-rig.ts';

const caller: Caller = { member: 'ada' as MemberId, device: 'phone' as DeviceId, session: 's' };
let store: RelayStore;
let relay: Relay;
let pad: RoomId;
let client: number;
beforeEach(async () => {
  store = createMemoryStore();
  relay = createRelay({ store, version: 'test' });
  const directory = `${store.workspace}/directory/main` as RoomId;
  const ada = { member: 'ada', name: 'Ada', email: '', role: 'owner' };
  await relay.appendFact(directory, 'member.join', caller.member, ada);
  pad = `${store.workspace}/scratch/pad` as RoomId;
  client = (await relay.lease(caller, 1))[0]!;
});

/** What a device has that took every stored row in. */
const rebuilt = (): Y.Doc => {
  const doc = new Y.Doc();
  for (const { bytes } of store.rowsAfter(pad, 0)) Y.applyUpdate(doc, bytes);
  return doc;
};

/** An update with one struct, written by hand. */
const handmade = (
  write: (encoder: encoding.Encoder) => void,
  deletes: readonly number[] = [0],
): Uint8Array => {
  const encoder = encoding.createEncoder();
  write(encoder);
  for (const each of deletes) encoding.writeVarUint(encoder, each);
  return encoding.toUint8Array(encoder);
};
const numbers =
  (...all: number[]) =>
  (encoder: encoding.Encoder) => {
    for (const each of all) encoding.writeVarUint(encoder, each);
  };
/** A struct under the root `t` with some content. */
const content = (ref: number, write: (encoder: encoding.Encoder) => void): Uint8Array =>
  handmade((encoder) => {
    numbers(1, 1, client, 0, ref, 1)(encoder);
    encoding.writeVarString(encoder, 't');
    write(encoder);
  });
const any = (value: unknown): Uint8Array =>
  content(8, (encoder) => {
    encoding.writeVarUint(encoder, 1);
    encoding.writeAny(encoder, value as never);
  });
const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};
/** Arrays in arrays, deeper than any encoder would go. */
const bottomless = (depth: number): Uint8Array =>
  content(8, (encoder) => {
    encoding.writeVarUint(encoder, 1);
    for (let i = 0; i < depth; i++) encoding.writeUint8Array(encoder, Uint8Array.of(117, 1));
    encoding.writeAny(encoder, 1);
  });
const deepTypes = (depth: number): Uint8Array => {
  const doc = new Y.Doc();
  doc.clientID = client;
  let inner: Y.XmlFragment | Y.XmlElement = doc.getXmlFragment('x');
  for (let i = 0; i < depth; i++) {
    const child: Y.XmlElement = new Y.XmlElement('p');
    inner.insert(0, [child]);
    inner = child;
  }
  return Y.encodeStateAsUpdate(doc);
};
/** An object with a key that only hand-written bytes can have. */
const withProto = content(8, (encoder) => {
  encoding.writeVarUint(encoder, 1);
  encoding.writeUint8(encoder, 118);
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarString(encoder, '__proto__');
  encoding.writeAny(encoder, { polluted: true });
});

describe('[U-2] a hostile update', () => {
  it.each<[string, () => Uint8Array, string]>([
    ['in version 2', () => Y.encodeStateAsUpdateV2(typingOnce()), 'refused'],
    ['with a gap in its structs', () => handmade(numbers(1, 2, client, 0, 10, 5, 0, 1)), 'update-malformed'],
    ['that burns 2^52 clocks', () => handmade(numbers(1, 1, client, 0, 0, 2 ** 52)), 'update-malformed'],
    [
      'of a collected struct of no length',
      () => handmade(numbers(1, 1, client, 0, 0, 0)),
      'update-malformed',
    ],
    [
      'with a client twice',
      () => handmade(numbers(2, 1, client, 0, 0, 1, 1, client, 1, 0, 1)),
      'update-malformed',
    ],
    ['with unknown content', () => content(11, () => {}), 'update-malformed'],
    ['with a million clients announced', () => handmade(numbers(1_000_000)), 'update-malformed'],
    ['with values 20,000 deep', () => bottomless(20_000), 'update-forbidden-content'],
    ['with values 65 deep', () => any(nested(65)), 'update-forbidden-content'],
    ['with types 150 deep', () => deepTypes(150), 'update-forbidden-content'],
    ['with a prototype as a key', () => withProto, 'update-forbidden-content'],
    [
      'with a root that is the prototype',
      () =>
        handmade((encoder) => {
          numbers(1, 1, client, 0, 4, 1)(encoder);
          encoding.writeVarString(encoder, '__proto__');
          encoding.writeVarString(encoder, 'x');
        }),
      'update-forbidden-content',
    ],
    ['with a number JSON does not have', () => any(7n), 'update-forbidden-content'],
    ['with a document inside', () => content(9, () => {}), 'update-forbidden-content'],
    [
      'that deletes what is not there',
      () => handmade(numbers(0), [1, client, 1, 0, 5]),
      'update-missing-reference',
    ],
    ['that deletes nothing at all', () => handmade(numbers(0), [1, client, 1, 0, 0]), 'update-malformed'],
    [
      'whose origin is itself',
      () =>
        handmade((encoder) => {
          numbers(1, 1, client, 0)(encoder);
          encoding.writeUint8(encoder, 0x84);
          numbers(client, 0)(encoder);
          encoding.writeVarString(encoder, 'x');
        }),
      'update-malformed',
    ],
    [
      'whose parent is a letter',
      () =>
        handmade((encoder) => {
          numbers(1, 2, client, 0, 4, 1)(encoder);
          encoding.writeVarString(encoder, 't');
          encoding.writeVarString(encoder, 'x');
          numbers(4, 0, client, 0)(encoder);
          encoding.writeVarString(encoder, 'y');
        }),
      'update-malformed',
    ],
  ])('%s is refused at once and leaves nothing', async (_what, make, code) => {
    const bytes = make();
    const started = performance.now();
    const answer = await relay.update(caller, pad, bytes);
    expect(performance.now() - started).toBeLessThan(500);
    expect(answer.ok).toBe(false);
    if (!answer.ok && code !== 'refused') expect(answer.error.code).toBe(code);
    expect(store.room(pad)).toBeNull();
    expect({}).not.toHaveProperty('polluted');
  });

  it('floods with gaps without being remembered', async () => {
    const mine = typing(client);
    const updates = Array.from({ length: 3_000 }, (_, i) => {
      mine.text.insert(i, 'x');
      return mine.take();
    });
    const started = performance.now();
    const answers = await Promise.all(updates.slice(1).map((bytes) => relay.update(caller, pad, bytes)));
    expect(answers.every((answer) => !answer.ok && answer.error.code === 'update-clock-gap')).toBe(true);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(await relay.update(caller, pad, updates[0]!)).toMatchObject({ ok: true });
    expect(rebuilt().store.pendingStructs).toBeNull();
  });

  it('mutated 8,000 times never leaves the relay and a device with different documents', async () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    const mine = typing(client);
    let accepted = 0;
    for (let round = 0; round < 40; round++) {
      edit(mine.doc, random);
      const good = mine.take();
      const attempts = Array.from({ length: 200 }, () => relay.update(caller, pad, mutate(good, random)));
      for (const answer of await Promise.all(attempts)) if (answer.ok) accepted++;
      const stored = Y.encodeStateAsUpdate(rebuilt());
      expect(relay.text(pad), `seed ${seed}, round ${round}`).toEqual(stored);
      // Whatever got in, the next round starts from it under an id of its own.
      client = (await relay.lease(caller, 1))[0]!;
      const next = typing(client, stored);
      Object.assign(mine, next);
    }
    expect(accepted, `seed ${seed}`).toBeLessThan(8_000);
    expect(rebuilt().store.pendingStructs).toBeNull();
  }, 60_000);
});

describe('[U-2] an honest update', () => {
  it('is read as Yjs reads it, whatever is in it', () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    for (let i = 0; i < 200; i++) {
      const doc = new Y.Doc();
      for (let edits = 0; edits < 10; edits++) edit(doc, random);
      const bytes = Y.encodeStateAsUpdate(doc);
      const mine = atOnce(readUpdate(bytes, unbounded()));
      const theirs = Y.decodeUpdate(bytes);
      const structs = mine.runs.flatMap((run) =>
        Array.from({ length: run.end - run.first }, (_, n) => {
          const clock = mine.clocks[run.first + n]!;
          return [run.client, clock, clockAfter(mine, run, run.first + n) - clock];
        }),
      );
      expect(structs, `seed ${seed}`).toEqual(
        theirs.structs.map(({ id, length }) => [id.client, id.clock, length]),
      );
    }
  });
});

function typingOnce(): Y.Doc {
  const mine = typing(client);
  mine.text.insert(0, 'x'.repeat(50));
  return mine.doc;
}

/** Something a person or a program may do to a document. */
function edit(doc: Y.Doc, random: (below: number) => number): void {
  const text = doc.getText('t');
  const at = random(text.length + 1);
  switch (random(8)) {
    case 0:
      text.insert(at, 'ab👋c'.slice(0, 1 + random(2)));
      break;
    case 1:
      text.delete(at, Math.min(random(4), text.length - at));
      break;
    case 2:
      text.format(at, Math.min(random(4), text.length - at), { bold: random(2) ? true : null });
      break;
    case 3:
      text.insertEmbed(at, { image: 'x' });
      break;
    case 4:
      doc.getMap('m').set(`k${random(3)}`, random(2) ? new Y.Map([['a', 1]]) : [1, { b: null }]);
      break;
    case 5:
      doc.getArray('a').push([1, 'x', Uint8Array.of(1), new Y.Array()]);
      break;
    case 6: {
      const paragraph = new Y.XmlElement('paragraph');
      paragraph.setAttribute('align', 'left');
      paragraph.insert(0, [new Y.XmlText('words')]);
      doc.getXmlFragment('x').insert(0, [paragraph]);
      break;
    }
    default:
      doc.getMap('m').delete(`k${random(3)}`);
  }
}

function mutate(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const changed = [...bytes];
  for (let left = 1 + random(2); left > 0; left--) {
    const at = random(changed.length || 1);
    if (random(3) === 0) changed.splice(at, 1 + random(3));
    else if (random(2) === 0) changed.splice(at, 0, random(256));
    else changed[at] = random(4) ? (changed[at] ?? 0) ^ (1 << random(8)) : random(256);
  }
  return Uint8Array.from(changed);
}
