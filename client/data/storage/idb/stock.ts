import type { BlobRecord, BlobStore, DraftStore, LeaseStore, QueuedBlob } from '../contract.ts';
import { blobRowOf as rowOf, type BlobRow } from './schema.ts';
import { read, write, type GetDb } from './transaction.ts';

const recordOf = ({ unsent, ...rest }: BlobRow): Omit<BlobRecord, 'bytes'> => ({
  ...rest,
  pending: unsent !== undefined,
});

export const idbBlobs = (getDb: GetDb): BlobStore => ({
  put: ({ bytes, ...blob }) =>
    write(getDb, ['blobs', 'files'], async (tx) => {
      if (bytes) void tx.objectStore('files').put(bytes, [blob.room, blob.hash]);
      await tx.objectStore('blobs').put(rowOf(blob));
    }),
  get: (room, hash) =>
    read(getDb, ['blobs', 'files'], async (tx) => {
      const [row, bytes] = await Promise.all([
        tx.objectStore('blobs').get([room, hash]),
        tx.objectStore('files').get([room, hash]),
      ]);
      return row ? { ...recordOf(row), bytes: bytes ?? null } : null;
    }),
  isPending: (room, hash) =>
    read(getDb, ['blobs'], async (tx) => (await tx.store.get([room, hash]))?.unsent !== undefined),
  // Refused ones stay in the index: they are still not on the relay.
  queue: () =>
    read(getDb, ['blobs'], async (tx) =>
      (await tx.store.index('unsent').getAll()).map(
        ({ room, hash, name, size, smallOf, at, failure }): QueuedBlob => ({
          ...{ room, hash, name, size, at, failure },
          ...(smallOf === undefined ? {} : { smallOf }),
        }),
      ),
    ),
  mark: (room, hash, change) =>
    write(getDb, ['blobs'], async (tx) => {
      const row = await tx.store.get([room, hash]);
      if (row) await tx.store.put(rowOf({ ...recordOf(row), ...change }));
    }),
  remove: (room, hash) =>
    write(getDb, ['blobs', 'files'], async (tx) => {
      void tx.objectStore('files').delete([room, hash]);
      await tx.objectStore('blobs').delete([room, hash]);
    }),
  trim: (most) =>
    write(getDb, ['blobs', 'files'], async (tx) => {
      const sent = (await tx.objectStore('blobs').getAll()).filter(({ unsent }) => !unsent);
      let size = sent.reduce((sum, row) => sum + row.size, 0);
      for (const { room, hash, size: own } of sent.sort((a, b) => a.at - b.at)) {
        if (size <= most) return;
        size -= own;
        void tx.objectStore('blobs').delete([room, hash]);
        void tx.objectStore('files').delete([room, hash]);
      }
    }),
});

export const idbLeases = (getDb: GetDb): LeaseStore => ({
  usable: () =>
    read(getDb, ['leases'], async (tx) =>
      (await tx.store.getAll()).filter((lease) => lease.state === 'free').map((lease) => lease.client),
    ),
  all: () => read(getDb, ['leases'], (tx) => tx.store.getAllKeys()),
  add: (clients, receipts, state = 'free') =>
    write(getDb, ['leases'], async (tx) => {
      clients.forEach((client, i) => {
        const receipt = receipts[i];
        void tx.store.put({ client, state, ...(receipt ? { receipt } : {}) });
      });
    }),
  receipts: () =>
    read(getDb, ['leases'], async (tx) =>
      (await tx.store.getAll()).flatMap(({ client, receipt }) => (receipt ? [{ id: client, receipt }] : [])),
    ),
  retire: (clients) =>
    write(getDb, ['leases'], async (tx) => {
      for (const client of clients)
        void tx.store.put({ ...(await tx.store.get(client)), client, state: 'retired' });
    }),
  take: () =>
    write(getDb, ['leases'], async (tx) => {
      const free = (await tx.store.getAll()).find((lease) => lease.state === 'free');
      if (!free) return null;
      await tx.store.put({ ...free, state: 'taken' });
      return free.client;
    }),
  giveBack: (client) =>
    write(getDb, ['leases'], async (tx) => {
      const lease = await tx.store.get(client);
      if (lease?.state === 'taken') await tx.store.put({ ...lease, state: 'free' });
    }),
});

export const idbDrafts = (getDb: GetDb): DraftStore => ({
  get: (place) => read(getDb, ['drafts'], async (tx) => (await tx.store.get(place)) ?? ''),
  put: (place, text) =>
    write(getDb, ['drafts'], async (tx) => {
      if (text === '') await tx.store.delete(place);
      else await tx.store.put(text, place);
    }),
  files: (place) =>
    read(getDb, ['draftFiles'], async (tx) =>
      (await tx.store.index('room').getAll(place)).map(({ id, name, file }) => ({ id, name, file })),
    ),
  addFile: (place, file) =>
    write(getDb, ['draftFiles'], async (tx) => void (await tx.store.add({ ...file, room: place }))),
  removeFiles: (ids) =>
    write(getDb, ['draftFiles'], async (tx) => {
      for (const id of ids) {
        const key = await tx.store.index('id').getKey(id);
        if (key !== undefined) void tx.store.delete(key);
      }
    }),
});
