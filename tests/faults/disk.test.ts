import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';
import { startRelay, until, type RelayProcess } from '../support/relay-process.ts';
import { join as joinAll, signIn, type SignedIn } from '../support/sign-in.ts';
import { syncedBytes, Trace, whyNoTrace } from '../support/strace.ts';
import { brokenPromises, Page, Writer } from '../support/writer.ts';

const injections = Number(process.env['WEFT_INJECTIONS'] ?? 10);
const seed = seedFromEnvironment();
/** The relay serves again this long after the disk does. Milliseconds. */
const recovery = 5_000;
/** Updates of a writer on their way. */
const mostWaiting = 12;
/** Rooms are changed after so many faults, so that comparing stays short. */
const faultsPerPage = 10;

const noTrace = await whyNoTrace();
if (noTrace) console.info(`Faults of the disk are not tested here: ${noTrace}.`);

/** A disk that refuses to write for a while, or one that fails to keep what it has taken. */
type Fault =
  | { readonly kind: 'write'; readonly error: string; readonly first: number; readonly last: number }
  | { readonly kind: 'sync'; readonly error: string; readonly nth: number };

const told = { refused: 0, ended: 0, acknowledged: 0, slowest: 0, powerCuts: 0 };

describe.skipIf(noTrace !== null)('a disk that fails under a relay in use', () => {
  const random = seededRandom(seed);
  let relay: RelayProcess;
  let people: SignedIn[] = [];
  let page: Page;
  let writers: Writer[] = [];
  let round = 0;
  afterAll(() => relay?.stop());

  const drawFault = (): Fault => {
    const error = random(2) === 0 ? 'ENOSPC' : 'EIO';
    if (round % 2 === 1) return { kind: 'sync', error, nth: 3 + random(12) };
    const first = 1 + random(40);
    return { kind: 'write', error, first, last: first + random(30) };
  };

  const connectAll = (): Promise<unknown> =>
    Promise.all(
      writers.filter((writer) => !writer.isConnected).map((writer) => writer.connect(relay.address)),
    );

  const compare = async (when: string): Promise<void> => {
    for (const writer of writers) writer.collect();
    const wrong = await brokenPromises(relay.address, people[0]!, page, writers);
    expect(wrong, `seed ${seed}, ${when}`).toEqual([]);
  };

  const turnPage = async (): Promise<void> => {
    if (page as Page | undefined) told.acknowledged += page.promised;
    page = new Page(people[0]!.workspace.id, `faults-${round}`);
    for (const { device } of writers) device.close();
    writers = people.map((who) => new Writer(who, page));
    await writers[0]!.connect(relay.address);
    await writers[0]!.createGroup(people.slice(1).map(({ member }) => member.id));
  };

  const writeUntil = (what: string, done: () => boolean): Promise<unknown> =>
    until(
      what,
      () => {
        for (const writer of writers) {
          writer.collect();
          writer.comeBack(relay.address);
          // What piles up becomes few large commits: a fault that is due at the thirtieth would not come.
          if (writer.waiting < mostWaiting) for (let i = 0; i < 2; i++) writer.write();
        }
        return done();
      },
      120_000,
    );

  /** Refuses what it cannot write, goes on serving, and takes work again as soon as there is space. */
  async function refuseWrites({ error, first, last }: Fault & { kind: 'write' }): Promise<void> {
    const trace = await Trace.attach(relay.pid!, [`pwrite64:error=${error}:when=${first}..${last}`]);
    await writeUntil('a write fails', () => trace.injected > 0);
    const text = await fetch(`${relay.address}/api/text?room=${encodeURIComponent(page.text)}`, {
      headers: { authorization: `Bearer ${people[0]!.token}` },
    });
    expect(text.status, `seed ${seed}, round ${round}: what is stored can be read`).toBe(200);
    await trace.stop();
    const began = performance.now();
    const before = page.marks.size;
    await writeUntil('work is taken again', () => page.marks.size > before);
    told.slowest = Math.max(told.slowest, performance.now() - began);
    told.refused++;
  }

  /** Ends, and what only the page cache holds is cut away as a power cut would: nobody had been told that it is kept. */
  async function failSync({ error, nth }: Fault & { kind: 'sync' }): Promise<void> {
    const faults = ['fsync', 'fdatasync'].map((call) => `${call}:error=${error}:when=${nth}`);
    const trace = await Trace.attach(relay.pid!, faults);
    const ended = relay.gone();
    let status: number | null | undefined;
    void ended.then((code) => (status = code));
    await writeUntil('the relay ends', () => status !== undefined);
    expect(status, `seed ${seed}, round ${round}: ends with a status that says so`).toBe(1);
    expect(relay.log()).toContain('the disk failed to keep what it was given');
    await Promise.all(writers.map(({ device }) => device.gone()));
    const lines = await trace.stop();
    const log = join(relay.data, 'weft.db-wal');
    const synced = syncedBytes(lines, log);
    if (synced !== null) {
      truncateSync(log, synced);
      told.powerCuts++;
    }
    await relay.start();
    for (const writer of writers) writer.collect();
    const wrong = await brokenPromises(relay.address, people[0]!, page, []);
    expect(wrong, `seed ${seed}, round ${round}: what was acknowledged is there by itself`).toEqual([]);
    // What others were shown and nobody was told is kept: whoever wrote it has it still.
    await connectAll();
    const unanswered = (): boolean => writers.some(({ waiting }) => waiting > 0);
    await until('what was shown comes back', () => {
      for (const writer of writers) writer.collect();
      return !unanswered();
    });
    told.ended++;
  }

  it(
    `acknowledges nothing it has not stored, over ${injections} faults (seed ${seed})`,
    async () => {
      relay = await startRelay();
      const admin = await signIn(relay.address);
      people = [admin, ...(await joinAll(relay.address, admin, ['Ana', 'Bo']))];
      for (; round < injections; round++) {
        if (round % faultsPerPage === 0) await turnPage();
        await connectAll();
        const fault = drawFault();
        if (fault.kind === 'write') await refuseWrites(fault);
        else await failSync(fault);
        if (fault.kind === 'write' && random(2) === 0) {
          await relay.kill9();
          await Promise.all(writers.map(({ device }) => device.gone()));
          await relay.start();
        }
        await compare(`round ${round}, ${JSON.stringify(fault)}`);
      }
      told.acknowledged += page.promised;
      console.info(
        `${injections} faults, seed ${seed}: ${told.refused} times writing failed (work again after ` +
          `${Math.round(told.slowest)} ms at most), ${told.ended} times syncing failed and the relay ended ` +
          `(${told.powerCuts} of them with a power cut), ${told.acknowledged} acknowledged, 0 of them false`,
      );
      expect(told.refused + told.ended).toBe(injections);
      expect(told.slowest).toBeLessThan(recovery);
    },
    120_000 + injections * 30_000,
  );

  it('keeps no picture that could not be synced, and takes it when it can', async () => {
    await relay.stop();
    relay = await startRelay();
    const { token, workspace } = await signIn(relay.address);
    const bytes = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(50_000, 7)]);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const url = `${relay.address}/api/blob?room=${workspace.id}/scratch/pictures&hash=${hash}`;
    const headers = { authorization: `Bearer ${token}` };
    const put = async (): Promise<number> =>
      (await fetch(url, { method: 'PUT', headers, body: bytes })).status;
    // A session that is used for the first time is noted: that has been synced when the disk begins to fail.
    expect((await fetch(url, { headers })).status).toBe(404);
    const trace = await Trace.attach(relay.pid!, ['fsync:error=EIO:when=1']);
    expect(await put()).toBe(503);
    await trace.stop();
    expect((await fetch(url, { headers })).status).toBe(404);
    expect(readdirSync(join(relay.data, 'blobs', 'incoming'))).toEqual([]);
    expect(await put()).toBe(204);
    writeFileSync(join(relay.data, 'blobs', 'incoming', 'half-of-one'), bytes.subarray(0, 100));
    await relay.kill9();
    await relay.start();
    expect(readdirSync(join(relay.data, 'blobs', 'incoming'))).toEqual([]);
    const got = await fetch(url, { headers });
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
  });
});

