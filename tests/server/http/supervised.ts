import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect } from 'vitest';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import { guestOf } from '../../../shared/base/guests.ts';
import type { CustomerId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import { noCards } from '../../support/no-cards.ts';
import { bearer, owner, type SignedIn } from './test-app.ts';

export const hour = 3_600_000;
export const monday = Date.UTC(2026, 0, 5);
export const room = (kind: string, id: string): RoomId => roomId(world.workspace.relay.workspace, kind, id);
export const idOf = (who: SignedIn): MemberId => who.member.id as MemberId;

/**
 * A company as every test of a file that calls `supervised` finds it: Lin owns it, Mei is Kim's superior, and Tom works
 * elsewhere. The clock stands at an hour past midnight of a Monday until a test moves it.
 */
interface World {
  folder: string;
  workspace: Workspace;
  app: ReturnType<typeof createApp>;
  now: number;
  n: number;
  lin: SignedIn;
  mei: SignedIn;
  kim: SignedIn;
  tom: SignedIn;
}
export const world = {} as World;

export const send = async (
  method: string,
  path: string,
  who: SignedIn | null,
  body?: unknown,
): Promise<Response> =>
  world.app.request(path, {
    method,
    headers: { ...(who ? bearer(who.token) : {}), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

/** What became of a command. */
export async function does(
  who: SignedIn,
  of: RoomId,
  type: string,
  data: unknown,
  id = `c${++world.n}`,
): Promise<string> {
  const command = { id, n: ++world.n, room: of, type, data };
  const answer = await send('POST', '/api/commands', who, { commands: [command] });
  const { results } = (await answer.json()) as { results: { ok: boolean; code?: string }[] };
  return results[0]!.ok ? 'ok' : results[0]!.code!;
}
export const say = async (who: SignedIn, kind: string, id: string, type: string, data: unknown) =>
  expect(await does(who, room(kind, id), type, data)).toBe('ok');

/** What a guest says in their conversation. */
export const guestSays = (customer: string, text: string, n = ++world.n) =>
  world.workspace.relay.command(
    { member: guestOf(customer as CustomerId), session: 's', device: `phone-${customer}` as never },
    {
      id: `g${n}` as never,
      n,
      room: room('chat', `customer-${customer}`),
      type: 'chat.send',
      data: { text },
    },
  );

/** A customer of somebody, who says hello. */
export async function begin(id: string, of: SignedIn): Promise<void> {
  const guest = guestOf(id as CustomerId);
  const data = { link: null, guest, owner: idOf(of), name: id, tags: [], language: 'en', consentAt: 1 };
  await world.workspace.relay.appendFact(room('customer', id), 'customer.begin', guest, data);
  await guestSays(id, 'hello');
}

async function open(): Promise<void> {
  const clock = { now: () => world.now };
  world.workspace = await openWorkspace({ folder: world.folder, durability: 'process', clock });
  const quiet = (): void => {};
  world.app = createApp({
    ...world.workspace,
    clock,
    log: { info: quiet, warn: quiet, error: quiet },
    cards: noCards,
    metrics: createRequestMetrics(new Registry()),
    bounds: defaultBounds,
    boundMetrics: noBoundMetrics,
    files: null,
    publicUrl: null,
    trustedProxies: 0,
  });
}

async function close(): Promise<void> {
  await world.workspace.relay.stop();
  world.workspace.close();
}

/** The relay ends, and another one goes on with its folder. */
export async function restart(): Promise<void> {
  await close();
  await open();
}

/** Makes the company anew for each test of the file. */
export function supervised(): void {
  beforeEach(async () => {
    world.folder = mkdtempSync(join(tmpdir(), 'weft-supervised-'));
    world.now = monday + hour;
    world.n = 0;
    await open();
    const token = world.workspace.auth.setup.link();
    const first = await send('POST', '/api/setup', null, { token, workspace: 'Example Ltd', ...owner });
    world.lin = (await first.json()) as SignedIn;
    const wish = { role: 'member', maxUses: 3, expiresInDays: 1 };
    const made = (await (await send('POST', '/api/invitations', world.lin, wish)).json()) as { code: string };
    const joined = async (name: string): Promise<SignedIn> => {
      const person = { name, email: `${name}@example.com`, password: `${name} has a secret` };
      return (await (await send('POST', `/api/join/${made.code}`, null, person)).json()) as SignedIn;
    };
    [world.mei, world.kim, world.tom] = [await joined('mei'), await joined('kim'), await joined('tom')];
    const under = { member: idOf(world.kim), superior: idOf(world.mei) };
    await say(world.lin, 'directory', 'main', 'member.edit', under);
  });
  afterEach(async () => {
    await close();
    rmSync(world.folder, { recursive: true, force: true });
  });
}
