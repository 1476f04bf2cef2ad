import { afterEach, beforeEach, expect, test } from 'vitest';
import * as Y from 'yjs';
import { failure } from '../../../shared/base/errors.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import { FailureError } from '../../../client/data/failure-error.ts';
import type { DeviceStorage } from '../../../client/data/storage/contract.ts';
import type { Note } from '../../../client/data/sync/notes.ts';
import { OpenTexts } from '../../../client/data/text/open-texts.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let ann: MemberId;
let device: WorldDevice;
let room: RoomId;

beforeEach(async () => {
  world = await makeWorld(31);
  ann = await world.member('ann');
  device = world.device(ann);
  room = world.room('scratch', 's');
  await world.settle();
});
afterEach(() => world.end());

/** A page whose writes of texts wait for the test, and what it tells the others. */
function heldPage() {
  const { storage, bus, lease, timers, tab } = device.page();
  const waiting: { bytes: Uint8Array; go(): void; fail(error: Error): void }[] = [];
  const held: DeviceStorage = {
    ...storage,
    texts: {
      ...storage.texts,
      append: (of, bytes, by, at, begun) =>
        new Promise((resolve, reject) => {
          waiting.push({
            bytes,
            go: () => void storage.texts.append(of, bytes, by, at, begun).then(resolve, reject),
            fail: reject,
          });
        }),
    },
  };
  const told: Note[] = [];
  const problems: string[] = [];
  const texts = new OpenTexts({
    storage: held,
    bus: {
      ...bus,
      post: (note) => {
        told.push(note);
        bus.post(note);
      },
    },
    lease,
    timers,
    tab,
    me: ann,
    onMended: () => undefined,
    onProblem: (problem) => problems.push(problem.code),
  });
  const { session } = texts.open(room, () => undefined);
  const toldOfText = () => told.filter(({ type }) => ['bytes', 'texts', 'wake'].includes(type));
  return { session, waiting, toldOfText, problems };
}

test('nobody is told of a change before it is stored: an id may be used again after a crash', async () => {
  const { session, waiting, toldOfText } = heldPage();
  await world.settle();
  session.doc.getText('t').insert(0, 'words');
  await world.settle(100);
  expect(waiting).toHaveLength(1);
  expect(toldOfText()).toEqual([]);
  expect(session.saved).toBe('saving');
  waiting[0]!.go();
  await world.settle(100);
  expect(toldOfText().map(({ type }) => type)).toEqual(['bytes', 'wake']);
});

test('a change that cannot be stored is told to nobody, and is stored with what follows when there is room', async () => {
  const { session, waiting, toldOfText, problems } = heldPage();
  await world.settle();
  session.doc.getText('t').insert(0, 'one ');
  await world.settle(100);
  session.doc.getText('t').insert(4, 'two');
  waiting.shift()!.fail(new FailureError(failure('device-full', 'no room')));
  await world.settle(100);
  expect(problems).toEqual(['device-full']);
  expect(toldOfText()).toEqual([]);
  await world.settle(3_000);
  waiting.shift()!.go();
  await world.settle();
  expect(session.saved).toBe('relay');
  const onRelay = new Y.Doc();
  Y.applyUpdate(onRelay, world.relay.text(room));
  expect(onRelay.getText('t').toString()).toBe('one two');
});

test('what collects while the disk is full is not put together beyond what the relay takes', async () => {
  const { session, waiting } = heldPage();
  await world.settle();
  const text = session.doc.getText('t');
  const page = 'x'.repeat(limits.update / 4);
  for (let i = 0; i < 9; i++) text.insert(0, page);
  await world.settle(100);
  const sizes: number[] = [];
  for (let write = waiting.shift(); write; write = waiting.shift()) {
    sizes.push(write.bytes.length);
    write.go();
    await world.settle(100);
  }
  expect(Math.max(...sizes)).toBeLessThan(limits.update);
  await world.settle();
  expect(await device.storage.texts.queue()).toEqual([]);
  expect(session.saved).toBe('relay');
  const onRelay = new Y.Doc();
  Y.applyUpdate(onRelay, world.relay.text(room));
  expect(onRelay.getText('t').length).toBe(9 * page.length);
});

test('a change too large for a note reaches the other tab by way of the database', async () => {
  const [one, two] = [device.newTab().open(room), device.newTab().open(room)];
  await world.settle();
  one.doc.getText('t').insert(0, 'y'.repeat(600_000));
  await world.settle();
  expect(two.doc.getText('t').length).toBe(600_000);
});

test('two tabs that type in one text have different ids and end with the same, also when one is killed', async () => {
  const [one, two] = [device.newTab().open(room), device.newTab().open(room)];
  await world.settle();
  expect(one.doc.clientID).not.toBe(two.doc.clientID);
  device.goOffline();
  for (let i = 0; i < 20; i++) {
    one.doc.getText('t').insert(0, 'a');
    two.doc.getText('t').insert(two.doc.getText('t').length, 'b');
    await world.settle(world.below(30));
  }
  await world.settle(100);
  expect(one.doc.getText('t').toString()).toBe(two.doc.getText('t').toString());
  await device.restart(true);
  const again = device.newTab().open(room);
  await world.settle();
  expect([...again.doc.getText('t').toString()].sort().join('')).toBe('a'.repeat(20) + 'b'.repeat(20));
  device.goOnline();
  await world.settle();
  expect(await device.storage.texts.queue()).toEqual([]);
});

test('under an id whose writing waits for words that are not here yet nothing else is written', async () => {
  const bo = await world.member('bo');
  const others = world.device(bo).newTab().open(room);
  device.goOffline();
  await world.settle();
  others.doc.getText('t').insert(0, 'told ');
  await world.settle();

  // What a restored relay leaves on a device: own words that build on others' which it does not have.
  const { lease } = device.page();
  await lease.acquire();
  const used = lease.client!;
  const whole = new Y.Doc();
  Y.applyUpdate(whole, Y.encodeStateAsUpdate(others.doc));
  whole.clientID = used;
  const known = Y.encodeStateVector(whole);
  whole.getText('t').insert(5, 'earlier ');
  await device.storage.texts.append(room, Y.encodeStateAsUpdate(whole, known), ann, 1, 0);
  lease.close();

  const { session, doc } = device.newTab().open(room);
  await world.settle();
  expect(doc.clientID).not.toBe(used);
  expect(session.locked).toBeNull();
  doc.getText('t').insert(0, 'now ');
  await session.flush();
  device.goOnline();
  await world.settle();
  expect(doc.getText('t').toString().split(' ').sort()).toEqual(['', 'earlier', 'now', 'told']);
  expect(others.doc.getText('t').toString()).toBe(doc.getText('t').toString());
  expect(await device.storage.texts.queue()).toEqual([]);
});
