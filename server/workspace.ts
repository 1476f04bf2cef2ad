import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, type Clock } from '../shared/base/clock.ts';
import packageFile from '../package.json' with { type: 'json' };
import { createAppTokens, type AppTokens } from './auth/app-tokens.ts';
import { createSqliteAppStore } from './auth/sqlite-app-store.ts';
import { createAuth, type Auth, type AuthStore } from './auth/index.ts';
import { createSqliteAuthStore } from './auth/sqlite-auth-store.ts';
import type { SessionLimits } from './auth/sessions.ts';
import { openJournal, readJournal, type Journal } from './backup/journal.ts';
import { createNote, journalledAuth, journalledStore, revokedByRoom } from './backup/journalled.ts';
import { createOperator, type Operator } from './backup/operator.ts';
import { unfinishedRestore } from './backup/folder-files.ts';
import type { Blobs } from './blobs/contract.ts';
import { createFolderBlobs } from './blobs/folder.ts';
import { createSqliteBlobIndex } from './blobs/sqlite-blob-index.ts';
import { defaultBounds, type Bounds } from './bounds.ts';
import { asFolderError, FolderError } from './folder-error.ts';
import { createThreadWorkshop } from './history/thread.ts';
import type { PushStore } from './push/contract.ts';
import { createSqlitePushStore } from './push/sqlite-push-store.ts';
import type { Relay } from './relay/contract.ts';
import type { RelayLog, RelayMetrics } from './relay/metrics.ts';
import { createRelay } from './relay/relay.ts';
import { openRunningMark } from './storage/running-mark.ts';
import { whenUnsure } from './storage/sqlite/guard.ts';
import { openDatabase } from './storage/sqlite/open.ts';
import { beginEpochAtHead } from './storage/sqlite/epoch.ts';
import type { BroadcastsTable } from './storage/broadcasts-contract.ts';
import type { CustomersTable } from './storage/customers-contract.ts';
import { createSqliteBroadcasts } from './storage/sqlite/broadcasts.ts';
import { createSqliteCustomers } from './storage/sqlite/customers.ts';
import { createSqliteDayCounts } from './storage/sqlite/day-counts.ts';
import { createSqliteStore } from './storage/sqlite/store.ts';
import { createSqliteWordHits } from './storage/sqlite/word-hits.ts';
import type { WordHits } from './storage/word-hits-contract.ts';
import type { WebhookStore } from './webhooks/contract.ts';
import { createSqliteWebhookStore } from './webhooks/sqlite-webhook-store.ts';

/** The data folder in use by this process: the relay, who may come in, and the pictures. */
export interface Workspace {
  readonly relay: Relay;
  readonly customers: CustomersTable;
  readonly broadcasts: BroadcastsTable;
  readonly wordHits: WordHits;
  readonly auth: Auth;
  readonly authStore: AuthStore;
  readonly blobs: Blobs;
  readonly pushStore: PushStore;
  readonly apps: AppTokens;
  readonly webhookStore: WebhookStore;
  readonly operator: Operator;
  /** Forgets answers to commands that nobody can ask for any more, in small steps beside the work for people. */
  forgetAnswers(): void;
  /** Gives the folder free. The relay must have stopped. */
  close(): void;
}

export interface WorkspaceOptions {
  readonly folder: string;
  readonly durability: 'full' | 'process';
  /** The journal of revocations; without it `revocations.log` in the folder. */
  readonly revocations?: string;
  /** Days for which the single steps of texts are kept; 0, and without it: for ever. */
  readonly keepDays?: number;
  readonly clock?: Clock;
  readonly bounds?: Bounds;
  readonly sessionLimits?: SessionLimits;
  readonly metrics?: RelayMetrics;
  readonly log?: RelayLog;
  /** The disk failed to keep what it was given: the process has to end and begin anew with what is there. */
  readonly fatal?: (error: Error) => void;
}

/** Every answer can be asked for again this long; the newest ones of a device for ever. Milliseconds. */
const answerAge = 30 * 24 * 3_600_000;
const answersAtOnce = 2_000;

const databaseIn = (folder: string): string => join(folder, 'weft.db');

