import Database from 'better-sqlite3';
import { build } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { bearer, owner, type SignedIn } from './test-app.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
// Inside the project, so that the program finds its libraries.
const main = join(root, 'node_modules', '.cache', 'weft', `process-test-${process.pid}.mjs`);

beforeAll(() =>
  build({
    absWorkingDir: root,
    entryPoints: ['server/main.ts'],
    outfile: main,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  }),
);
afterAll(() => rmSync(main, { force: true }));

let folder: string;
const running: { readonly child: ChildProcess; readonly ended: Promise<unknown> }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-process-'));
});
afterEach(async () => {
  for (const process of running.splice(0)) {
    process.child.kill('SIGKILL');
    await process.ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** The relay as a person starts it, from today's source. */
function start(environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: '0',
      WEFT_DATA: join(folder, 'data'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let wrong = '';
  const ended = once(child, 'exit').then(([code]) => ({ code: code as number | null, out, wrong }));
  child.stderr.on('data', (chunk: Buffer) => (wrong += chunk.toString()));
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const address = /"listening":"([^"]+)"/.exec(out)?.[1];
      if (address) resolve(address);
    });
    void ended.then(() => reject(new Error(`ended before it was ready: ${wrong}${out}`)));
  });
  ready.catch(() => {});
  const it = { child, ready, ended, lines: () => out.trim().split('\n') };
  running.push(it);
  return it;
}

const post = (address: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(address + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe('the process', { timeout: 40_000 }, () => {
  test('with a wrong setting is one sentence and status 2, before anything is touched', async () => {
    const { code, out, wrong } = await start({ WEFT_DURABILITY: 'maybe' }).ended;
    expect(code).toBe(2);
    expect(wrong).toBe('WEFT_DURABILITY must be "full" or "process", not "maybe".\n');
    expect(out).toBe('');
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  test('on a folder that cannot be one is one sentence and status 2', async () => {
    writeFileSync(join(folder, 'data'), 'a file');
    const { code, wrong } = await start().ended;
    expect([code, wrong.trim().split('\n').length]).toEqual([2, 1]);
    expect(wrong).toContain('cannot be used');
  });

  test('on a folder whose pictures or database cannot be used is one sentence and status 2', async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'blobs'), 'a file');
    const pictures = await start().ended;
    expect([pictures.code, pictures.wrong.trim().split('\n').length]).toEqual([2, 1]);
    expect(pictures.wrong).toContain('cannot be used');

    rmSync(join(folder, 'data', 'blobs'));
    const first = start({ WEFT_ADMIN_EMAIL: owner.email, WEFT_ADMIN_PASSWORD: owner.password });
    await first.ready;
    first.child.kill('SIGTERM');
    await first.ended;
    const database = new Database(join(folder, 'data', 'weft.db'));
    database.prepare('UPDATE rows SET bytes = zeroblob(length(bytes)) WHERE cursor = 1').run();
    database.close();
    const torn = await start().ended;
    expect([torn.code, torn.wrong.trim().split('\n').length]).toEqual([2, 1]);
    expect(torn.wrong).toContain('is damaged');
  });

  test('lets nobody act whose session ended while the body of the request was on its way', async () => {
    const relay = start({ WEFT_ADMIN_EMAIL: owner.email, WEFT_ADMIN_PASSWORD: owner.password });
    const address = await relay.ready;
    const { email, password } = owner;
    const signed = (await (await post(address, '/api/sign-in', { email, password })).json()) as SignedIn;
    const body = JSON.stringify({ role: 'owner', maxUses: null, expiresInDays: 365 });
    const slow = request(`${address}/api/invitations`, {
      method: 'POST',
      headers: { ...bearer(signed.token), 'content-type': 'application/json', 'content-length': body.length },
    });
    const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
    slow.write(body.slice(0, 10));
    // The relay has begun with it once it has answered what was sent later.
    await fetch(`${address}/api/session`, { headers: bearer(signed.token) });
    expect((await post(address, '/api/sign-out', {}, bearer(signed.token))).status).toBe(204);
    slow.end(body.slice(10));
    const [response] = await answered;
    response.resume();
    expect(response.statusCode).toBe(401);
  });

  test('refuses a folder in use and a busy port with status 2', async () => {
    await start().ready;
    const second = await start().ended;
    expect(second.code).toBe(2);
    expect(second.wrong).toMatch(/^Another relay is using the data folder .*\n$/);

    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    const busy = await start({ PORT: port, WEFT_DATA: join(folder, 'other') }).ended;
    other.close();
    expect(busy.code).toBe(2);
    expect(busy.wrong).toMatch(/^Cannot listen on 127\.0\.0\.1:\d+: another program .*\n$/);
  });

  test('prints a link that makes the first owner once, and forgets it at the next start', async () => {
    const first = start();
    const address = await first.ready;
    const link = /"setup":"([^"]+)"/.exec(first.lines().join('\n'))?.[1] ?? '';
    expect(link).toMatch(new RegExp(`^${address}/setup#[\\w-]{43}$`));
    for (const line of first.lines()) expect(() => JSON.parse(line) as unknown).not.toThrow();
    const form = { token: link.split('#')[1], workspace: 'Example Ltd', ...owner };
    expect((await post(address, '/api/setup', form)).status).toBe(200);
    expect((await post(address, '/api/setup', form)).status).toBe(409);
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);

    const second = start();
    await second.ready;
    expect(second.lines().join('\n')).not.toContain('/setup#');
    const { email, password } = owner;
    expect((await post(await second.ready, '/api/sign-in', { email, password })).status).toBe(200);
  });

  test('makes the first owner from the environment, and closes sockets of an ended session', async () => {
    const relay = start({ WEFT_ADMIN_EMAIL: owner.email, WEFT_ADMIN_PASSWORD: owner.password });
    const address = await relay.ready;
    const { email, password } = owner;
    const signIn = async () =>
      (await (await post(address, '/api/sign-in', { email, password })).json()) as SignedIn;
    const one = await signIn();
    const two = await signIn();
    expect(one.workspace.name).toBe('Weft');

    const path = `/sync/${one.workspace.id}/scratch/notes?token=${two.token}`;
    const socket = new WebSocket(address.replace('http', 'ws') + path);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    const ended = await fetch(`${address}/api/sessions/${two.session.id}`, {
      method: 'DELETE',
      headers: bearer(one.token),
    });
    expect(ended.status).toBe(204);
    expect((await closed)[0]).toBe(4401);

    const last = new WebSocket(address.replace('http', 'ws') + path.replace(two.token, one.token));
    await once(last, 'open');
    const restarting = once(last, 'close');
    const began = performance.now();
    relay.child.kill('SIGTERM');
    expect((await restarting)[0]).toBe(1012);
    expect((await relay.ended).code).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
