import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as Y from 'yjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backUp } from '../../server/backup/backup.ts';
import { restoreBackup } from '../../server/backup/restore.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
import { systemClock } from '../../shared/base/clock.ts';
import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { HandedRow } from '../../shared/protocol/messages.ts';
import { RawDevice } from '../support/raw-device.ts';
import { startRelay, until, type RelayProcess } from '../support/relay-process.ts';
import { join as joinPeople, signIn, type SignedIn } from '../support/sign-in.ts';

/** Backups under load in one run; R5 asks for a hundred. */
const backups = Number(process.env['WEFT_BACKUPS'] ?? 6);
const root = dirname(dirname(fileURLToPath(new URL('.', import.meta.url))));

/** Runs a command as a person would. */
const command = (name: string, ...args: string[]) =>
  promisify(execFile)('npm', ['run', '--silent', name, '--', ...args], { cwd: root });

/** Files and folders below that anybody but their owner may read, write or enter. */
const openToOthers = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => (statSync(join(folder, name)).mode & 0o077) !== 0,
  );

/** Types marks and says sentences as fast as it is answered, and remembers what was promised. */
class Writer {
  readonly device = new RawDevice();
  readonly who: SignedIn;
  readonly promised = new Set<string>();
  readonly #doc = new Y.Doc();
  readonly #sent = new Map<number, string>();
  readonly #said = new Map<string, string>();
  #count = 0;
  #n = 0;

