import * as Y from 'yjs';
import { expect, it } from 'vitest';
import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import { createRelay } from '../../server/relay/relay.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';
import type { Random } from './forgery-world.ts';
import { editDoc, editPad, Tab } from './honest-people.ts';

/** `WEFT_FORGERIES=n` for a longer run. */
const total = Number(process.env['WEFT_FORGERIES'] ?? 20_000);
const perWorld = 400;

it(`${total} honest updates are all taken, and every copy ends the same`, { timeout: 600_000 }, async () => {
  const seed = seedFromEnvironment();
  const random = seededRandom(seed);
  for (let taken = 0; taken < total;) taken += await work(random, seed, Math.min(perWorld, total - taken));
});

/** Four tabs of three people write in a room, online, offline and again; returns how many updates they sent. */
async function work(random: Random, seed: number, updates: number): Promise<number> {
  const store = createMemoryStore();
  const relay = createRelay({ store, version: 'test' });
  const isDoc = random(2) === 0;
  const room = `${store.workspace}/${isDoc ? 'doc/d' : 'scratch/pad'}` as RoomId;
  const tabs: Tab[] = [];
  for (const name of ['ada', 'ben', 'cai', 'ada']) {
    const tab = new Tab(relay, store, room, name, 0);
    if (tabs.length < 3) {
      const data = { member: name, name, email: `${name}@example.org`, role: 'owner' };
      await relay.appendFact(
        `${store.workspace}/directory/main` as RoomId,
        'member.join',
        tab.caller.member,
        data,
      );
    }
    tab.doc.clientID = (await relay.lease(tab.caller, 1))[0]!;
    const root = isDoc ? tab.doc.getXmlFragment('content') : tab.doc.getText('t');
    tab.undo = new Y.UndoManager([root, ...(isDoc ? [] : [tab.doc.getMap('m'), tab.doc.getArray('l')])], {
      captureTimeout: 0,
    });
    tabs.push(tab);
  }
  if (isDoc)
    await relay.command(tabs[0]!.caller, {
      id: newId<CommandId>(),
      n: 1,
      room: `${room}:about` as RoomId,
      type: 'doc.create',
      data: { title: 'D' },
    });

  let sent = 0;
  const send = async (tab: Tab, how: Parameters<Tab['send']>[0]): Promise<void> => {
    for (const answer of await tab.send(how)) {
      sent++;
      if (!answer.ok)
        throw new Error(
          `seed ${seed}, ${isDoc ? 'doc' : 'pad'}: refused: ${answer.error.code} ${answer.error.message}`,
        );
    }
  };
  while (sent < updates) {
    const tab = tabs[random(tabs.length)]!;
    // Offline for as long as this takes.
    for (let edits = 1 + random(random(5) ? 3 : 30); edits > 0; edits--) {
      const what = random(8);
      if (what === 0) tab.undo!.undo();
      else if (what === 1) tab.undo!.redo();
      else (isDoc ? editDoc : editPad)(tab, random);
    }
    const before = random(2) === 0;
    if (before) tab.receive();
    await send(tab, (['each', 'each', 'merged', 'lacking', 'everything'] as const)[random(5)]!);
    if (!before && random(2)) tab.receive();
  }
  // Everybody takes in everything; what Yjs tidies then is sent, too, until nothing is left to say.
  for (let round = 0; round < 20; round++) {
    for (const tab of tabs) {
      tab.receive();
      await send(tab, 'each');
    }
    for (const tab of tabs) tab.receive();
    if (tabs.every(({ isDone }) => isDone)) break;
  }
  const held = canonical(relay.text(room));
  for (const { doc } of tabs)
    expect(same(canonical(Y.encodeStateAsUpdate(doc)), held), `seed ${seed}`).toBe(true);
  return sent;
}

/** How a copy that takes all in at once cuts things: a copy that saw them come may have cut them in other places. */
function canonical(update: Uint8Array): Uint8Array {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  expect(doc.store.pendingStructs).toBeNull();
  return Y.encodeStateAsUpdate(doc);
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
