import { createReceipts } from '../../../server/relay/receipts.ts';
import { createRelay } from '../../../server/relay/relay.ts';
import { newerThan, type JournalLine, type Position } from '../../../server/backup/journal.ts';
import { entryOf, journalledStore, revokedByRoom } from '../../../server/backup/journalled.ts';
import type { RelayStore, StoredRow, WriteBatch } from '../../../server/storage/contract.ts';
import { createMemoryStore } from '../../../server/storage/memory/store.ts';
import type { WorkspaceId } from '../../../shared/base/ids.ts';
import type { HandedRow, Welcome } from '../../../shared/protocol/messages.ts';

/** One commit, with the rows that came of it. */
export type Commit = readonly [batch: WriteBatch, rows: readonly StoredRow[]];

/** A copy of the store at one moment. */
export interface Copy extends Position {
  readonly epochs: Welcome['epochs'];
  readonly commits: readonly WriteBatch[];
}

/** The relay's store, its journal of revocations, and what was copied of the store before. */
export class RelayData {
  store: RelayStore;
  /** Copies that may be restored: the newest that was told to devices as backed up, and later ones. */
  copies: Copy[] = [];
  #commits: WriteBatch[] = [];
  /** Of these, those that a power cut leaves. */
  #synced = 0;
  readonly #lines: JournalLine[] = [];
  readonly #now: () => number;
  #backedUp = 0;
  #epochs = 0;
  #highestLease = 0;
  readonly #syncing: ((ended: () => void) => void) | null;

  /** `syncing`: calls back when a sync beside the relay has ended; without it every commit is synced. */
  constructor(workspace: WorkspaceId, now: () => number, syncing: ((ended: () => void) => void) | null) {
    this.#now = now;
    this.#syncing = syncing;
    this.store = this.#watched(createMemoryStore({ workspace, epoch: 'first' }));
  }

  /** Every commit is kept, so that the store can be made again as it was. */
  #watched(memory: RelayStore): RelayStore {
    const floor = this.#highestLease;
    const kept: RelayStore = {
      ...memory,
      backedUp: () => this.#backedUp,
      highestLease: () => Math.max(floor, memory.highestLease()),
      commit: (batch) => {
        const stored = memory.commit(batch);
        this.#commits.push({
          ...batch,
          rows: batch.rows.map((row, i) => ({ ...row, bytes: stored[i]!.bytes })),
          also: [],
        });
        if (!batch.syncLater) this.#synced = this.#commits.length;
        for (const { client } of batch.leases) this.#highestLease = Math.max(this.#highestLease, client);
        return stored;
      },
      ...(this.#syncing ? { sync: (done) => this.#sync(done) } : {}),
    };
    return journalledStore(kept, (lines, cursor) => {
      const { epoch } = memory;
      for (const line of lines) this.#lines.push({ ...line, at: this.#now(), epoch, cursor });
    });
  }

  #sync(done: (why: null) => void): void {
    const written = this.#commits.length;
    this.#syncing?.(() => {
      this.#synced = Math.max(this.#synced, written);
      done(null);
    });
  }

  /** A backup of what is stored now. `told`: verified, so that devices need not keep what is in it. */
  backUp(told: boolean): void {
    const { epoch, epochs } = this.store;
    const cursor = this.store.head();
    if (told) {
      this.#backedUp = cursor;
      this.copies = [];
      this.#synced = this.#commits.length;
    }
    this.copies.push({ epoch, epochs, cursor, commits: [...this.#commits] });
  }

  /** What a relay that starts now knows of what was taken away, as far as its store does not say so. */
  revoked(): ReturnType<typeof revokedByRoom> {
    return revokedByRoom(this.store.epochs.length > 0 ? this.#lines : []);
  }

  /** The store as the copy says, as a new epoch; what came of each of its commits. */
  restore(copy: Copy): Commit[] {
    this.#backedUp = copy.cursor;
    // What a device drops because it is in this backup must be in what is restored next.
    this.copies = this.copies.filter(({ cursor }) => cursor >= copy.cursor);
    return this.#goOn(copy, `restored-${++this.#epochs}`);
  }

  /** The machine goes down: what no sync brought to the disk is there as far as `below` says, and a new epoch begins. */
  cutPower(below: (n: number) => number): Commit[] {
    const { epoch, epochs } = this.store;
    const commits = this.#commits.slice(0, this.#synced + below(this.#commits.length - this.#synced + 1));
    const cursor = commits.reduce((sum, { rows }) => sum + rows.length, 0);
    return this.#goOn({ epoch, epochs, cursor, commits }, `cut-${++this.#epochs}`);
  }

  #goOn(copy: Copy, epoch: string): Commit[] {
    const { workspace, receiptKey } = this.store;
    const before = { epoch: copy.epoch, until: copy.cursor };
    const memory = createMemoryStore({ workspace, receiptKey, epoch, epochs: [...copy.epochs, before] });
    const commits = copy.commits.map((batch): Commit => [batch, memory.commit(batch)]);
    this.#commits = [...copy.commits];
    this.#synced = this.#commits.length;
    this.store = this.#watched(memory);
    return commits;
  }

  /** What the journal knows and the copy does not, as `npm run restore` puts it into `store`. */
  async applyJournal(copy: Copy, store: RelayStore): Promise<void> {
    const earlier = copy.epochs.map(({ epoch }) => epoch);
    const lines = newerThan(this.#lines, { ...copy, earlier });
    const receipts = createReceipts(store.receiptKey);
    const rows = lines.flatMap((line): HandedRow[] => {
      if (line.kind !== 'entry') return [];
      const [entry] = entryOf(line);
      const { room, by, made: at } = line;
      const bytes = Buffer.from(line.bytes, 'base64');
      return entry ? [receipts.seal({ room, by, at, bytes, seq: entry.seq, cursor: 0 })] : [];
    });
    const clock = { now: this.#now };
    const relay = createRelay({
      store,
      version: 'simulated',
      clock,
      revoked: revokedByRoom(lines),
      defer: queueMicrotask,
      later: () => undefined,
    });
    await relay.takeBack(rows);
    await relay.stop();
  }
}
