import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as Y from 'yjs';
import type { DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import { createHistory, type KeptHistory } from '../../server/history/history.ts';
import { createThreadWorkshop } from '../../server/history/thread.ts';
import { noLog, noMetrics } from '../../server/relay/metrics.ts';
import { emptyBatch, type RelayStore } from '../../server/storage/contract.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
import { median, milliseconds, type Figure } from './measure.ts';

const day = 24 * 3_600_000;
const begun = Date.UTC(2026, 0, 5, 9);

interface Subject {
  readonly store: RelayStore;
  readonly history: KeptHistory;
  /** Bytes of the database, with everything in it and nothing beside it. */
  size(): number;
  later(milliseconds: number): void;
  write(room: RoomId, at: number, updates: readonly Uint8Array[], by?: string): void;
}

/** A relay's store and its history, with the thread, on a disk, without the gate and people before it. */
async function withHistory<T>(
  work: (subject: Subject) => Promise<T>,
  durability: 'full' | 'process' = 'full',
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  const file = join(folder, 'weft.db');
  const database = openDatabase(file, { durability });
  const store = createSqliteStore(database);
  let now = begun;
  let isStopping = false;
  const history = createHistory({
    store,
    workshop: createThreadWorkshop(),
    metrics: noMetrics,
    log: noLog,
    keepDays: 30,
    now: () => now,
    defer: (run) => void setImmediate(run),
    later: (milliseconds, run) => void setTimeout(run, milliseconds),
    measured: () => {},
    isStopping: () => isStopping,
  });
  try {
    return await work({
      store,
      history,
      size() {
        database.pragma('wal_checkpoint(TRUNCATE)');
        return statSync(file).size;
      },
      later: (milliseconds) => void (now += milliseconds),
      write(room, at, updates, by = 'ada') {
        const row = { room, by: by as MemberId, device: by as string as DeviceId, at };
        store.commit({ ...emptyBatch, rows: updates.map((bytes) => ({ ...row, bytes })) });
      },
    });
  } finally {
    isStopping = true;
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Milliseconds that the relay's own thread has had of a processor: others' load does not move it. Where the system does
 * not tell it of a thread, it is that of the whole process.
 */
function processorTime(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ', 1)[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  }
}

async function processorMilliseconds(work: () => Promise<void>): Promise<number> {
  const before = processorTime();
  await work();
  return processorTime() - before;
}

/** How long work takes, and the longest that it kept the loop busy without a turn for others. */
async function watched(work: () => Promise<unknown>): Promise<{ took: number; longest: number }> {
  let longest = 0;
  let isDone = false;
  let last = processorTime();
  const look = (): void => {
    const now = processorTime();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isDone) setImmediate(look);
  };
  look();
  const took = await milliseconds(async () => void (await work()));
  isDone = true;
  return { took, longest };
}

/** Updates of a text that grows to so many bytes: paragraphs here and there, some hundred of them in an update. */
function growing(bytes: number): Uint8Array[] {
  const doc = new Y.Doc();
  doc.clientID = 2 ** 33;
  const text = doc.getText('t');
  const made: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => void made.push(update));
  const paragraph =
    'What is written here is long enough to be a sentence of a real document, and then some.\n';
  for (let size = 0, i = 0; size < bytes; i++) {
    const place = (i * 7919) % (text.length + 1);
    // Each before the one before it, so that none is joined with another.
    doc.transact(() => {
      for (let k = 0; k < 300; k++) text.insert(place, paragraph);
    });
    size += made.at(-1)!.length;
  }
  return made;
}

const room = 'w1/scratch/bench' as RoomId;

async function largeText(): Promise<Figure[]> {
  const updates = growing(31_000_000);
  return withHistory(async ({ store, history, write }) => {
    for (const [i, update] of updates.entries()) write(room, begun + i, [update]);
    const first = await watched(() => history.compact(room));
    write(room, begun + day, [growing(1_000)[0]!]);
    const again = await watched(() => history.compact(room));
    const size = store.history.checkpoint(room)?.size ?? 0;
    const about = `a text of ${(size / 1e6).toFixed(0)} MB`;
    return [
      {
        name: 'compaction',
        value: first.took,
        unit: 'ms',
        how: `${about}, ${updates.length} rows, by the thread`,
      },
      {
        name: 'compaction again',
        value: again.took,
        unit: 'ms',
        how: `${about}, from its checkpoint and one row`,
      },
      {
        name: 'longest block while compacting',
        value: Math.max(first.longest, again.longest),
        unit: 'ms',
        how: `${about}, of the processor, without a turn for others`,
      },
    ];
  });
}

/** Commits of a busy relay with the index of authors behind them, and without. */
async function indexing(): Promise<Figure[]> {
  // Too few bytes for a checkpoint: that is measured by itself.
  const commits = 80;
  const rows = 25;
  const doc = new Y.Doc();
  doc.clientID = 2 ** 33;
  const made: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => void made.push(update));
  for (let i = 0; i < commits * rows; i++) doc.getText('t').insert(i, 'x');
  const without: number[] = [];
  const withIndex: number[] = [];
  const alone: number[] = [];
  for (let round = 0; round < 7; round++)
    for (const isIndexed of [false, true])
      await withHistory(async ({ history, store, write }) => {
        const took = await processorMilliseconds(async () => {
          for (let i = 0; i < commits; i++) {
            write(room, begun + i * 20, made.slice(i * rows, (i + 1) * rows));
            if (isIndexed) history.stored(store.rowsFrom(room, i * rows, rows));
            else store.rowsFrom(room, i * rows, rows);
            await new Promise(setImmediate);
          }
        });
        (isIndexed ? withIndex : without).push((took / commits) * 1_000);
        if (isIndexed) return;
        alone.push(((await processorMilliseconds(() => history.tend())) / (commits * rows)) * 1_000);
      });
  const how = `${commits} commits of ${rows} rows`;
  return [
    { name: 'commit without the index', value: median(without), unit: 'µs', how: `${how}, of the processor` },
    {
      name: 'commit with the index behind it',
      value: median(withIndex),
      unit: 'µs',
      how: `${how}, in the same run`,
    },
    {
      name: 'index',
      value: median(alone),
      unit: 'µs per row',
      how: `${how}, all at once afterwards`,
    },
  ];
}