function open(folder: string, durability: 'full' | 'process') {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return openDatabase(databaseIn(folder), { durability });
  } catch (error) {
    throw asFolderError(error, folder);
  }
}

/**
 * Opens the folder for this process alone.
 * @throws FolderError
 */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { folder, durability, clock = systemClock, bounds = defaultBounds, metrics, log } = options;
  if (existsSync(unfinishedRestore(folder)))
    throw new FolderError(
      `A restore into ${folder} was not finished; run npm run restore again, with --replace.`,
    );
  const database = open(folder, durability);
  let journal: Journal | null = null;
  let isClosed = false;
  const mark = openRunningMark(folder);
  whenUnsure(database, (error) => {
    mark.spoil();
    options.fatal?.(error);
  });
  try {
    if (mark.wasCut) {
      log?.warn(
        {},
        'the machine went down under the last relay: this one asks devices for what may be missing',
      );
      beginEpochAtHead(database);
    }
    mark.put();
    const plainStore = createSqliteStore(database, { syncsBeside: durability === 'full' && mark.canTell });
    const { epoch } = plainStore;
    const journalFile = options.revocations ?? join(folder, 'revocations.log');
    const known = plainStore.epochs.length > 0 ? (readJournal(journalFile)?.lines ?? []) : [];
    journal = openJournal(journalFile);
    const note = createNote(journal, epoch, clock);
    const store = journalledStore(plainStore, note);
    const customers = createSqliteCustomers(database);
    const dayCounts = createSqliteDayCounts(database, () => clock.now());
    const broadcasts = createSqliteBroadcasts(database);
    const wordHits = createSqliteWordHits(database);
    const relay = createRelay({
      store,
      clock,
      projections: [customers, broadcasts],
      customers,
      wordHits,
      dayCounts,
      revoked: revokedByRoom(known),
      version: packageFile.version,
      workshop: createThreadWorkshop(),
      keepDays: options.keepDays ?? 0,
      bounds,
      ...(metrics ? { metrics } : {}),
      ...(log ? { log } : {}),
    });
    // Nothing works without the list of people: better to say so now than to everybody who comes.
    relay.directory();
    const authStore = journalledAuth(createSqliteAuthStore(database), note, store.head);
    const index = createSqliteBlobIndex(database);
    const blobs = await createFolderBlobs({
      folder: join(folder, 'blobs'),
      index,
      clock,
      bounds,
      ...(metrics ? { boundMetrics: metrics } : {}),
    });
    relay.keepsFiles({
      has: (room, hash) => index.find(room, hash) !== null,
      share(from, room, hash) {
        const { by } = index.find(from, hash)!;
        const shared = blobs.copy(from, { room, hash, by }, 'files');
        if (!shared.ok) throw new Error(shared.error.message);
      },
    });
    const { sessionLimits } = options;
    const auth = createAuth({
      ...{ store: authStore, relay, clock, bounds, dayCounts },
      ...(metrics ? { metrics } : {}),
      ...(sessionLimits ? { sessionLimits } : {}),
    });
    const operator = createOperator({ database, journal, epoch, clock });
    return {
      relay,
      customers,
      broadcasts,
      wordHits,
      auth,
      authStore,
      blobs,
      pushStore: createSqlitePushStore(database),
      apps: createAppTokens({ store: createSqliteAppStore(database), relay, clock }),
      webhookStore: createSqliteWebhookStore(database, relay.workspace),
      operator,
      forgetAnswers() {
        const step = (): void => {
          if (isClosed) return;
          try {
            if (store.forgetAnswers(clock.now() - answerAge, answersAtOnce)) setTimeout(step, 100).unref();
          } catch (error) {
            log?.warn({ err: error }, 'old answers could not be removed; it is tried again tomorrow');
          }
        };
        step();
      },
      close() {
        isClosed = true;
        dayCounts.close();
        store.close();
        journal?.close();
        // The log is gone when all of it is in the database; otherwise some of it may not be on the disk.
        if (!existsSync(`${databaseIn(folder)}-wal`)) mark.remove();
      },
    };
  } catch (error) {
    journal?.close();
    database.close();
    throw asFolderError(error, folder);
  }
}
