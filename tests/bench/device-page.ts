/* What runs inside the browser: the device's own storage and projections, without pages around them. */
import type { LogEntry } from '../../shared/access/kind.ts';
import type { CommandId, MemberId, RoomId, WorkspaceId } from '../../shared/base/ids.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { RoomContent } from '../../shared/protocol/messages.ts';
import { groupByRoom } from '../../client/data/projection/overlay.ts';
import { chatRows } from '../../client/data/projection/rows.ts';
import type { DeviceStorage } from '../../client/data/storage/contract.ts';
import { openStorage } from '../../client/data/storage/idb/open.ts';

const me = 'ann' as MemberId;
const other = 'bo' as MemberId;
const start = Date.UTC(2026, 0, 5, 9);

const open = (name: string): DeviceStorage =>
  openStorage({ workspace: 'w' as WorkspaceId, member: me, name });

const chatId = (i: number): RoomId => `w/chat/c${i}` as RoomId;

const entry = (seq: number): LogEntry =>
  seq === 0
    ? {
        seq,
        id: 'e0' as CommandId,
        type: 'chat.create',
        by: other,
        at: start,
        data: { type: 'group', title: 'Purchasing, spring', members: [me, other] },
      }
    : {
        seq,
        id: `e${seq}` as CommandId,
        type: 'chat.send',
        by: other,
        at: start + seq * 1_000,
        data: { text: `Message ${seq}: the delivery of Tuesday comes on Thursday.` },
      };

const entries = (from: number, to: number): LogEntry[] =>
  Array.from({ length: to - from }, (_, i) => entry(from + i));

const content = (room: RoomId, cursor: number, from: number, to: number, head: number): RoomContent => ({
  kind: 'log',
  room,
  cursor,
  from,
  head,
  base: null,
  entries: entries(from, to),
  receipts: entries(from, to).map(() => new Uint8Array(16)),
});

async function took(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

async function storeRooms(storage: DeviceStorage, count: number, each: number): Promise<void> {
  for (let from = 0; from < count; from += limits.pullRooms)
    await storage.rooms.storeContents(
      Array.from({ length: Math.min(limits.pullRooms, count - from) }, (_, i) =>
        content(chatId(from + i), (from + i + 1) * each, 0, each, each),
      ),
    );
}

const benches = {
  /** Storing a catch-up of `count` rooms, in batches as they are pulled. */
  async store(count: number): Promise<number> {
    const storage = open(`store-${count}`);
    await storage.meta.read();
    const time = await took(() => storeRooms(storage, count, 5));
    await storage.destroy();
    return time;
  },

  async prepareStart(count: number): Promise<void> {
    const storage = open('start');
    await storeRooms(storage, count, 20);
    storage.close();
  },

  /** From a closed database to the rows of the list, as at the start of the app. */
  async start(): Promise<number> {
    const storage = open('start');
    let rows = 0;
    const time = await took(async () => {
      const [records, outbox] = await Promise.all([
        storage.rooms.all(),
        storage.outbox.all(),
        storage.texts.queue(),
        storage.blobs.queue(),
        storage.meta.read(),
      ]);
      const byRoom = new Map(records.map((record) => [record.room, record] as const));
      rows = chatRows(me).from(byRoom, groupByRoom(outbox)).length;
    });
    storage.close();
    if (rows === 0) throw new Error('no rows were made');
    return time;
  },

  async prepareLong(count: number): Promise<void> {
    const storage = open('long');
    for (let from = 0; from < count; from += 10_000)
      await storage.rooms.storeContents([content(chatId(0), from + 10_000, from, from + 10_000, count)]);
    storage.close();
  },

  /** From a closed database to the newest entries of a long conversation. */
  async openLong(): Promise<number> {
    const storage = open('long');
    let shown = 0;
    const time = await took(async () => {
      const [record] = await storage.rooms.some([chatId(0)]);
      if (record) shown = (await storage.rooms.entries(chatId(0), record.head - 100, record.head)).length;
    });
    storage.close();
    if (shown !== 100) throw new Error(`${shown} entries instead of 100`);
    return time;
  },

  /** One more entry in the long conversation, on disk. */
  async appendLong(): Promise<number> {
    const storage = open('long');
    const [record] = await storage.rooms.some([chatId(0)]);
    const { head, cursor } = record!;
    const time = await took(() =>
      storage.rooms.storeContents([content(chatId(0), cursor + 1, head, head + 1, head + 1)]),
    );
    storage.close();
    return time;
  },

  /** A change of a text, stored strictly: how long "saving" is shown. */
  async appendText(): Promise<number> {
    const storage = open('start');
    await storage.meta.read();
    const time = await took(() =>
      storage.texts.append('w/scratch/s' as RoomId, new Uint8Array(200), me, Date.now(), 0),
    );
    storage.close();
    return time;
  },
} as const;

export type DeviceBenches = typeof benches;

(globalThis as unknown as { benches: DeviceBenches }).benches = benches;