  constructor(who: SignedIn) {
    this.who = who;
  }
  async begin(address: string): Promise<void> {
    await this.device.connect(address, this.who.token);
    this.#doc.clientID = (await this.device.lease())[0]!;
  }
  async command(room: RoomId, type: string, data: unknown): Promise<void> {
    const id = newId<CommandId>();
    const answer = this.device.next('result', ({ result }) => result.id === id);
    this.device.send({ type: 'command', command: { id, n: ++this.#n, room, type, data } });
    expect((await answer).result).toMatchObject({ ok: true });
  }
  write(text: RoomId, chat: RoomId): void {
    const request = ++this.#count;
    const mark = `[${this.who.member.id.slice(0, 5)}:${request}]`;
    const before = Y.encodeStateVector(this.#doc);
    this.#doc.getMap('marks').set(mark, 1);
    const bytes = Y.encodeStateAsUpdate(this.#doc, before);
    this.#sent.set(request, mark);
    this.device.send({ type: 'update', request, room: text, bytes });
    const id = newId<CommandId>();
    this.#said.set(id, mark);
    const data = { text: `says ${mark}` };
    this.device.send({ type: 'command', command: { id, n: ++this.#n, room: chat, type: 'chat.send', data } });
  }
  collect(): void {
    for (const [request, mark] of this.#sent)
      if (this.device.acked.has(request)) {
        this.promised.add(mark);
        this.#sent.delete(request);
      }
    for (const [id, mark] of this.#said)
      if (this.device.results.get(id)?.ok) {
        this.promised.add(`says ${mark}`);
        this.#said.delete(id);
      }
  }
  get open(): number {
    return this.#sent.size;
  }
}

describe('backups of a relay under load', () => {
  const place = mkdtempSync(join(tmpdir(), 'weft-backups-'));
  let relay: RelayProcess;
  let writers: Writer[];
  let text: RoomId;
  let chat: RoomId;
  let beating: NodeJS.Timeout | undefined;

  beforeAll(async () => {
    relay = await startRelay();
    const admin = await signIn(relay.address);
    const others = await joinPeople(relay.address, admin, ['Ana', 'Bo', 'Chen']);
    writers = [admin, ...others].map((who) => new Writer(who));
    for (const writer of writers) await writer.begin(relay.address);
    text = `${admin.workspace.id}/scratch/backed` as RoomId;
    chat = `${admin.workspace.id}/chat/backed` as RoomId;
    const members = others.map((who) => who.member.id);
    await writers[0]!.command(chat, 'chat.create', { type: 'group', title: 'Backed', members });
  });
  afterAll(async () => {
    clearInterval(beating);
    await relay.stop();
    rmSync(place, { recursive: true, force: true });
  });

  const load = (): void => {
    beating = setInterval(() => {
      for (const writer of writers) {
        writer.collect();
        if (writer.open < 8) for (let i = 0; i < 2; i++) writer.write(text, chat);
      }
    }, 20);
  };
  const settled = async (): Promise<void> => {
    clearInterval(beating);
    await until('everything is answered', () => {
      for (const writer of writers) writer.collect();
      return writers.every((writer) => writer.open === 0);
    });
  };
  /** How long the relay's loop stood still at most since this was asked last, in milliseconds. */
  const longestLag = async (): Promise<number> => {
    const figures = await (await fetch(`${relay.address}/metrics`)).text();
    return 1000 * Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(figures)?.[1]);
  };
  const promised = (): Set<string> => new Set(writers.flatMap((writer) => [...writer.promised]));

  /** What a data folder that nobody uses has of the marks and sentences, each with how often. */
  function contentOf(data: string): Map<string, number> {
    const store = createSqliteStore(openDatabase(join(data, 'weft.db'), { durability: 'process' }));
    const found = new Map<string, number>();
    const doc = new Y.Doc();
    const snapshot = store.snapshot(text);
    if (snapshot) Y.applyUpdate(doc, snapshot.bytes);
    for (const row of store.rowsAfter(text, snapshot?.cursor ?? 0)) Y.applyUpdate(doc, row.bytes);
    for (const mark of doc.getMap('marks').keys()) found.set(mark, 1);
    for (const row of store.rowsFrom(chat, 0, 2 ** 31))
      for (const { type, data: said } of decodeLogRun(row.bytes))
        if (type === 'chat.send') {
          const { text: sentence } = said as { text: string };
          found.set(sentence, (found.get(sentence) ?? 0) + 1);
        }
    store.close();
    return found;
  }

  it(`each restore and hold what was acknowledged before they began (${backups} of them)`, async () => {
    load();
    await until('there is something to lose', () => promised().size > 200);
    let checked = 0;
    let lag = 0;
    await longestLag();
    await until('some is written without a backup', () => promised().size > 600);
    const usual = await longestLag();
    for (let n = 0; n < backups; n++) {
      const before = promised();
      const wish = {
        data: relay.data,
        to: join(place, 'backups'),
        revocations: join(relay.data, 'revocations.log'),
        version: 'test',
        clock: systemClock,
      };
      await longestLag();
      const { folder, running } = await backUp(wish);
      lag = Math.max(lag, await longestLag());
      expect(running).toBe(true);
      const data = join(place, `restored-${n}`);
      await restoreBackup({ ...wish, data, from: folder, replace: false });
      const found = contentOf(data);
      expect([...before].filter((each) => found.get(each) !== 1)).toEqual([]);
      checked += before.size;
      rmSync(data, { recursive: true });
    }
    await settled();
    console.info(
      `${backups} backups under load, ${checked} promises checked in them; the relay's loop stood still for ` +
        `${lag.toFixed(0)} ms at most, ${usual.toFixed(0)} ms without a backup`,
    );
  }, 300_000);

  it('leave nothing behind when they cannot be written, and the relay goes on', async () => {
    await expect(command('backup', '--to', '/dev/null/backups', '--data', relay.data)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The backup could not be made: .*\n$/),
    });
    await expect(command('backup', '--data', relay.data)).rejects.toMatchObject({ code: 2 });
    for (const name of ['check', 'repair'])
      await expect(command(name, '--data', relay.data)).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringContaining('stop it first'),
      });
    const wrong = await fetch(`${relay.address}/operator/copy`, {
      method: 'POST',
      headers: { authorization: `Bearer ${writers[0]!.who.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ file: join(place, 'stolen.db') }),
    });
    expect(wrong.status).toBe(404);
    expect(existsSync(join(place, 'stolen.db'))).toBe(false);
    expect((await fetch(`${relay.address}/healthz`)).ok).toBe(true);
  }, 60_000);

  it('bring a killed relay back as a new epoch: devices hand back what it lost, and who was sent away stays out', async () => {
    const [admin, ana, bo, chen] = writers as [Writer, Writer, Writer, Writer];
    load();
    const to = join(place, 'by-command');
    const { stdout } = await command('backup', '--to', to, '--data', relay.data);
    expect(stdout).toContain('while the relay went on');
    const backup = join(to, readdirSync(to)[0]!);
    const before = promised().size;
    await until('much more is written', () => promised().size > before + 200);
    await settled();
    // Sent away after the backup: one person, one session, one invitation.
    const directory = `${admin.who.workspace.id}/directory/main` as RoomId;
    await admin.command(directory, 'member.remove', { member: chen.who.member.id });
    const second = await signIn(relay.address);
    const api = (path: string, method: string, body?: unknown): Promise<Response> =>
      fetch(relay.address + path, {
        method,
        headers: { authorization: `Bearer ${admin.who.token}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    await fetch(`${relay.address}/api/sign-out`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bo.who.token}` },
    });
    await relay.kill9();
    for (const writer of writers) await writer.device.gone();
    expect((await command('check', '--data', relay.data)).stdout).toContain('; 0 damaged');
    expect([...openToOthers(relay.data), ...openToOthers(to)]).toEqual([]);

    const args = ['--from', backup, '--data', relay.data];
    await expect(command('restore', ...args)).rejects.toMatchObject({ code: 1 });
    const { stdout: told } = await command('restore', ...args, '--replace');
    expect(told).toContain('What happens now');
    expect(told).toContain('The journal of revocations reaches back to the backup');
    await relay.start();

    for (const { who } of [bo, chen])
      await expect(new RawDevice().connect(relay.address, who.token)).rejects.toThrow();
    await expect(new RawDevice().connect(relay.address, second.token)).rejects.toThrow();
    for (const writer of [ana, admin]) await handBack(writer);
    const stored = await fetch(`${relay.address}/api/text?room=${encodeURIComponent(text)}`, {
      headers: { authorization: `Bearer ${ana.who.token}` },
    });
    const doc = new Y.Doc();
    Y.applyUpdate(doc, new Uint8Array(await stored.arrayBuffer()));
    const marks = new Set(doc.getMap('marks').keys());
    const said = new Map<string, number>();
    for (let from = 0; ; from += 1_000) {
      const page = (await (
        await api(`/api/log?room=${encodeURIComponent(chat)}&from=${from}&limit=1000`, 'GET')
      ).json()) as {
        entries: { type: string; data: { text: string } }[];
      };
      for (const { type, data } of page.entries)
        if (type === 'chat.send') said.set(data.text, (said.get(data.text) ?? 0) + 1);
      if (page.entries.length < 1_000) break;
    }
    const lost = [...promised()].filter((each) =>
      each.startsWith('[') ? !marks.has(each) : said.get(each) !== 1,
    );
    expect(lost).toEqual([]);
    console.info(`restored by command: ${promised().size} promises, none lost, none twice`);
  }, 240_000);

  async function handBack({ device, who }: Writer): Promise<void> {
    const rows = device.rows.splice(0);
    const welcome = await device.connect(relay.address, who.token);
    const { until: common } = welcome.epochs.at(-1)!;
    const lost: HandedRow[] = rows
      .filter((row) => row.cursor > common)
      .map(({ cursor: _cursor, ...row }) => row);
    for (let from = 0; from < lost.length; from += 300) {
      const some = lost.slice(from, from + 300);
      const answer = device.next('handed');
      device.send({ type: 'handback', request: from, rows: some });
      const { results } = await answer;
      expect(results.filter((result) => result !== 'taken' && result !== 'known')).toEqual([]);
    }
  }
});
