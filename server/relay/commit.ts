import { failure, type Failure } from '../../shared/base/errors.ts';
import type { Readers } from '../../shared/access/kind.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import type {
  Claim,
  Erasure,
  Lease,
  NewRow,
  RelayStore,
  SettledCommand,
  StoredRow,
  WriteBatch,
} from '../storage/contract.ts';
import type { RelayLog, RelayMetrics } from './metrics.ts';
import type { Said } from '../storage/customers-contract.ts';
import type { WordHit } from '../storage/word-hits-contract.ts';
import { createUnsynced } from './unsynced.ts';

/**
 * Bytes that may wait for a sync. Beyond them a commit waits for the disk, and so does everybody: a disk that stalls must
 * not make the relay's memory grow.
 */
const mostUnsynced = 32 * 1024 * 1024;
/** What something that waits costs beside the bytes of its row. */
const workBytes = 1_000;

const sizeOf = (works: readonly Work[]): number =>
  works.reduce((sum, { row }) => sum + workBytes + (row?.bytes.length ?? 0), 0);

/** One thing to store: what goes into the batch, and what to do when it is durable or is not. */
export interface Work {
  readonly row?: NewRow;
  readonly command?: SettledCommand;
  readonly leases?: readonly Lease[];
  readonly claims?: readonly Claim[];
  readonly readers?: WriteBatch['readers'];
  readonly job?: WriteBatch['jobs'][number];
  readonly erasure?: Erasure;
  /** The entry of a log, for tables that follow from it. */
  readonly said?: Said;
  /** Word rules that a command met, also one that was refused. */
  readonly hits?: readonly WordHit[];
  /** Who could read what before, where this work may change it. */
  readonly readersBefore?: ReadonlyMap<RoomId, Readers>;
  /** Who sent it, for those who do not want their own back. */
  readonly origin?: object;
  /** A change of a text, or that there was nothing new in one: shown when it is written, answered when it is durable. */
  readonly isOfText?: true;
  /** It is durable, and was shown. `row` is the stored one, null when the work had none. */
  done(row: StoredRow | null, cursor: number): void;
  /**
   * Nothing of it is stored; the states it was judged on are rolled back already. Or, of a text: it was shown, and whether it
   * stays nobody can say.
   */
  failed(failure: Failure): void;
}

function batchOf(works: readonly Work[]): Omit<WriteBatch, 'also'> {
  const rows: NewRow[] = [];
  const commands: SettledCommand[] = [];
  const leases: Lease[] = [];
  const claims: Claim[] = [];
  const readers: WriteBatch['readers'][number][] = [];
  const jobs: WriteBatch['jobs'][number][] = [];
  const erasures: Erasure[] = [];
  for (const work of works) {
    if (work.row) rows.push(work.row);
    if (work.command) commands.push(work.command);
    if (work.leases) leases.push(...work.leases);
    if (work.claims) claims.push(...work.claims);
    if (work.readers) readers.push(...work.readers);
    if (work.job) jobs.push(work.job);
    if (work.erasure) erasures.push(work.erasure);
  }
  return { rows, commands, leases, claims, readers, jobs, erasures };
}

/** A stored row with the work it came from, for those who show it to others. */
export interface Committed {
  readonly row: StoredRow;
  readonly work: Work;
}

export interface CommitterDeps {
  readonly store: RelayStore;
  readonly metrics: RelayMetrics;
  readonly log: RelayLog;
  /** Writes what follows from the work in other tables, inside its transaction. */
  projected(work: Pick<Work, 'said' | 'hits'>): void;
  /** Runs something at the end of this turn of the event loop. */
  defer(run: () => void): void;
  /** Runs something once, later. */
  later(milliseconds: number, run: () => void): void;
  /** Milliseconds. */
  now(): number;
  /** Queues what was gathered in this turn and not judged yet. */
  gathered(): void;
  /** Everything of one group is durable, or is written and of texts: show it. */
  published(rows: readonly Committed[]): void;
  /** A group was not stored: forget every state that counts on it. */
  rolledBack(works: readonly Work[]): void;
  /** All there is to be said for now has been said. */
  settled(): void;
}

export interface Committer {
  /** The cursor that the newest queued row will have. */
  readonly cursor: number;
  enqueue(work: Work): void;
  /** Something was gathered: there is a group to be stored at the end of this turn. */
  plan(): void;
  /** Stores what is queued, now. */
  flush(): void;
  /** Runs long work when nobody waits for the disk, or soon. */
  standBack(run: () => void): void;
  /** The same as `flush`, and nobody waits for the disk any more. */
  finish(): void;
  /**
   * Stores these works by themselves, now; throws what `also` or the store throws, after rolling back. `flush` before
   * they are judged: nothing else may be queued.
   */
  commitAlone(works: readonly Work[], also: () => void): void;
}

