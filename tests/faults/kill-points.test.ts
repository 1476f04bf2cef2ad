import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { crc32 } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import * as Y from 'yjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RoomId } from '../../shared/base/ids.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import { migrations } from '../../server/storage/sqlite/migrations.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
import { killPoints, type KillPoint } from '../support/kill-points.ts';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';

/** At each point. */
const kills = Number(process.env['WEFT_POINT_KILLS'] ?? 3);
const seed = seedFromEnvironment();
const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'dist', 'test', 'killed-at.mjs');

const killsPerFile = 8;

/** About how often a point is passed while one group is committed. */
const timesPerCommit: Record<KillPoint, number> = {
  received: 48,
  judged: 48,
  'before the commit': 1,
  'inside the transaction': 1,
  'before the acknowledgement': 1,
  'after the acknowledgement': 24,
  'while the log is written back': 1,
  'while history is kept': 1,
  'while the shape is changed': 1,
};

interface Told {
  readonly marks: Set<string>;
  readonly commands: Set<string>;
  /** Rows that were shown, by cursor, with the sum of their bytes. */
  readonly rows: Map<number, number>;
}
const nothing = (): Told => ({ marks: new Set(), commands: new Set(), rows: new Map() });

beforeAll(() =>
  build({
    absWorkingDir: root,
    entryPoints: ['tests/support/killed-at.ts'],
    outfile: program,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  }),
);

/** Runs the process until it kills itself, and adds what its clients were told. */
async function runUntilKilled(file: string, point: KillPoint, nth: number, wait: number, told: Told) {
  const child = spawn(process.execPath, [program, file, point, String(nth), String(wait)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.endsWith('}')) continue;
    const said = JSON.parse(line) as { mark?: string; command?: string; cursor?: number; sum?: number };
    if (said.mark !== undefined) told.marks.add(said.mark);
    if (said.command !== undefined) told.commands.add(said.command);
    if (said.cursor !== undefined) told.rows.set(said.cursor, said.sum!);
  }
  const [, signal] = await ended;
  expect(signal, `${point}, seed ${seed}`).toBe('SIGKILL');
}

/** What is wrong with the database after all that was told. */
function brokenPromises(file: string, told: Told): string[] {
  const store = createSqliteStore(openDatabase(file, { durability: 'full' }));
  try {
    const wrong: string[] = [];
    const count = (all: Iterable<string>): Map<string, number> => {
      const times = new Map<string, number>();
      for (const each of all) times.set(each, (times.get(each) ?? 0) + 1);
      return times;
    };
    const pad = store.rowsAfter(`${store.workspace}/scratch/pad` as RoomId, 0);
    const doc = new Y.Doc();
    doc.transact(() => pad.forEach(({ bytes }) => Y.applyUpdate(doc, bytes)));
    if (doc.store.pendingStructs) wrong.push('something before a stored update is missing');
    const marks = count(
      doc
        .getText('text')
        .toJSON()
        .match(/\[[^\]]*\]/g) ?? [],
    );
    for (const mark of told.marks) if (!marks.has(mark)) wrong.push(`${mark} is missing`);
    for (const [mark, times] of marks) if (times > 1) wrong.push(`${mark} is there ${times} times`);
    const chat = store.rowsFrom(`${store.workspace}/chat/team` as RoomId, 0, 1_000_000);
    const ids = count(chat.flatMap(({ bytes }) => decodeLogRun(bytes)).map(({ id }) => id));
    for (const id of told.commands) if (!ids.has(id)) wrong.push(`command ${id} is missing`);
    for (const [id, times] of ids) if (times > 1) wrong.push(`command ${id} is there ${times} times`);
    const sums = new Map([...pad, ...chat].map(({ cursor, bytes }) => [cursor, crc32(bytes)]));
    for (const [cursor, sum] of told.rows)
      if (sums.get(cursor) !== sum) wrong.push(`row ${cursor} was shown and is not there`);
    return wrong;
  } finally {
    store.close();
  }
}

describe('a relay that is killed together with its clients', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-points-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(killPoints.filter((point) => point !== 'while the shape is changed'))(
    `%s: has everything it promised, once (${kills} times, seed ${seed})`,
    async (point) => {
      const random = seededRandom(seed + killPoints.indexOf(point));
      let [told, file] = [nothing(), ''];
      for (let i = 0; i < kills; i++) {
        // A new file after some kills: reading all of it again after each must not become the whole work.
        if (i % killsPerFile === 0) {
          told = nothing();
          file = join(folder, `${killPoints.indexOf(point)}-${i}.db`);
        }
        const nth = 3 + random(40);
        await runUntilKilled(file, point, nth * timesPerCommit[point], random(1_500), told);
        expect(brokenPromises(file, told), `${point}, kill ${i}, seed ${seed}`).toEqual([]);
      }
      expect(told.marks.size).toBeGreaterThan(0);
      expect(told.rows.size).toBeGreaterThan(0);
    },
    60_000 + kills * 15_000,
  );

  it(
    `while the shape is changed: has the old one or the new one (${kills} times, seed ${seed})`,
    async () => {
      const random = seededRandom(seed);
      const old = join(folder, 'old.db');
      const rows = 4_000;
      const before = openDatabase(old, {
        durability: 'full',
        migrations: migrations.filter(({ name }) => /-1(-|$)/.test(name)),
      });
      const room = `${before.prepare("SELECT value FROM meta WHERE key = 'workspace'").pluck().get() as string}/scratch/old`;
      before.transaction(() => {
        before.prepare('INSERT INTO rooms VALUES (1, ?, ?, ?, ?, 5)').run(room, rows, rows, 'ada');
        const add = before.prepare(
          "INSERT INTO rows (cursor, room, seq, by, device, at, sum, bytes) VALUES (?, 1, ?, 'ada', 'phone', 5, ?, ?)",
        );
        for (let i = 0; i < rows; i++) {
          const bytes = Buffer.from(`row ${i} of the old shape`);
          add.run(i + 1, i, crc32(bytes), bytes);
        }
      })();
      before.close();
      let took = 60_000;
      for (let i = 0; i < kills * 3; i++) {
        const file = join(folder, `shape-${i}.db`);
        copyFileSync(old, file);
        await runUntilKilled(file, 'while the shape is changed', 1, random(took), nothing());
        const began = performance.now();
        const store = createSqliteStore(openDatabase(file, { durability: 'full' }));
        took = Math.round((performance.now() - began) * 1_000);
        const read = store.rowsAfter(room as RoomId, 0).map(({ bytes }) => Buffer.from(bytes).toString());
        expect(read, `seed ${seed}`).toEqual(
          Array.from({ length: rows }, (_, n) => `row ${n} of the old shape`),
        );
        store.close();
      }
    },
    60_000 + kills * 15_000,
  );
});
