import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import type { MemberId } from '../../shared/base/ids.ts';
import type { Bus, Note } from '../../client/data/sync/notes.ts';
import type { WorldDevice } from '../support/world-device.ts';
import { makeWorld, type World } from '../support/world.ts';

type Patch = readonly [position: number, deleted: number, inserted: string];
interface Trace {
  readonly endContent: string;
  readonly txns: readonly {
    readonly agent: 0 | 1;
    readonly parents: readonly number[];
    readonly patches: readonly Patch[];
  }[];
}

const trace = JSON.parse(
  gunzipSync(readFileSync(new URL('../data/friendsforever.json.gz', import.meta.url))).toString(),
) as Trace;

/** Which of the other's transactions each one was made on (-1 for none), and which of them are such a version. */
function versions(): { seen: number[]; cuts: Set<number> } {
  const known: [number, number][] = [];
  const seen: number[] = [];
  trace.txns.forEach(({ agent, parents }, i) => {
    const version: [number, number] = [-1, -1];
    for (const parent of parents)
      for (const who of [0, 1] as const) version[who] = Math.max(version[who], known[parent]![who]);
    seen.push(version[agent === 0 ? 1 : 0]);
    version[agent] = i;
    known.push(version);
  });
  return { seen, cuts: new Set(seen) };
}

/** A page that hears of new bytes only when it is told to, one update at a time. */
function slowPage() {
  const arrived: Note[] = [];
  let heard = 0;
  const listeners = new Set<(note: Note) => void>();
  return {
    filter: (bus: Bus): Bus => ({
      ...bus,
      listen(hear) {
        listeners.add(hear);
        const stop = bus.listen((note) => {
          if (note.type !== 'bytes') hear(note);
        });
        return () => {
          listeners.delete(hear);
          stop();
        };
      },
    }),
    listen: (bus: Bus) =>
      bus.listen((note) => {
        if (note.type === 'bytes') for (const bytes of note.bytes) arrived.push({ ...note, bytes: [bytes] });
      }),
    received: () => arrived.length,
    hearUpTo(count: number): void {
      for (; heard < count; heard++) for (const hear of [...listeners]) hear(arrived[heard]!);
    },
  };
}

async function typist(world: World, device: WorldDevice) {
  const page = slowPage();
  const tab = device.newTab((bus) => {
    page.listen(bus);
    return page.filter(bus);
  });
  const { session, doc } = tab.open(world.room('scratch', 'friends'));
  await world.settle();
  return { page, session, doc, text: doc.getText('t') };
}

test('two people who typed one text at once type it again, each on the version they had', async () => {
  const world = await makeWorld(4);
  const { seen, cuts } = versions();
  const members: MemberId[] = [await world.member('ann'), await world.member('bo')];
  const devices = members.map((member) => world.device(member));
  await world.settle();
  const people = [await typist(world, devices[0]!), await typist(world, devices[1]!)];
  // Of two insertions at one place the smaller id comes first in Yjs; in this trace that was the first person.
  people.sort((a, b) => a.doc.clientID - b.doc.clientID);

  /** How much had reached the other's device when a transaction was stored. Clocks would not do: deletions have none. */
  const arrived = new Map<number, number>();
  for (const [i, { agent, patches }] of trace.txns.entries()) {
    const me = people[agent]!;
    me.page.hearUpTo(arrived.get(seen[i]!) ?? 0);
    me.doc.transact(() => {
      for (const [position, deleted, inserted] of patches) {
        me.text.delete(position, deleted);
        me.text.insert(position, inserted);
      }
    });
    if (!cuts.has(i)) continue;
    // Somebody went on from exactly here: it has to be an update of its own.
    await me.session.flush();
    await world.quiet();
    arrived.set(i, people[agent === 0 ? 1 : 0]!.page.received());
  }
  await world.settle();
  for (const { page, text } of people) {
    page.hearUpTo(page.received());
    expect(text.toString()).toBe(trace.endContent);
  }

  const onRelay = new Y.Doc();
  Y.applyUpdate(onRelay, world.relay.text(world.room('scratch', 'friends')));
  expect(onRelay.getText('t').toString()).toBe(trace.endContent);
  const coldStart = async (device: WorldDevice): Promise<string> => {
    const { session, doc } = device.newTab().open(world.room('scratch', 'friends'));
    while (!session.ready) await world.settle(50);
    return doc.getText('t').toString();
  };
  for (const device of devices) {
    device.goOffline();
    await device.restart(true);
    expect(await coldStart(device), 'from this device alone').toBe(trace.endContent);
  }
  const fresh = world.device(members[0]!, 'new');
  await world.settle();
  expect(await coldStart(fresh), 'from the relay').toBe(trace.endContent);
  await world.end();
}, 180_000);