/**
 * Group commit: what arrives within one turn of the event loop is stored in one transaction, then answered. Where the
 * store can sync beside the loop, a group of changes of texts is shown as soon as it is written: it survives the process
 * then, and is answered when it survives a power cut too.
 */
export function createCommitter(deps: CommitterDeps): Committer {
  const { store, metrics, log, projected, defer, gathered, published, rolledBack, settled } = deps;
  const { sync } = store;
  let queue: Work[] = [];
  let queuedRows = 0;
  let scheduled = false;
  /** What is queued now is stored right after. */
  let isGathering = false;
  let unsyncedBytes = 0;

  const unsynced = createUnsynced({
    sync: (done) => sync?.(done),
    now: deps.now,
    later: deps.later,
    answered: settled,
  });

  /** Rights, ids and entries are shown to nobody before they are durable, and nothing is where too much waits. */
  const maySyncLater = (works: readonly Work[]): boolean =>
    sync !== undefined &&
    unsyncedBytes < mostUnsynced &&
    works.every(({ isOfText, claims, readers }) => isOfText && !claims?.length && !readers?.length);

  const persist = (works: readonly Work[], also: readonly (() => void)[], syncLater = false): StoredRow[] => {
    const started = performance.now();
    const project = (): void => {
      for (const work of works) if (work.said ?? work.hits) projected(work);
    };
    const rows = store.commit({ ...batchOf(works), also: [project, ...also], syncLater });
    metrics.committed(rows.length, (performance.now() - started) / 1000);
    return rows;
  };

  const answer = (works: readonly Work[], rows: readonly StoredRow[], cursor: number): void => {
    let next = 0;
    for (const work of works) work.done(work.row ? rows[next++]! : null, cursor);
  };

  const refuse = (works: readonly Work[]): void => {
    for (const work of works) work.failed(failure('storage-failed', 'the relay could not store it'));
  };

  const announce = (works: readonly Work[], rows: readonly StoredRow[], isDurable: boolean): void => {
    let next = 0;
    const committed: Committed[] = [];
    for (const work of works) if (work.row) committed.push({ row: rows[next++]!, work });
    published(committed);
    const cursor = store.head();
    if (isDurable) {
      unsynced.synced();
      answer(works, rows, cursor);
    }
    settled();
    if (!isDurable) {
      const size = sizeOf(works);
      unsyncedBytes += size;
      unsynced.wait((why) => {
        unsyncedBytes -= size;
        if (why) refuse(works);
        else answer(works, rows, cursor);
      });
    }
    tidy();
  };

  const tidy = (): void => {
    try {
      store.tidy();
    } catch (error) {
      log.warn({ err: error }, 'the write-ahead log could not be written back; it is tried again');
    }
  };

  const take = (): Work[] => {
    const works = queue;
    queue = [];
    queuedRows = 0;
    return works;
  };

  const gather = (): void => {
    isGathering = true;
    try {
      gathered();
    } finally {
      isGathering = false;
    }
  };

  const flush = (): void => {
    gather();
    if (queue.length === 0) return;
    const works = take();
    const syncLater = maySyncLater(works);
    let rows: StoredRow[];
    try {
      rows = persist(works, [], syncLater);
    } catch (error) {
      log.error({ err: error, works: works.length }, 'the group commit failed');
      rolledBack(works);
      refuse(works);
      settled();
      return;
    }
    announce(works, rows, !syncLater);
  };

  const plan = (): void => {
    if (scheduled) return;
    scheduled = true;
    defer(() => {
      scheduled = false;
      flush();
    });
  };

  return {
    get cursor() {
      return store.head() + queuedRows;
    },
    enqueue(work) {
      queue.push(work);
      if (work.row) queuedRows++;
      if (!isGathering) plan();
    },
    plan,
    flush,
    standBack: unsynced.standBack,
    finish() {
      flush();
      if (!unsynced.isWaitedFor) return;
      // Work that is nobody's: it fails or is durable, and what was written before is no worse off either way.
      queue.push({ done: () => undefined, failed: () => undefined });
      flush();
    },
    commitAlone(works, also) {
      let rows: StoredRow[];
      try {
        rows = persist(works, [also]);
      } catch (error) {
        rolledBack(works);
        throw error;
      }
      announce(works, rows, true);
    },
  };
}