/** A file system of so many megabytes; null where this user may not make one. */
function smallDisk(megabytes: number): { readonly folder: string; remove(): void } | null {
  const folder = mkdtempSync(join(tmpdir(), 'weft-small-'));
  const made = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  if (made.status !== 0) {
    rmSync(folder, { recursive: true });
    return null;
  }
  return {
    folder,
    remove() {
      spawnSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

it('goes on by itself when a full disk has space again', async ({ skip }) => {
  const disk = smallDisk(8);
  if (!disk) return skip('this user may not mount a small disk');
  const data = join(disk.folder, 'data');
  mkdirSync(data);
  const ballast = join(disk.folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(5 * 1024 * 1024));
  const relay = await startRelay({ data });
  try {
    const admin = await signIn(relay.address);
    const [other] = await joinAll(relay.address, admin, ['Ana']);
    const page = new Page(admin.workspace.id, 'full');
    const writer = new Writer(admin, page);
    await writer.connect(relay.address);
    await writer.createGroup([other!.member.id]);
    await until(
      'the disk is full',
      () => {
        for (let i = 0; i < 20; i++) writer.write();
        const full = [...writer.device.refused.values()].includes('storage-failed');
        writer.collect();
        writer.comeBack(relay.address);
        return full;
      },
      60_000,
    );
    expect(await brokenPromises(relay.address, admin, page, [writer])).toEqual([]);
    rmSync(ballast);
    const began = performance.now();
    const before = page.marks.size;
    await until('work is taken again', () => {
      writer.comeBack(relay.address);
      writer.write();
      writer.collect();
      return page.marks.size > before;
    });
    expect(performance.now() - began).toBeLessThan(recovery);
    await relay.kill9();
    await writer.device.gone();
    writer.collect();
    await relay.start();
    expect(await brokenPromises(relay.address, admin, page, [writer])).toEqual([]);
  } finally {
    await relay.stop();
    disk.remove();
  }
});
