import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as Y from 'yjs';
import type { DeviceId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import { createHistory, type KeptHistory } from '../../../server/history/history.ts';
import type { Attribution, AttributionQuery } from '../../../server/history/contract.ts';
import { createReplica } from '../../../server/history/replica.ts';
import { createInlineWorkshop, type WorkshopHost } from '../../../server/history/workshop.ts';
import { noMetrics, type RelayMetrics } from '../../../server/relay/metrics.ts';
import { emptyBatch, type RelayStore, type StoredRow } from '../../../server/storage/contract.ts';
import { createMemoryStore } from '../../../server/storage/memory/store.ts';
import { openDatabase, type SqliteDatabase } from '../../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../../server/storage/sqlite/store.ts';

export const day = 24 * 3_600_000;
export const pad = 'w1/scratch/pad' as RoomId;

export interface HistoryRigOptions {
  readonly disk?: boolean;
  readonly keepDays?: number;
  readonly workshop?: () => WorkshopHost;
  readonly store?: RelayStore;
  readonly compacted?: RelayMetrics['compacted'];
}

/** A store with one relay's history over it; time and turns stand still until somebody moves them. */
export class HistoryRig {
  readonly store: RelayStore;
  readonly database: SqliteDatabase | null;
  readonly warnings: string[] = [];
  now = Date.UTC(2026, 0, 5, 9);
  history: KeptHistory;
  readonly #keepDays: number;
  readonly #workshop: () => WorkshopHost;
  readonly #metrics: RelayMetrics;
  readonly #dispose: () => void;
  #waiting: (() => void)[] = [];
  #life = 0;

  constructor(options: HistoryRigOptions = {}) {
    this.#keepDays = options.keepDays ?? 0;
    this.#workshop = options.workshop ?? createInlineWorkshop;
    this.#metrics = { ...noMetrics, compacted: options.compacted ?? noMetrics.compacted };
    const folder = options.disk ? mkdtempSync(join(tmpdir(), 'weft-history-')) : null;
    this.database = folder ? openDatabase(join(folder, 'weft.db'), { durability: 'process' }) : null;
    this.store = options.store ?? (this.database ? createSqliteStore(this.database) : createMemoryStore());
    this.#dispose = () => {
      this.store.close();
      if (folder) rmSync(folder, { recursive: true, force: true });
    };
    this.history = this.#start();
  }

  #start(): KeptHistory {
    const life = ++this.#life;
    return createHistory({
      store: this.store,
      workshop: this.#workshop(),
      metrics: this.#metrics,
      log: { warn: (_fields, message) => void this.warnings.push(message), error: () => {} },
      keepDays: this.#keepDays,
      now: () => this.now,
      defer: (run) => this.#wait(life, run),
      later: (_milliseconds, run) => this.#wait(life, run),
      measured: () => {},
      isStopping: () => life !== this.#life,
    });
  }

  #wait(life: number, run: () => void): void {
    this.#waiting.push(() => {
      if (life === this.#life) run();
    });
  }

  /** The process dies where it is, and another starts on what is stored. */
  crash(): void {
    this.#waiting = [];
    this.history = this.#start();
  }

  /** Lets the history go on by some steps; false when it waits for nothing. */
  async step(steps = 1): Promise<boolean> {
    for (let i = 0; i < steps; i++) {
      // Everything between two pauses has run when a turn of the real loop is over.
      await new Promise(setImmediate);
      const next = this.#waiting.shift();
      if (!next) return false;
      next();
    }
    return true;
  }

  /** Runs the history until this is done. */
  async finish<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = (): void => void (isDone = true);
    work.then(done, done);
    while (!isDone) await this.step();
    return work;
  }

  write(update: Uint8Array, by = 'ada', room = pad): StoredRow {
    const row = { room, by: by as MemberId, device: `${by}-device` as DeviceId, at: this.now, bytes: update };
    const rows = this.store.commit({ ...emptyBatch, rows: [row] });
    this.history.stored(rows);
    return rows[0]!;
  }

  /** The text as the relay would load it: its checkpoint, and the rows after it. */
  loaded(room = pad): Uint8Array {
    const replica = createReplica();
    const snapshot = this.store.snapshot(room);
    if (snapshot) replica.apply([snapshot.bytes]);
    replica.apply(this.store.rowsAfter(room, snapshot?.cursor ?? 0).map((row) => row.bytes));
    return replica.state();
  }

  async attribution(query: Partial<AttributionQuery> = {}, room = pad): Promise<Attribution> {
    const whole = { path: null, from: 0, to: Number.MAX_SAFE_INTEGER, ...query };
    const found = await this.finish(this.history.attribution(room, whole));
    if (!found.ok) throw new Error(found.error.code);
    return JSON.parse(new TextDecoder().decode(found.value)) as Attribution;
  }

  close(): void {
    this.#life++;
    this.#dispose();
  }
}

/** What all these rows come to, taken in one by one as they came. */
export function replay(rows: readonly { readonly bytes: Uint8Array }[]): Uint8Array {
  const replica = createReplica();
  for (const { bytes } of rows) replica.apply([bytes]);
  return replica.state();
}

/** Somebody who writes in a text under one client id, and what they did since they were last asked. */
export class Writer {
  readonly doc = new Y.Doc();
  readonly name: string;
  #made: Uint8Array[] = [];

  constructor(name: string, client: number) {
    this.name = name;
    this.doc.clientID = client;
    this.doc.on('update', (update: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
      if (transaction.local) this.#made.push(update);
    });
  }

  get text(): Y.Text {
    return this.doc.getText('t');
  }

  take(): Uint8Array | null {
    const made = this.#made;
    this.#made = [];
    return made.length > 1 ? Y.mergeUpdates(made) : (made[0] ?? null);
  }
}

/** The relay's own copy: what a row holds is what an update changes in it. */
export class Gate {
  readonly #replica = createReplica();

  take(update: Uint8Array): Uint8Array {
    return this.#replica.merge([update]);
  }
}
