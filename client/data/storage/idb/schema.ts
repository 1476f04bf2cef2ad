import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import type { LogEntry } from '../../../../shared/access/kind.ts';
import type { Failure } from '../../../../shared/base/errors.ts';
import type { CommandId, RoomId } from '../../../../shared/base/ids.ts';
import type { HandedRow, Row } from '../../../../shared/protocol/messages.ts';
import type {
  BlobRecord,
  DraftFile,
  DraftPlace,
  Mention,
  Meta,
  OutboxRecord,
  RoomRecord,
} from '../contract.ts';

/** A piece of a text. `unsent` and `refused` hold the room only where that is so, which keeps their indexes small. */
export interface UpdateRow {
  readonly room: RoomId;
  readonly bytes: Uint8Array;
  readonly at: number;
  unsent?: RoomId;
  refused?: RoomId;
  failure?: Failure;
  /** It was moved under another client id, and is not moved again. */
  moved?: true;
  /** What was written in it, kept where the text around it is gone from this device. */
  words?: string;
}

/** All sent pieces of a text merged. `version` tells two tabs that merge at once from each other. */
export interface SnapshotRow {
  readonly room: RoomId;
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** `key` is absent until the database gave it. */
export type OutboxRow = Omit<OutboxRecord, 'key'> & { key?: number };

/** A file beside a draft, in the order they were put there. `key` is absent until the database gave it. */
export interface DraftFileRow extends DraftFile {
  /** The room of its place, and the thread there. */
  readonly room: DraftPlace;
  readonly key?: number;
}

/** What is known of a file; its bytes are in `files`, so that a change of this does not write them again. */
export type BlobRow = Omit<BlobRecord, 'pending' | 'bytes'> & {
  /** Time, and 1 where the relay refused it. */
  unsent?: [at: number, refused: 0 | 1];
};

export const blobRowOf = ({ pending, ...rest }: Omit<BlobRecord, 'bytes'>): BlobRow =>
  pending ? { ...rest, unsent: [rest.at, rest.failure ? 1 : 0] } : rest;

export interface LeaseRow {
  readonly client: number;
  readonly state: 'free' | 'taken' | 'retired';
  readonly receipt?: Uint8Array;
}

/**
 * Rows of one room as the relay gave them together, to hand back if it loses them: of a log the receipts from `seq` on
 * (its entries are in their own store), of a text the rows themselves. The key says what pruning asks for, so that
 * nothing is read to prune: newest cursor, room, first seq, newest time, bytes.
 */
export interface JournalRun {
  readonly room: RoomId;
  readonly receipts?: Uint8Array;
  readonly rows?: readonly Pick<Row, 'by' | 'at' | 'cursor' | 'bytes' | 'receipt'>[];
}

export type JournalKey = [cursor: number, room: RoomId, seq: number, at: number, size: number];

/** A row that the relay lost and has not taken back; `failure`, and the room in `failed`, when it never will. */
export type OwedRowValue = HandedRow & { readonly failure: Failure | null; readonly failed?: RoomId };

export interface WeftSchema extends DBSchema {
  meta: { key: 'sync'; value: Meta };
  rooms: { key: RoomId; value: RoomRecord };
  entries: { key: [RoomId, number]; value: LogEntry };
  updates: {
    key: number;
    value: UpdateRow;
    indexes: { room: RoomId; unsent: RoomId; refused: RoomId };
  };
  snapshots: { key: RoomId; value: SnapshotRow };
  outbox: { key: number; value: OutboxRow; indexes: { id: CommandId; room: RoomId } };
  blobs: { key: [RoomId, string]; value: BlobRow; indexes: { unsent: [number, 0 | 1] } };
  /** Bytes of `blobs`, by the same key. A Blob: browsers keep it on the disk, and parts of it are read alone. */
  files: { key: [RoomId, string]; value: Blob };
  leases: { key: number; value: LeaseRow };
  drafts: { key: DraftPlace; value: string };
  draftFiles: { key: number; value: DraftFileRow; indexes: { id: string; room: DraftPlace } };
  journal: { key: JournalKey; value: JournalRun; indexes: { room: RoomId } };
  owed: { key: number; value: OwedRowValue; indexes: { room: RoomId; failed: RoomId } };
  mentions: { key: [RoomId, number]; value: Mention; indexes: { at: number } };
  /** What became of entries, by room and the entry's id. */
  marks: { key: [RoomId, CommandId]; value: unknown };
  /** See `overview.ts`. */
  overview: { key: string; value: readonly RoomRecord[] | Uint8Array | number };
}

export type WeftDb = IDBPDatabase<WeftSchema>;
export type StoreName = StoreNames<WeftSchema>;
type Upgrade = IDBPTransaction<WeftSchema, StoreName[], 'versionchange'>;

/** Step n brings a database from version n to n + 1. Steps are never changed once released, only added. */
const migrations: readonly ((db: WeftDb, tx: Upgrade) => void)[] = [
  (db) => {
    db.createObjectStore('meta');
    db.createObjectStore('rooms', { keyPath: 'room' });
    db.createObjectStore('entries');
    const updates = db.createObjectStore('updates', { autoIncrement: true });
    updates.createIndex('room', 'room');
    updates.createIndex('unsent', 'unsent');
    updates.createIndex('refused', 'refused');
    db.createObjectStore('snapshots', { keyPath: 'room' });
    const outbox = db.createObjectStore('outbox', { keyPath: 'key', autoIncrement: true });
    outbox.createIndex('id', 'id', { unique: true });
    outbox.createIndex('room', 'room');
    const blobs = db.createObjectStore('blobs', { keyPath: ['room', 'hash'] });
    blobs.createIndex('unsent', 'unsent');
    db.createObjectStore('leases', { keyPath: 'client' });
    db.createObjectStore('drafts');
  },
  (db) => {
    db.createObjectStore('journal').createIndex('room', 'room');
    const owed = db.createObjectStore('owed', { autoIncrement: true });
    owed.createIndex('room', 'room');
    owed.createIndex('failed', 'failed');
  },
  (db) => void db.createObjectStore('marks'),
  (db) => void db.createObjectStore('mentions', { keyPath: ['room', 'seq'] }).createIndex('at', 'at'),
  (db, tx) => {
    db.createObjectStore('files');
    void splitFiles(tx);
  },
  // Urgent messages, cards of links, imported and erased messages: entries that were skipped before.
  () => undefined,
  (db) => {
    const files = db.createObjectStore('draftFiles', { keyPath: 'key', autoIncrement: true });
    files.createIndex('id', 'id', { unique: true });
    files.createIndex('room', 'room');
  },
  (db) => void db.createObjectStore('overview'),
  // Photos of people, which were skipped before.
  (_db, tx) => refetch(tx, 'directory'),
];

/** An older version may hold entries that it skipped: what a newer one makes of them has to come from the relay. */
function refetch(tx: Upgrade, kind: string): void {
  const rooms = tx.objectStore('rooms');
  void rooms.getAll().then((records) => {
    for (const record of records)
      if (record.room.split('/')[1] === kind) void rooms.put({ ...record, cursor: 0, stale: true });
  });
}

/** Pictures had their bytes in the row. */
async function splitFiles(tx: Upgrade): Promise<void> {
  const blobs = tx.objectStore('blobs');
  for (let cursor = await blobs.openCursor(); cursor; cursor = await cursor.continue()) {
    const { bytes, ...row } = cursor.value as BlobRow & { bytes?: ArrayBuffer };
    if (!bytes) continue;
    const file = new Blob([bytes], { type: row.type });
    void tx.objectStore('files').put(file, cursor.primaryKey);
    void cursor.update({ ...row, name: '', size: file.size });
  }
}

/** Every store of the newest version: a database without one of them is damaged. */
export const storeNames: readonly StoreName[] = [
  'meta',
  'rooms',
  'entries',
  'updates',
  'snapshots',
  'outbox',
  'blobs',
  'files',
  'leases',
  'drafts',
  'draftFiles',
  'journal',
  'owed',
  'marks',
  'mentions',
  'overview',
];

export const databaseVersion = migrations.length;

/** Up to this version, entries of conversations were stored without all that is made of them now. */
const lastIncomplete = 5;

export function migrate(db: WeftDb, from: number, tx: Upgrade): void {
  for (const step of migrations.slice(from)) step(db, tx);
  if (from > 0 && from <= lastIncomplete) refetch(tx, 'chat');
}
