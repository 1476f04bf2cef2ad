import * as Y from 'yjs';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { RoomId } from '../../../shared/base/ids.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import type { JournalRun, OwedRowValue } from '../../../client/data/storage/idb/schema.ts';
import { disk } from './device-disk.ts';
import { entryKey } from './entry-key.ts';
import type { Acked, Oracle } from './oracle.ts';
import type { SimDevice, SimWorld } from './world.ts';

/** Something that the relay had and lost, and the devices that had it too when it was lost. */
interface Lost {
  readonly room: RoomId;
  readonly holders: Set<SimDevice>;
}
interface LostEntry extends Lost {
  readonly entry: LogEntry;
}
/** Of a text: what was written under one client id up to a clock. */
interface LostText extends Lost {
  readonly client: number;
  readonly end: number;
}

/** What one device holds: keys of entries, and texts. */
interface Held {
  readonly entries: Set<string>;
  readonly texts: Map<RoomId, Y.Doc>;
  /** Texts of which it may bring a deletion back: it wrote in them, or has receipts of rows that delete. */
  readonly tellsDeletions: Set<RoomId>;
}

async function heldBy(world: SimWorld, device: SimDevice): Promise<Held> {
  const { storage } = device.machine;
  const held: Held = { entries: new Set(), texts: new Map(), tellsDeletions: new Set() };
  // Past the program: a look must not change what happens.
  const { stores } = disk.database(device.machine.database);
  const runs = stores.get('journal')?.records ?? [];
  const owed = (stores.get('owed')?.records ?? []).map(({ value }) => value as OwedRowValue);
  const journal = runs.flatMap(({ value }) => {
    const { room, rows = [] } = value as JournalRun;
    return rows.map(({ bytes }) => ({ room, bytes }));
  });
  for (const { room, bytes } of [...journal, ...owed])
    if (findRoom(room)?.kind.class === 'text' && Y.decodeUpdate(bytes).ds.clients.size > 0)
      held.tellsDeletions.add(room);
  for (const { room, from, head, acked } of await world.done(storage.rooms.all())) {
    if (findRoom(room)?.kind.class === 'log') {
      const entries = await world.done(storage.rooms.entries(room, from, head));
      for (const entry of entries) held.entries.add(entryKey(room, entry));
      continue;
    }
    const { updates } = await world.done(storage.texts.read(room));
    const doc = new Y.Doc();
    for (const { bytes } of updates) Y.applyUpdate(doc, bytes);
    held.texts.set(room, doc);
    if (acked !== undefined) held.tellsDeletions.add(room);
  }
  return held;
}

/** Whether all of these clocks are deleted in it. */
export function isDeleted(doc: Y.Doc, client: number, from: number, length: number): boolean {
  const structs = doc.store.clients.get(client) ?? [];
  if (Y.getState(doc.store, client) < from + length) return false;
  for (let at = Y.findIndexSS(structs, from); at < structs.length; at++) {
    const struct = structs[at]!;
    if (struct.id.clock >= from + length) break;
    if (!struct.deleted) return false;
  }
  return true;
}

export function hasDeletions(doc: Y.Doc, { bytes }: Pick<Acked, 'bytes'>): boolean {
  const { ds } = Y.decodeUpdate(bytes);
  return [...ds.clients].every(([client, ranges]) =>
    ranges.every(({ clock, len }) => isDeleted(doc, client, clock, len)),
  );
}

/** What restores took from the relay: some living device has most of it, and has to bring it back. */
export class LostRows {
  readonly entries = new Map<string, LostEntry>();
  readonly texts = new Map<string, LostText>();
  readonly deletions = new Map<Acked, Lost>();
  readonly #world: SimWorld;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  /** `restore` makes the relay forget; what it has before and not after is noted with those who hold it. */
  async note(restore: () => void): Promise<void> {
    const { oracle, devices } = this.#world;
    const held = new Map<SimDevice, Held>();
    for (const device of devices) held.set(device, await heldBy(this.#world, device));
    const holders = (has: (of: Held) => boolean): Set<SimDevice> =>
      new Set(devices.filter((device) => has(held.get(device)!)));
    const before = textsOf(oracle);
    const entries = [...oracle.rooms].flatMap(([room, { entries: all }]) =>
      all.map((entry): [RoomId, LogEntry] => [room, entry]),
    );
    restore();
    const after = new Set(
      [...oracle.rooms].flatMap(([room, { entries: all }]) => all.map((entry) => entryKey(room, entry))),
    );
    for (const [room, entry] of entries) {
      const key = entryKey(room, entry);
      if (!after.has(key))
        this.entries.set(key, { room, entry, holders: holders((of) => of.entries.has(key)) });
    }
    for (const { room, client, end } of before) {
      if ((oracle.room(room).clocks.get(client) ?? 0) >= end) continue;
      const has = ({ texts }: Held): boolean =>
        texts.has(room) && Y.getState(texts.get(room)!.store, client) >= end;
      this.texts.set(`${room} ${client} ${end}`, { room, client, end, holders: holders(has) });
    }
    for (const acked of oracle.acked) {
      const { room } = acked;
      const has = ({ texts, tellsDeletions }: Held): boolean =>
        tellsDeletions.has(room) && texts.has(room) && hasDeletions(texts.get(room)!, acked);
      this.deletions.set(acked, { room, holders: holders(has) });
    }
  }

  /** What was in its database is gone. */
  evicted(device: SimDevice): void {
    for (const { holders } of [...this.entries.values(), ...this.texts.values(), ...this.deletions.values()])
      holders.delete(device);
  }
}

function textsOf(oracle: Oracle): { room: RoomId; client: number; end: number }[] {
  return [...oracle.rooms].flatMap(([room, { clocks, rows }]) =>
    clocks.size === 0
      ? []
      : rows.flatMap(({ bytes }) =>
          Y.decodeUpdate(bytes).structs.map(({ id, length }) => ({
            room,
            client: id.client,
            end: id.clock + length,
          })),
        ),
  );
}