interface Trace {
  readonly endContent: string;
  readonly txns: readonly {
    readonly agent: 0 | 1;
    readonly parents: readonly number[];
    readonly patches: readonly (readonly [
      position: number,
      deleted: number,
      inserted: string,
      time: string,
    ])[];
  }[];
}

/** Every keystroke of two people who wrote one text, as the updates that their pages would send: 1,000 a day, two a second. */
function keystrokes(): { readonly by: string; readonly at: number; readonly bytes: Uint8Array }[] {
  const data = new URL('../data/friendsforever.json.gz', import.meta.url);
  const { txns, endContent } = JSON.parse(gunzipSync(readFileSync(data)).toString()) as Trace;
  const docs = [new Y.Doc(), new Y.Doc()] as const;
  docs.forEach((doc, agent) => (doc.clientID = 2 ** 33 + agent));
  const made: Uint8Array[] = [];
  const known: [number, number][] = [];
  const applied: [number, number] = [-1, -1];
  const rows = txns.map(({ agent, parents, patches }, i) => {
    const version: [number, number] = [-1, -1];
    for (const parent of parents)
      for (const who of [0, 1] as const) version[who] = Math.max(version[who], known[parent]![who]);
    const other = agent === 0 ? 1 : 0;
    const doc = docs[agent];
    for (let j = applied[agent] + 1; j <= version[other]; j++)
      if (txns[j]!.agent === other) Y.applyUpdate(doc, made[j]!);
    applied[agent] = Math.max(applied[agent], version[other]);
    version[agent] = i;
    known.push(version);
    let bytes = new Uint8Array();
    const keep = (update: Uint8Array): void => void (bytes = update as Uint8Array<ArrayBuffer>);
    doc.once('update', keep);
    doc.transact(() => {
      for (const [position, deleted, inserted] of patches) {
        if (deleted > 0) doc.getText('t').delete(position, deleted);
        if (inserted !== '') doc.getText('t').insert(position, inserted);
      }
    });
    made.push(bytes);
    return {
      by: agent === 0 ? 'ada' : 'ben',
      at: begun + Math.floor(i / 1_000) * day + (i % 1_000) * 500,
      bytes,
    };
  });
  for (const bytes of made) Y.applyUpdate(docs[0], bytes);
  if (docs[0].getText('t').toString() !== endContent)
    throw new Error('the history was not replayed as it was');
  return rows;
}

async function realHistory(): Promise<Figure[]> {
  const rows = keystrokes();
  return withHistory(async ({ store, history, size, later, write }) => {
    for (const { by, at, bytes } of rows) write(room, at, [bytes], by);
    const full = size();
    later(rows.at(-1)!.at - begun + 60_000);
    await history.tend();
    const indexed = size();
    const found = store.history.writings(room, null, 100_000).length;
    await history.compact(room);
    const checkpoint = store.history.checkpoint(room)!.size;
    const all = Number.MAX_SAFE_INTEGER;
    const asked = await milliseconds(
      async () => void (await history.attribution(room, { path: ['t'], from: 0, to: all })),
    );
    later(400 * day);
    const tended = await milliseconds(() => history.tend());
    const small = size();
    const about = `a text of ${rows.length} keystrokes of two people`;
    return [
      { name: 'history, every step', value: full / 1e3, unit: 'kB', how: `${about}: the database` },
      {
        name: 'history, index of authors',
        value: (indexed - full) / 1e3,
        unit: 'kB',
        how: `${found} runs and the deletions`,
      },
      {
        name: 'history, checkpoint',
        value: checkpoint / 1e3,
        unit: 'kB',
        how: `${about}, what a device is given`,
      },
      { name: 'history, old', value: small / 1e3, unit: 'kB', how: 'the database when only months are kept' },
      { name: 'history, merging it', value: tended, unit: 'ms', how: `${about}, by the thread` },
      { name: 'attribution', value: asked, unit: 'ms', how: `${about}, of every character` },
    ];
  }, 'process');
}

/** What keeping texts short and knowing their authors costs. */
export async function history(): Promise<Figure[]> {
  return [...(await indexing()), ...(await realHistory()), ...(await largeText())];
}
