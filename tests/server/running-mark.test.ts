import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import { emptyBatch } from '../../server/storage/contract.ts';
import { openRunningMark } from '../../server/storage/running-mark.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
import { openWorkspace, type Workspace } from '../../server/workspace.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'weft-running-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const running = (): string => join(folder, 'running');

describe('the mark of a relay that works in a folder', () => {
  const wasCut = (run: string | null): boolean => openRunningMark(folder, run).wasCut;

  it('tells a machine that went down from a process that did', () => {
    expect(wasCut('one')).toBe(false);
    openRunningMark(folder, 'one').put();
    expect(wasCut('one')).toBe(false);
    expect(wasCut('two')).toBe(true);
    expect(wasCut(null)).toBe(true);
  });

  it('says nothing more when all is on the disk', () => {
    const mark = openRunningMark(folder, 'one');
    mark.put();
    mark.remove();
    expect(wasCut('two')).toBe(false);
  });

  it('counts a disk that failed as a machine that went down', () => {
    const mark = openRunningMark(folder, 'one');
    mark.put();
    mark.spoil();
    expect(wasCut('one')).toBe(true);
  });

  it('is left by nobody where the system does not say which run it is', () => {
    const mark = openRunningMark(folder, null);
    mark.put();
    expect(mark.canTell).toBe(false);
    expect(existsSync(running())).toBe(false);
  });
});

describe('a relay that starts', () => {
  const start = (): Promise<Workspace> => openWorkspace({ folder, durability: 'full' });
  const epochs = (): { epoch: string; before: readonly { epoch: string; until: number }[] } => {
    const store = createSqliteStore(openDatabase(join(folder, 'weft.db'), { durability: 'full' }));
    const { epoch, epochs: before } = store;
    store.close();
    return { epoch, before };
  };
  const stop = async ({ relay, close }: Workspace): Promise<void> => {
    await relay.stop();
    close();
  };

  it('goes on as it was after a clean end', async () => {
    await stop(await start());
    const { epoch } = epochs();
    await stop(await start());
    expect(epochs()).toEqual({ epoch, before: [] });
    expect(existsSync(running())).toBe(false);
  });

  it('[H-6] begins a new epoch where the machine went down under the last one', async () => {
    await stop(await start());
    const { epoch } = epochs();
    writeFileSync(running(), 'another run of the machine\n');
    const again = await start();
    await stop(again);
    const { epoch: next, before } = epochs();
    expect(next).not.toBe(epoch);
    expect(before).toEqual([{ epoch, until: 0 }]);
    await stop(await start());
    expect(epochs().epoch).toBe(next);
  });

  it('leaves the mark where the log could not be written back', async () => {
    const workspace = await start();
    const log = join(folder, 'weft.db-wal');
    await workspace.relay.stop();
    renameSync(log, join(folder, 'elsewhere'));
    mkdirSync(log);
    workspace.close();
    expect(existsSync(running())).toBe(true);
  });

  it('has all of the log in the database before it goes on after a sync that failed', async () => {
    const first = join(folder, 'first.db');
    const store = createSqliteStore(openDatabase(first, { durability: 'full' }));
    const row = {
      room: `${store.workspace}/scratch/pad` as RoomId,
      by: 'ada' as MemberId,
      device: 'd' as DeviceId,
      at: 1,
      bytes: Uint8Array.of(0, 0),
    };
    store.commit({ ...emptyBatch, rows: [row] });
    for (const end of ['', '-wal']) copyFileSync(`${first}${end}`, join(folder, `weft.db${end}`));
    store.close();
    writeFileSync(running(), 'unsure\n');
    const workspace = await start();
    // Without its log: what the system remembers of that may not be on the disk.
    const alone = join(folder, 'alone.db');
    copyFileSync(join(folder, 'weft.db'), alone);
    await stop(workspace);
    const after = createSqliteStore(openDatabase(alone, { durability: 'full' }));
    expect(after.head()).toBe(1);
    after.close();
  });
});
