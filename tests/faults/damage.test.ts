import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandId, DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import { createQuarantine } from '../../server/relay/quarantine.ts';
import { noLog, noMetrics } from '../../server/relay/metrics.ts';
import { emptyBatch, type NewRow, type RelayStore } from '../../server/storage/contract.ts';
import { checkDatabase } from '../../server/storage/sqlite/check.ts';
import { openDatabase, type SqliteDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
import { StorageError } from '../../server/storage/storage-error.ts';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';

/** Of each kind: bits in a page, in one stored row, in the write-ahead log. */
const flips = Number(process.env['WEFT_FLIPS'] ?? 30);
const seed = seedFromEnvironment();
const rooms = 60;
const commits = 400;
const page = 4_096;
const device = 'phone' as DeviceId;
const member = (n: number): MemberId => `person${n % 7}` as MemberId;

const folder = mkdtempSync(join(tmpdir(), 'weft-damage-'));
const whole = join(folder, 'whole.db');
const withLog = join(folder, 'with-log.db');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Everything the store says, as texts that can be compared. */
interface Truth {
  readonly head: number;
  readonly rows: ReadonlyMap<RoomId, string>;
  readonly listed: string;
  readonly holders: ReadonlyMap<number, string>;
  readonly settled: ReadonlyMap<string, string>;
}

let workspace = '';
let names: RoomId[] = [];
/** Bytes of one row of each room, found again in the file. */
const samples = new Map<RoomId, Uint8Array>();
let truth: Truth;
/** Before the last commit, which a power cut may take away where it is not synced. */
let truthBefore: Truth;

const rowsOf = (store: RelayStore, room: RoomId): string => {
  const hash = createHash('sha256');
  for (const { cursor, seq, by, at, bytes } of store.rowsAfter(room, 0))
    hash.update(`${cursor} ${seq} ${by} ${at} ${bytes.length} `).update(bytes);
  return hash.digest('hex');
};

const leases = (): number[] => Array.from({ length: commits / 4 }, (_, i) => 2 ** 33 + i);
const ids = (): string[] => Array.from({ length: commits }, (_, i) => `command-${i}`);

function tell(store: RelayStore): Truth {
  return {
    head: store.head(),
    rows: new Map(names.map((room) => [room, rowsOf(store, room)])),
    listed: store
      .changedRooms(member(1), 0, 10_000)
      .map(({ room, changed }) => `${room} ${changed}`)
      .join(),
    holders: new Map(leases().map((client) => [client, JSON.stringify(store.leaseHolder(client))])),
    settled: new Map(ids().map((id) => [id, JSON.stringify(store.settled(device, id))])),
  };
}

beforeAll(() => {
  const random = seededRandom(7);
  const database = openDatabase(whole, { durability: 'process' });
  const store = createSqliteStore(database);
  workspace = store.workspace;
  names = Array.from({ length: rooms }, (_, i) => `${workspace}/scratch/room-${i}` as RoomId);
  for (let n = 0; n < commits; n++) {
    if (n === commits - 1) truthBefore = tell(store);
    // Half of it is in the write-ahead log when the second copy is made.
    if (n === commits / 2) database.pragma('wal_checkpoint(TRUNCATE)');
    const rows = Array.from({ length: 1 + random(4) }, (): NewRow => {
      const room = n < rooms ? names[n]! : names[random(rooms)]!;
      const bytes = new Uint8Array(20 + (random(20) === 0 ? random(9_000) : random(300)));
      for (let i = 0; i < bytes.length; i++) bytes[i] = random(256);
      samples.set(room, bytes);
      return { room, by: member(random(7)), device, at: 1_000 + n, bytes };
    });
    const result = { id: `command-${n}` as CommandId, ok: true, seq: n, cursor: n } as const;
    store.commit({
      ...emptyBatch,
      rows,
      commands: [{ device, n: n + 1, at: 1_000 + n, result }],
      leases: n % 4 === 0 ? [{ client: 2 ** 33 + n / 4, member: member(n), device, at: n }] : [],
      readers: n < rooms ? [{ room: names[n]!, readers: [member(n), member(n + 1)] }] : [],
    });
  }
  truth = tell(store);
  copyFileSync(whole, withLog);
  copyFileSync(`${whole}-wal`, `${withLog}-wal`);
  store.close();
});

function flip(file: string, from: number, length: number, random: (below: number) => number): void {
  const bytes = readFileSync(file);
  const before = Buffer.from(bytes);
  while (before.equals(bytes))
    for (let n = 1 + random(64); n > 0; n--) bytes[from + random(length)]! ^= 1 << random(8);
  writeFileSync(file, bytes);
}

interface Outcome {
  readonly isRefused: boolean;
  readonly damaged: readonly RoomId[];
  /** What was said that is not what was stored. */
  readonly lies: readonly string[];
  readonly hasLostLastCommit: boolean;
}

/** Null when it is refused because of what is on the disk. */
function openStore(file: string): RelayStore | null {
  let database: SqliteDatabase | null = null;
  try {
    database = openDatabase(file, { durability: 'full' });
    return createSqliteStore(database);
  } catch (error) {
    database?.close();
    // The name of a step that changed looks like the step of a newer Weft.
    if (error instanceof StorageError && /^(damaged|newer)$/.test(error.reason)) return null;
    throw error;
  }
}

/** Opens a damaged file as the relay does, and compares everything it says with the truth. */
function serve(file: string): Outcome {
  const refused: Outcome = { isRefused: true, damaged: [], lies: [], hasLostLastCommit: false };
  const inner = openStore(file);
  if (!inner) return refused;
  const quarantine = createQuarantine(inner, noLog, noMetrics);
  const { store } = quarantine;
  const expected = store.head() === truthBefore.head ? truthBefore : truth;
  const lies: string[] = [];
  const damaged: RoomId[] = [];
  const compare = (
    what: string,
    wanted: string | undefined,
    read: () => string,
    also: string[] = [],
  ): void => {
    try {
      const said = read();
      if (said !== wanted && !also.includes(said)) lies.push(`${what}: ${said} instead of ${wanted}`);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  };
  try {
    if (store.workspace !== workspace) lies.push('the workspace has another name');
    for (const room of names) {
      compare(room, expected.rows.get(room), () => rowsOf(store, room));
      if (quarantine.has(room)) damaged.push(room);
    }
    for (const [client, holder] of expected.holders)
      compare(`lease ${client}`, holder, () => JSON.stringify(store.leaseHolder(client)), [
        JSON.stringify({ member: '', device }),
        // Nobody's: refused too.
        'null',
      ]);
    for (const [id, result] of expected.settled)
      compare(`command ${id}`, result, () => JSON.stringify(store.settled(device, id)), ['"damaged"']);
    compare('the list of rooms', '', () => {
      const listed = store
        .changedRooms(member(1), 0, 10_000)
        .map(({ room, changed }) => `${room} ${changed}`);
      const known = new Set(expected.listed.split(','));
      return listed.filter((each) => !known.has(each)).join();
    });
    // Somebody goes on writing: what is damaged must not become worse, nor stop the others for ever.
    for (const room of names.filter((_, i) => i % 10 === 0)) {
      if (quarantine.has(room)) continue;
      const row = { room, by: member(0), device, at: 1, bytes: Uint8Array.of(1) };
      try {
        store.commit({ ...emptyBatch, rows: [row] });
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
      }
    }
    return { isRefused: false, damaged, lies, hasLostLastCommit: expected === truthBefore };
  } finally {
    inner.close();
  }
}

function damagedCopy(of: string, name: string): string {
  const file = join(folder, `${name}.db`);
  copyFileSync(of, file);
  if (existsSync(`${of}-wal`)) copyFileSync(`${of}-wal`, `${file}-wal`);
  return file;
}

const remove = (file: string): void => {
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
};

describe(`bits that changed on the disk (seed ${seed})`, () => {
  it('in any page: nothing is told that was not stored, and the other rooms are served', () => {
    let [refused, quarantined, harmless, served] = [0, 0, 0, 0];
    for (let n = 0; n < flips; n++) {
      const random = seededRandom(seed + n);
      const file = damagedCopy(whole, 'page');
      flip(file, random(readFileSync(file).length / page) * page, page, random);
      const { isRefused, damaged, lies } = serve(file);
      expect(lies, `seed ${seed + n}`).toEqual([]);
      if (isRefused) refused++;
      else if (damaged.length > 0) {
        quarantined++;
        served += rooms - damaged.length;
      } else harmless++;
      remove(file);
    }
    // A page near the root is one of all rooms; nearly all are one room's or a few's.
    expect(served).toBeGreaterThan(quarantined * rooms * 0.6);
    console.info(
      `${flips} pages with flipped bits, seed ${seed}: ${quarantined} times rooms were set aside and ` +
        `${Math.round(served / Math.max(1, quarantined))} of ${rooms} served on average, ${refused} times the start was refused, ` +
        `${harmless} times it was nothing or mended; 0 times something else was told than was stored`,
    );
  });

  it('in one stored row: its room alone is set aside', () => {
    const file = join(folder, 'row.db');
    for (let n = 0; n < flips; n++) {
      const random = seededRandom(seed + n);
      const room = names[random(rooms)]!;
      copyFileSync(whole, file);
      // The beginning of a row is in one piece; what is longer goes on in other pages.
      const start = samples.get(room)!.subarray(0, 16);
      flip(file, readFileSync(file).indexOf(start), start.length, random);
      const { isRefused, damaged, lies } = serve(file);
      expect(lies, `seed ${seed + n}`).toEqual([]);
      expect([isRefused, damaged], `seed ${seed + n}`).toEqual([false, [room]]);
      remove(file);
    }
  });

  it('in the write-ahead log: what was stored is told, or the start refused', () => {
    let [refused, harmless, last] = [0, 0, 0];
    for (let n = 0; n < flips; n++) {
      const random = seededRandom(seed + n);
      const file = damagedCopy(withLog, 'log');
      const size = readFileSync(`${file}-wal`).length;
      flip(`${file}-wal`, random(size - 64), 64, random);
      const { isRefused, lies, hasLostLastCommit } = serve(file);
      expect(lies, `seed ${seed + n}`).toEqual([]);
      if (isRefused) refused++;
      else if (hasLostLastCommit) last++;
      else harmless++;
      remove(file);
    }
    console.info(
      `${flips} write-ahead logs with flipped bits, seed ${seed}: ${refused} times the start was refused, ` +
        `${last} times the last commit was taken for one that a power cut broke off, ${harmless} times it was nothing`,
    );
  });

  it('are all found by the check of a stopped folder', () => {
    const file = join(folder, 'checked.db');
    copyFileSync(whole, file);
    const sound = openDatabase(file, { durability: 'full' });
    expect(checkDatabase(sound).damage).toEqual([]);
    sound.close();
    const random = seededRandom(seed);
    const hurt = names.filter((_, i) => i % 9 === 0);
    for (const room of hurt) {
      const start = samples.get(room)!.subarray(0, 16);
      flip(file, readFileSync(file).indexOf(start), start.length, random);
    }
    const database = openDatabase(file, { durability: 'full' });
    expect(new Set(checkDatabase(database).damage.map(({ room }) => room))).toEqual(new Set(hurt));
    database.close();
  });
});
