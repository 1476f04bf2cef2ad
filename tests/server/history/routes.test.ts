import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import {
  newId,
  type CommandId,
  type DeviceId,
  type MemberId,
  type RoomId,
} from '../../../shared/base/ids.ts';
import { createApp } from '../../../server/app.ts';
import { createBoundMetrics } from '../../../server/bound-metrics.ts';
import { defaultBounds } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { createRelayMetrics } from '../../../server/relay-metrics.ts';
import type { Caller } from '../../../server/relay/contract.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import { bearer, codeOf, host, owner, type SignedIn } from '../http/test-app.ts';
import { Writer } from './history-rig.ts';
import { noCards } from '../../support/no-cards.ts';

const day = 24 * 3_600_000;

let folder: string;
let workspace: Workspace;
let send: (path: string, token?: string, method?: string, body?: unknown) => Promise<Response>;
let lin: SignedIn;
let now: number;

beforeEach(async () => {
  now = Date.UTC(2026, 0, 5, 9);
  folder = mkdtempSync(join(tmpdir(), 'weft-routes-'));
  const clock = { now: () => now };
  const registry = new Registry();
  const boundMetrics = createBoundMetrics(registry, defaultBounds);
  const metrics = createRelayMetrics(registry, boundMetrics);
  const sessionLimits = { idle: 1_000 * day, longest: 1_000 * day };
  workspace = await openWorkspace({
    folder,
    durability: 'process',
    clock,
    keepDays: 30,
    metrics,
    sessionLimits,
  });
  const app = createApp({
    ...workspace,
    clock,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    cards: noCards,
    metrics: createRequestMetrics(registry),
    bounds: defaultBounds,
    boundMetrics,
    files: null,
    publicUrl: null,
    trustedProxies: 0,
  });
  send = (path, token, method = 'GET', body) =>
    Promise.resolve(
      app.request(path, {
        method,
        headers: {
          host,
          ...(token ? bearer(token) : {}),
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      }),
    );
  const setUp = { token: workspace.auth.setup.link(), workspace: 'Example Ltd', ...owner };
  lin = (await (await send('/api/setup', undefined, 'POST', setUp)).json()) as SignedIn;
});
afterEach(async () => {
  await workspace.relay.stop();
  workspace.close();
  rmSync(folder, { recursive: true, force: true });
});

const caller = (): Caller => ({
  member: lin.member.id as MemberId,
  device: lin.session.device as DeviceId,
  session: lin.session.id,
});
const room = (kind: string, id: string): RoomId => `${lin.workspace.id}/${kind}/${id}` as RoomId;

/** One row each, so much later than the one before. */
async function write(pad: RoomId, texts: readonly string[], apart: number): Promise<Writer> {
  const [client] = await workspace.relay.lease(caller(), 1);
  const writer = new Writer('lin', client!);
  for (const text of texts) {
    writer.text.insert(writer.text.length, text);
    const taken = await workspace.relay.update(caller(), pad, writer.take()!);
    if (!taken.ok) throw new Error(taken.error.message);
    now += apart;
  }
  return writer;
}

async function command(to: RoomId, type: string, data: unknown, n: number): Promise<void> {
  const done = await workspace.relay.command(caller(), { id: newId<CommandId>(), n, room: to, type, data });
  if (!done.ok) throw new Error(done.message);
}

async function joined(name: string): Promise<SignedIn> {
  const wish = { role: 'member', maxUses: null, expiresInDays: 7 };
  const made = await send('/api/invitations', lin.token, 'POST', wish);
  const { code } = (await made.json()) as { code: string };
  const join = { name, email: `${name}@example.com`, password: `${name} has a secret` };
  return (await (await send(`/api/join/${code}`, undefined, 'POST', join)).json()) as SignedIn;
}

describe('GET /api/room-at', () => {
  it('gives a text as bytes with headers, and as JSON', async () => {
    const pad = room('scratch', 'pad');
    const begun = now;
    await write(pad, ['one ', 'two ', 'three'], 60_000);
    const path = `/api/room-at?room=${pad}&at=${begun + 90_000}`;
    const answer = await send(path, lin.token);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('weft-version-at')).toBe(String(begun + 60_000));
    expect(answer.headers.get('weft-version-by')).toBe(lin.member.id);
    expect(answer.headers.get('weft-version-exact')).toBe('true');
    const doc = new Y.Doc();
    Y.applyUpdate(doc, new Uint8Array(await answer.arrayBuffer()));
    expect(doc.getText('t').toString()).toBe('one two ');
    const asJson = (await (await send(`${path}&as=json`, lin.token)).json()) as Record<string, unknown>;
    expect(asJson).toMatchObject({ seq: 1, at: begun + 60_000, by: lin.member.id, exact: true });
    const again = new Y.Doc();
    Y.applyUpdate(again, Buffer.from(String(asJson['update']), 'base64'));
    expect(again.getText('t').toString()).toBe('one two ');
  });

  it('gives a log as its entries and what they come to', async () => {
    const chat = room('chat', 'team');
    const begun = now;
    const created = { type: 'group', title: 'Team', members: [lin.member.id] };
    await command(chat, 'chat.create', created, 1);
    for (let n = 2; n < 6; n++) {
      now += 60_000;
      await command(chat, 'chat.send', { text: `message ${n}` }, n);
    }
    const answer = await send(`/api/room-at?room=${chat}&at=${begun + 130_000}&limit=2`, lin.token);
    expect(await answer.json()).toMatchObject({
      seq: 2,
      from: 1,
      at: begun + 120_000,
      entries: [{ seq: 1 }, { seq: 2, data: { text: 'message 3' } }],
      state: { title: 'Team' },
    });
  });

  it('says what is not kept, what was not there yet, and what is no moment', async () => {
    const pad = room('scratch', 'pad');
    const begun = now;
    await write(pad, ['a', 'b', 'c'], 3_600_000);
    now += 100 * day;
    await workspace.relay.history.tend();
    const at = async (moment: string) => send(`/api/room-at?room=${pad}&at=${moment}`, lin.token);
    const gone = await at(String(begun + 1));
    expect([gone.status, await codeOf(gone)]).toEqual([410, 'not-kept']);
    const before = await at(String(begun - 1));
    expect([before.status, await codeOf(before)]).toEqual([404, 'room-not-found']);
    for (const wrong of ['', 'yesterday', '-1', '1e99']) expect((await at(wrong)).status).toBe(400);
    expect((await at(String(now))).status).toBe(200);
  });
});

