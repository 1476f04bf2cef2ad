import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HandedRow, HeldLease } from '../../../shared/protocol/messages.ts';
import { beginEpoch } from '../../../server/backup/epoch.ts';
import type { RelayDeps } from '../../../server/relay/relay.ts';
import type { RelayStore } from '../../../server/storage/contract.ts';
import { openDatabase, type SqliteDatabase } from '../../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../../server/storage/sqlite/store.ts';
import { startRig, type Rig, type TestDevice } from '../relay-rig.ts';

/** A relay whose database can be copied at any moment, and relays that were restored from such copies. */
export interface Family {
  readonly first: Rig;
  readonly store: RelayStore;
  /** A copy as it is now; the folder of its file. */
  copy(): string;
  restore(copy: string, deps?: Partial<RelayDeps>): Promise<{ rig: Rig; database: SqliteDatabase }>;
  end(): Promise<void>;
}

export async function startFamily(deps: Partial<RelayDeps> = {}): Promise<Family> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-family-'));
  let copies = 0;
  const rigs: Rig[] = [];
  const open = (file: string): SqliteDatabase => openDatabase(file, { durability: 'process' });
  const database = open(join(folder, 'first.db'));
  let newest = database;
  const store = createSqliteStore(database);
  const first = await startRig({ ...deps, store });
  rigs.push(first);
  return {
    first,
    store,
    copy() {
      const file = join(folder, `copy-${++copies}.db`);
      newest.prepare('VACUUM INTO ?').run(file);
      return file;
    },
    async restore(copy, more = {}) {
      const file = join(folder, `restored-${++copies}.db`);
      copyFileSync(copy, file);
      newest = open(file);
      beginEpoch(newest, 0);
      const rig = await startRig({ ...deps, ...more, store: createSqliteStore(newest) });
      rigs.push(rig);
      return { rig, database: newest };
    },
    async end() {
      for (const rig of rigs) await rig.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a device keeps of the rows it saw. */
export const heldBy = (device: TestDevice): HandedRow[] =>
  device.rows().map(({ cursor: _cursor, ...row }) => row);

/** All leases that the device was ever given. */
export const leasesOf = (device: TestDevice): HeldLease[] =>
  device.said.flatMap((said) =>
    said.type === 'leased' ? said.ids.map((id, at) => ({ id, receipt: said.receipts[at]! })) : [],
  );

let request = 1_000_000;

export async function handBack(device: TestDevice, rows: readonly HandedRow[]) {
  const own = ++request;
  device.send({ type: 'handback', request: own, rows });
  const answer = await Promise.race([
    device.until('handed', (said) => said.request === own),
    device.until('refused', (said) => said.request === own),
  ]);
  return answer.type === 'handed' ? [...answer.results] : answer.code;
}

export async function reclaim(device: TestDevice, leases: readonly HeldLease[]): Promise<number[]> {
  const own = ++request;
  device.send({ type: 'reclaim', request: own, leases });
  return [...(await device.until('leased', (said) => said.request === own)).ids];
}
