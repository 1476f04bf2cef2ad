import { deleteDB, openDB } from 'idb';
import { failure, type Failure } from '../../../../shared/base/errors.ts';
import type { MemberId, WorkspaceId } from '../../../../shared/base/ids.ts';
import { FailureError } from '../../failure-error.ts';
import type { DeviceStorage } from '../contract.ts';
import { asStorageError } from '../problems.ts';
import { idbJournal } from './journal.ts';
import { idbMentions } from './mentions.ts';
import { idbMeta } from './meta.ts';
import { idbOutbox } from './outbox.ts';
import { keepOnlyUnsent } from './only-unsent.ts';
import { idbRooms } from './rooms.ts';
import { forgetAside, putBack, setAside } from './rescue.ts';
import { forgetSearch } from './search-name.ts';
import { databaseVersion, migrate, storeNames, type WeftDb, type WeftSchema } from './schema.ts';
import { idbBlobs, idbDrafts, idbLeases } from './stock.ts';
import { idbTexts } from './texts.ts';

export const databaseName = (workspace: WorkspaceId, member: MemberId): string =>
  `weft:${workspace}:${member}`;

export interface OpenOptions {
  readonly workspace: WorkspaceId;
  readonly member: MemberId;
  /** Another name than the account's, where one process plays several devices. */
  readonly name?: string;
  /** Told when the database can no longer be used by this page, for example because a newer version took over. */
  readonly onProblem?: (problem: Failure) => void;
  /** Told when the browser threw the database away under an open page; there is an empty one now. */
  readonly onEvicted?: () => void;
  /** Keeps others away from `name` while `work` runs; null where contexts cannot exclude each other. */
  readonly exclusively?: Exclusively | null;
}

export type Exclusively = <T>(name: string, work: () => Promise<T>) => Promise<T>;

function webLocked(): Exclusively | null {
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  return locks ? (name, work) => locks.request(name, work) : null;
}

/** Opens at the first use, and again when the browser closed the connection by itself. */
export function openStorage({
  workspace,
  member,
  name = databaseName(workspace, member),
  onProblem,
  onEvicted,
  exclusively = webLocked(),
}: OpenOptions): DeviceStorage {
  let opening: Promise<WeftDb> | null = null;
  let ended: Failure | null = null;
  let deleted = false;
  let hadOne = false;

  const getDb = async (): Promise<WeftDb> => {
    if (ended) throw new FailureError(ended);
    opening ??= openOrRebuild();
    try {
      return await opening;
    } catch (error) {
      opening = null;
      throw asStorageError(error);
    }
  };

  const openDatabase = async (): Promise<WeftDb> => {
    let isNew = false;
    const db = await openDB<WeftSchema>(name, databaseVersion, {
      upgrade(opened, from, _to, tx) {
        isNew = from === 0;
        migrate(opened, from, tx);
      },
      blocked: () =>
        onProblem?.(failure('device-outdated', 'a tab with an older version holds the database')),
      blocking(_current, blockedVersion) {
        // A newer version wants to migrate, or another tab signs out: make room, and stop writing in this tab.
        ended = failure(
          blockedVersion === null ? 'session-ended' : 'device-outdated',
          blockedVersion === null ? 'the database was deleted' : 'a newer version opened the database',
          { deleted: blockedVersion === null ? 1 : 0 },
        );
        deleted = blockedVersion === null;
        close();
        onProblem?.(ended);
      },
      terminated() {
        opening = null;
        // Looked at once: what pages still hold in memory can be stored again.
        if (!ended) getDb().catch(() => undefined);
      },
    });
    if (!storeNames.every((store) => db.objectStoreNames.contains(store))) {
      db.close();
      throw new FailureError(failure('device-damaged', 'the database lacks a part'));
    }
    if (isNew) await putBack(name, db);
    if (isNew && hadOne) queueMicrotask(() => onEvicted?.());
    hadOne = true;
    return db;
  };

  /** A database that opens but is not whole is made anew, with what can be read of what only this device has. */
  const openOrRebuild = async (): Promise<WeftDb> => {
    try {
      return await openDatabase();
    } catch (error) {
      const problem = asStorageError(error);
      if (!exclusively || !isDamage(problem)) throw problem;
      return exclusively(`weft-rebuild:${name}`, async () => {
        // Another tab may have been faster.
        const opened = await openDatabase().catch((again: unknown) => {
          if (!isDamage(asStorageError(again))) throw again;
        });
        if (opened) return opened;
        await setAside(name);
        await deleteDB(name);
        const rebuilt = await openDatabase();
        onProblem?.(failure('device-damaged', 'the database was made anew from the relay'));
        return rebuilt;
      });
    }
  };

  const close = (): void => {
    const closing = opening;
    opening = null;
    closing?.then(
      (db) => db.close(),
      () => undefined,
    );
  };

  return {
    meta: idbMeta(getDb),
    rooms: idbRooms(getDb, member),
    mentions: idbMentions(getDb),
    texts: idbTexts(getDb),
    outbox: idbOutbox(getDb),
    blobs: idbBlobs(getDb),
    leases: idbLeases(getDb),
    drafts: idbDrafts(getDb),
    journal: idbJournal(getDb),
    async keepOnlyUnsent() {
      await forgetSearch(name);
      return keepOnlyUnsent(getDb);
    },
    close() {
      ended ??= failure('session-ended', 'the database was closed');
      close();
    },
    async destroy() {
      ended ??= failure('session-ended', 'the database was closed');
      const closing = opening;
      opening = null;
      await closing?.then((db) => db.close()).catch(() => undefined);
      // Deleted by another tab: what is there now, if anything, belongs to somebody who signed in since.
      if (deleted) return;
      await forgetAside(name);
      await forgetSearch(name);
      // A tab that sleeps may hold it still: the browser deletes it as soon as that tab is gone.
      await new Promise<void>((resolve, reject) => {
        deleteDB(name, { blocked: () => resolve() }).then(resolve, reject);
      });
    },
  };
}

const isDamage = (error: unknown): boolean =>
  error instanceof FailureError && error.failure.code === 'device-damaged';
