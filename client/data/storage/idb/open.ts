import { deleteDB, openDB } from 'idb';
import { failure, type Failure } from '../../../../shared/base/errors.ts';
import type { MemberId, WorkspaceId } from '../../../../shared/base/ids.ts';
import { FailureError } from '../../failure-error.ts';
import type { DeviceStorage } from '../contract.ts';
import { asStorageError } from '../problems.ts';
import { idbMeta } from './meta.ts';
import { idbOutbox } from './outbox.ts';
import { idbRooms } from './rooms.ts';
import { databaseVersion, migrate, type WeftDb, type WeftSchema } from './schema.ts';
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
}

/** Opens at the first use, and again when the browser closed the connection by itself. */
export function openStorage({
  workspace,
  member,
  name = databaseName(workspace, member),
  onProblem,
}: OpenOptions): DeviceStorage {
  let opening: Promise<WeftDb> | null = null;
  let ended: Failure | null = null;

  const getDb = async (): Promise<WeftDb> => {
    if (ended) throw new FailureError(ended);
    opening ??= openDatabase();
    try {
      return await opening;
    } catch (error) {
      opening = null;
      throw asStorageError(error);
    }
  };

  const openDatabase = (): Promise<WeftDb> =>
    openDB<WeftSchema>(name, databaseVersion, {
      upgrade: (db, from, _to, tx) => migrate(db, from, tx),
      blocking(_current, blockedVersion) {
        // A newer version wants to migrate, or another tab signs out: make room, and stop writing in this tab.
        ended = failure(
          blockedVersion === null ? 'session-ended' : 'device-outdated',
          blockedVersion === null ? 'the database was deleted' : 'a newer version opened the database',
        );
        close();
        onProblem?.(ended);
      },
      terminated() {
        opening = null;
      },
    });

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
    texts: idbTexts(getDb),
    outbox: idbOutbox(getDb),
    blobs: idbBlobs(getDb),
    leases: idbLeases(getDb),
    drafts: idbDrafts(getDb),
    close() {
      ended ??= failure('session-ended', 'the database was closed');
      close();
    },
    async destroy() {
      ended ??= failure('session-ended', 'the database was closed');
      const closing = opening;
      opening = null;
      await closing?.then((db) => db.close()).catch(() => undefined);
      await deleteDB(name);
    },
  };
}
