import { createHash, randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { newId } from '../../shared/base/ids.ts';
import { startRelay, type RelayProcess } from '../support/relay-process.ts';
import { signIn, type SignedIn } from '../support/sign-in.ts';
import { Trace, whyNoTrace } from '../support/strace.ts';

const noTrace = await whyNoTrace();
const mebi = 1024 * 1024;

let relay: RelayProcess | undefined;
const afterwards: (() => void)[] = [];
afterEach(async () => {
  await relay?.stop();
  relay = undefined;
  for (const end of afterwards.splice(0)) end();
});

/** A conversation of one, and what its member asks of the relay about one file. */
class Sender {
  readonly #address: string;
  readonly #me: SignedIn;
  readonly #file: Buffer<ArrayBuffer>;
  readonly room: string;

  constructor(address: string, me: SignedIn, file: Buffer<ArrayBuffer>) {
    this.#address = address;
    this.#me = me;
    this.#file = file;
    this.room = `${me.workspace.id}/chat/${newId()}`;
  }

  #ask(method: string, path: string, body?: BodyInit, type = 'application/json'): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#me.token}`, 'content-type': type };
    return fetch(this.#address + path, { method, headers, ...(body === undefined ? {} : { body }) });
  }

  get #query(): string {
    const hash = createHash('sha256').update(this.#file).digest('hex');
    return `room=${encodeURIComponent(this.room)}&hash=${hash}`;
  }

  async createRoom(): Promise<void> {
    const data = { type: 'group', title: '', members: [this.#me.member.id] };
    const command = { id: newId(), n: 1, room: this.room, type: 'chat.create', data };
    await this.#ask('POST', '/api/commands', JSON.stringify({ commands: [command] }));
  }

  async send(from: number, to: number): Promise<{ status: number; received: number; stored: boolean }> {
    const path = `/api/upload?${this.#query}&size=${this.#file.length}&at=${from}`;
    const answer = await this.#ask('PATCH', path, this.#file.subarray(from, to), 'application/octet-stream');
    const { received = 0, stored = false } = (await answer.json()) as { received?: number; stored?: boolean };
    return { status: answer.status, received, stored };
  }

  async progress(): Promise<{ received: number; stored: boolean }> {
    return (await (await this.#ask('GET', `/api/upload?${this.#query}`)).json()) as {
      received: number;
      stored: boolean;
    };
  }

  async isWhole(): Promise<boolean> {
    const answer = await this.#ask('GET', `/api/blob?${this.#query}`);
    return answer.status === 200 && Buffer.from(await answer.arrayBuffer()).equals(this.#file);
  }
}

async function sender(size: number, data?: string): Promise<Sender> {
  relay = await startRelay(data === undefined ? {} : { data });
  const made = new Sender(relay.address, await signIn(relay.address), randomBytes(size));
  await made.createRoom();
  return made;
}

it('a disk that is full takes no more of a file, says so, and goes on where it was when there is space', async ({
  skip,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-small-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder]).status !== 0) {
    rmSync(folder, { recursive: true });
    return skip('this user may not mount a small disk');
  }
  afterwards.push(() => {
    spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });
  const data = join(folder, 'data');
  mkdirSync(data);
  const ballast = join(folder, 'ballast');
  const size = 4 * mebi;
  const who = await sender(size, data);
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize - 2 * mebi));
  let at = 0;
  let refused = 0;
  for (let n = 0; n < 16 && refused === 0; n += 1) {
    const answer = await who.send(at, Math.min(size, at + mebi));
    if (answer.status === 200) at = answer.received;
    else refused = answer.status;
  }
  expect(refused).toBe(503);
  const kept = await who.progress();
  expect(kept.stored).toBe(false);
  expect(kept.received).toBeGreaterThanOrEqual(at);
  expect(kept.received).toBeLessThan(size);
  expect(await who.isWhole()).toBe(false);
  rmSync(ballast);
  expect(await who.send(kept.received, size)).toEqual({ status: 200, received: size, stored: true });
  expect(await who.isWhole()).toBe(true);
}, 60_000);

it('what was received is there after a kill, and no file is half', async () => {
  const size = 3 * mebi;
  const who = await sender(size);
  const { received } = await who.send(0, mebi);
  const more = who.send(received, size - 1).catch(() => null);
  await relay!.kill9();
  await more;
  await relay!.start();
  const kept = await who.progress();
  expect(kept.stored).toBe(false);
  expect(kept.received).toBeGreaterThanOrEqual(received);
  expect(await who.isWhole()).toBe(false);
  expect(await who.send(kept.received, size)).toEqual({ status: 200, received: size, stored: true });
  expect(await who.isWhole()).toBe(true);
}, 60_000);

it.skipIf(noTrace !== null)(
  'a file that could not be synced is no file, and becomes one when it can be',
  async () => {
    const size = 200_000;
    const who = await sender(size);
    await who.send(0, size - 1);
    const trace = await Trace.attach(relay!.pid!, ['fsync:error=EIO:when=1']);
    expect(await who.send(size - 1, size)).toMatchObject({ status: 503 });
    await trace.stop();
    expect(await who.progress()).toEqual({ received: size, stored: false });
    expect(await who.isWhole()).toBe(false);
    expect(await who.send(size, size)).toEqual({ status: 200, received: size, stored: true });
    expect(await who.isWhole()).toBe(true);
  },
  60_000,
);