describe('the other routes', () => {
  it('list versions and authors', async () => {
    const pad = room('scratch', 'pad');
    const begun = now;
    await write(pad, ['one ', 'two ', 'three'], 20 * 60_000);
    const versions = await (await send(`/api/versions?room=${pad}&limit=2`, lin.token)).json();
    expect(versions).toMatchObject({ versions: [{ seq: 2 }, { seq: 1, rows: 1, merged: false }], next: 1 });
    const path = encodeURIComponent('["t"]');
    const authors = await (await send(`/api/attribution?room=${pad}&path=${path}&from=3`, lin.token)).json();
    expect(authors).toMatchObject({
      of: 'sequence',
      length: 13,
      runs: [
        { from: 3, to: 4, by: lin.member.id, at: begun },
        { from: 4, to: 8 },
        { from: 8, to: 13 },
      ],
    });
    const nowhere = await send(`/api/attribution?room=${pad}&path=${encodeURIComponent('["x"]')}`, lin.token);
    expect([nowhere.status, await codeOf(nowhere)]).toEqual([404, 'not-found']);
    for (const wrong of ['t', '[]', '{}', '[null]', '[-1]', '["t",0.5]'])
      expect(
        (await send(`/api/attribution?room=${pad}&path=${encodeURIComponent(wrong)}`, lin.token)).status,
      ).toBe(400);
    const log = await send(`/api/attribution?room=${room('directory', 'main')}`, lin.token);
    expect([log.status, await codeOf(log)]).toEqual([400, 'bad-request']);
  });

  it('answer readers of the room, with the rights of now', async () => {
    const chat = room('chat', 'private');
    const eve = await joined('Eve');
    const members = [lin.member.id, eve.member.id];
    await command(chat, 'chat.create', { type: 'group', title: 'Private', members }, 1);
    const routes = [`/api/room-at?at=${now}&room=${chat}`, `/api/versions?room=${chat}`];
    for (const path of routes) {
      expect((await send(path)).status).toBe(401);
      expect((await send(path, eve.token)).status).toBe(200);
    }
    await command(chat, 'chat.removeMember', { member: eve.member.id }, 2);
    for (const path of routes) {
      const refused = await send(path, eve.token);
      expect([refused.status, await codeOf(refused)]).toEqual([403, 'forbidden']);
      expect((await send(path, lin.token)).status).toBe(200);
    }
    // Who loses the right while the answer is made gets none.
    const pad = room('scratch', 'pad');
    await write(pad, ['secret'], 1_000);
    const asked = send(`/api/room-at?at=${now}&room=${pad}`, eve.token);
    // The workshop's thread takes longer to start than these turns.
    for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate);
    workspace.auth.sessions.end(eve.member.id as MemberId, eve.session.id);
    expect((await asked).status).toBe(401);
  });

  it('let no member have all the places where people wait', async () => {
    const pad = room('scratch', 'pad');
    await write(pad, ['one'], 1_000);
    const eve = await joined('Eve');
    const paths = [`/api/room-at?at=${now}&room=${pad}`, `/api/attribution?room=${pad}`];
    const asked = Array.from({ length: 40 }, (_, i) => send(paths[i % 2]!, lin.token));
    const other = await send(paths[0]!, eve.token);
    expect(other.status).toBe(200);
    const answers = await Promise.all(asked);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(36);
    expect([refused[0]!.headers.get('retry-after'), await codeOf(refused[0]!)]).toEqual([
      '5',
      'too-many-requests',
    ]);
    // What was answered makes place for the next.
    expect((await send(paths[1]!, lin.token)).status).toBe(200);
  });

  it('end in the middle for a reader who may not have the rest any more', async () => {
    const pad = room('scratch', 'pad');
    await write(pad, ['secret '.repeat(100_000)], 1_000);
    const path = `/api/room-at?at=${now}&room=${pad}`;
    const readers = await Promise.all(
      [path, `${path}&as=json`].map(async (each) => (await send(each, lin.token)).body!.getReader()),
    );
    const got: number[] = [];
    for (const reader of readers) got.push((await reader.read()).value!.length);
    workspace.auth.sessions.end(lin.member.id as MemberId, lin.session.id);
    const later = performance.now() + 1_000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => later);
    try {
      for (const [i, reader] of readers.entries())
        for (let read = await reader.read(); !read.done; read = await reader.read())
          got[i]! += read.value.length;
      // No more than what was made ready before.
      for (const bytes of got) expect(bytes).toBeLessThan(200_000);
    } finally {
      clock.mockRestore();
    }
  });

  it('are counted', async () => {
    const pad = room('scratch', 'pad');
    await write(pad, ['one', 'two'], 3_600_000);
    now += 100 * day;
    await workspace.relay.history.tend();
    const metrics = await (await send('/metrics')).text();
    expect(metrics).toContain('weft_rows_compacted_total{into="retention"} 1');
    expect(metrics).toContain('weft_compaction_seconds_count{into="retention"} 1');
    expect(metrics).toMatch(/^weft_history_jobs \d/m);
  });
});
