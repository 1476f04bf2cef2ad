import { expect, test } from 'vitest';
import * as Y from 'yjs';
import type { LogEntry } from '../../shared/access/kind.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import type { WorldDevice, Tab } from '../support/world-device.ts';
import { makeWorld, type World } from '../support/world.ts';

/** Few, on a database that does what browsers' do; the simulation runs thousands on one of its own. */
const seeds = Array.from({ length: 40 }, (_, i) => i + 1);
const groups = Array.from({ length: Math.ceil(seeds.length / 20) }, (_, i) =>
  seeds.slice(i * 20, i * 20 + 20),
);

interface Place {
  readonly device: WorldDevice;
  readonly tabs: Tab[];
  online: boolean;
}

const words = ['weft ', '你好', 'x', '🙂', 'a longer run of text '];

/** Types, deletes or splits at a random position, as one editing step. */
function edit(world: World, doc: Y.Doc): void {
  const text = doc.getText('t');
  const map = doc.getMap('m');
  const at = world.below(text.length + 1);
  const choice = world.below(10);
  doc.transact(() => {
    if (choice < 6) text.insert(at, words[world.below(words.length)]!);
    else if (choice < 9) text.delete(at, Math.min(world.below(6), text.length - at));
    else map.set(`k${world.below(4)}`, world.below(100));
  });
}

async function live(seed: number): Promise<void> {
  const world = await makeWorld(seed);
  try {
    const people: MemberId[] = [
      await world.member('ann'),
      await world.member('bo'),
      await world.member('cy'),
    ];
    const devices = [...people.map((member) => world.device(member)), world.device(people[0]!)];
    await world.settle();
    const places: Place[] = devices.map((device) => ({ device, tabs: [device.newTab()], online: true }));
    const rooms = [world.room('scratch', 'one'), world.room('scratch', 'two')];
    const chat = world.room('chat', 'all');
    await devices[0]!.send(chat, 'chat.create', { type: 'group', title: '', members: people });
    await world.settle();
    const open = new Map<Tab, Map<RoomId, ReturnType<Tab['open']>>>();
    const said: string[] = [];

    const act = async (place: Place): Promise<void> => {
      const { device, tabs } = place;
      const choice = world.below(100);
      if (choice < 55) {
        const tab = tabs[world.below(tabs.length)]!;
        const texts = open.get(tab) ?? new Map<RoomId, ReturnType<Tab['open']>>();
        open.set(tab, texts);
        const room = rooms[world.below(rooms.length)]!;
        const text = texts.get(room) ?? tab.open(room);
        texts.set(room, text);
        for (let tries = 0; tries < 20 && !text.session.ready; tries++) await world.step(2);
        if (text.session.ready && !text.session.locked) edit(world, text.doc);
      } else if (choice < 75) {
        const message = `${seed}-${said.length}`;
        said.push(message);
        await device.send(chat, 'chat.send', { text: message });
      } else if (choice < 85) {
        if (place.online) device.goOffline();
        else device.goOnline();
        place.online = !place.online;
      } else if (choice < 90) {
        if (tabs.length < 3) tabs.push(device.newTab());
      } else if (choice < 95) {
        for (const tab of tabs) open.delete(tab);
        await device.restart(world.below(2) === 0);
        tabs.splice(0, tabs.length, device.newTab());
      } else if (choice < 97) {
        world.restartRelay();
      } else {
        const tab = tabs.pop();
        if (tab) {
          open.delete(tab);
          await tab.close();
        }
        if (tabs.length === 0) tabs.push(device.newTab());
      }
    };

    for (let i = 0; i < 60; i++) {
      await act(places[world.below(places.length)]!);
      await world.step(world.below(12));
    }
    for (const place of places) place.device.goOnline();
    await world.settle(40_000);

    const texts = await Promise.all(
      rooms.map((room) => Promise.all(places.map(({ tabs }) => contentOf(world, tabs[0]!, room)))),
    );
    rooms.forEach((room, i) => {
      const relays = new Y.Doc();
      Y.applyUpdate(relays, world.relay.text(room));
      for (const text of texts[i]!) expect(text, `${room} on a device`).toEqual(content(relays));
    });
    const log = messages(world.relay.entries(null, chat, 0, 10_000));
    expect([...log].sort(), 'each message once').toEqual([...said].sort());
    for (const { device } of places) {
      expect(messages(await device.storage.rooms.entries(chat, 0, 10_000))).toEqual(log);
      expect(await device.storage.outbox.all()).toEqual([]);
      expect(await device.storage.texts.queue()).toEqual([]);
      expect(device.problems).toEqual([]);
    }
  } finally {
    await world.end();
  }
}

const content = (doc: Y.Doc) => ({ text: doc.getText('t').toString(), map: doc.getMap('m').toJSON() });

async function contentOf(world: World, tab: Tab, room: RoomId) {
  const { session, doc } = tab.open(room);
  while (!session.ready) await world.settle(50);
  return content(doc);
}

const messages = (entries: readonly LogEntry[]): string[] =>
  entries.filter(({ type }) => type === 'chat.send').map(({ data }) => (data as { text: string }).text);

for (const group of groups)
  test(`devices and relay end with the same, seeds ${group[0]} to ${group.at(-1)}`, async () => {
    for (const seed of group)
      await live(seed).catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error });
      });
  });
