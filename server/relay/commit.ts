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

/** One thing to store: what goes into the batch, and what to do when it is durable or is not. */
export interface Work {
  readonly row?: NewRow;
  readonly command?: SettledCommand;
  readonly leases?: readonly Lease[];
  readonly claims?: readonly Claim[];
  readonly readers?: WriteBatch['readers'];
  readonly erasure?: Erasure;
  /** Who could read what before, where this work may change it. */
  readonly readersBefore?: ReadonlyMap<RoomId, Readers>;
  /** Who sent it, for those who do not want their own back. */
  readonly origin?: object;
  /** After the commit and the fan-out. `row` is the stored one, null when the work had none. */
  done(row: StoredRow | null, cursor: number): void;
  /** Nothing of it is stored; the states it was judged on are rolled back already. */
  failed(failure: Failure): void;
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
  /** Runs something at the end of this turn of the event loop. */
  defer(run: () => void): void;
  /** Queues what was gathered in this turn and not judged yet. */
  gathered(): void;
  /** Everything of one group is durable: show it. */
  published(rows: readonly Committed[]): void;
  /** A group was not stored: forget every state that counts on it. */
  rolledBack(works: readonly Work[]): void;
  /** All of a group has been answered. */
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
  /**
   * Stores one work by itself, now; throws what `also` or the store throws, after rolling back. `flush` before the work
   * is judged: nothing else may be queued.
   */
  commitAlone(work: Work, also: () => void): void;
}

/** Group commit: what arrives within one turn of the event loop is stored in one transaction, then answered. */
export function createCommitter(deps: CommitterDeps): Committer {
  const { store, metrics, log, defer, gathered, published, rolledBack, settled } = deps;
  let queue: Work[] = [];
  let queuedRows = 0;
  let scheduled = false;
  /** What is queued now is stored right after. */
  let isGathering = false;

  const persist = (works: readonly Work[], also: readonly (() => void)[]): StoredRow[] => {
    const started = performance.now();
    const rows = store.commit({
      rows: works.flatMap((work) => work.row ?? []),
      commands: works.flatMap((work) => work.command ?? []),
      leases: works.flatMap((work) => work.leases ?? []),
      claims: works.flatMap((work) => work.claims ?? []),
      readers: works.flatMap((work) => work.readers ?? []),
      erasures: works.flatMap((work) => work.erasure ?? []),
      also,
    });
    metrics.committed(rows.length, (performance.now() - started) / 1000);
    return rows;
  };

  const announce = (works: readonly Work[], rows: readonly StoredRow[]): void => {
    let next = 0;
    const committed: Committed[] = [];
    for (const work of works) if (work.row) committed.push({ row: rows[next++]!, work });
    published(committed);
    const cursor = store.head();
    next = 0;
    for (const work of works) work.done(work.row ? rows[next++]! : null, cursor);
    settled();
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
    let rows: StoredRow[];
    try {
      rows = persist(works, []);
    } catch (error) {
      log.error({ err: error, works: works.length }, 'the group commit failed');
      rolledBack(works);
      for (const work of works) work.failed(failure('storage-failed', 'the relay could not store it'));
      settled();
      return;
    }
    announce(works, rows);
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
    commitAlone(work, also) {
      let rows: StoredRow[];
      try {
        rows = persist([work], [also]);
      } catch (error) {
        rolledBack([work]);
        throw error;
      }
      announce([work], rows);
    },
  };
}
