import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { createApp } from '../../../server/app.ts';
import { createAuth } from '../../../server/auth/index.ts';
import { createSqliteAuthStore } from '../../../server/auth/sqlite-auth-store.ts';
import type { ThrottleLimits } from '../../../server/auth/throttle.ts';
import { createFolderBlobs } from '../../../server/blobs/folder.ts';
import { createSqliteBlobIndex } from '../../../server/blobs/sqlite-blob-index.ts';
import { defaultBounds, noBoundMetrics, type Bounds } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import type { StaticFiles } from '../../../server/http/static-files.ts';
import { createSqliteBroadcasts } from '../../../server/storage/sqlite/broadcasts.ts';
import { createSqliteWordHits } from '../../../server/storage/sqlite/word-hits.ts';
import { createSqliteCustomers } from '../../../server/storage/sqlite/customers.ts';
import { openDatabase } from '../../../server/storage/sqlite/open.ts';
import { noCards } from '../../support/no-cards.ts';
import { createFakeRelay } from '../auth/fake-relay.ts';

export interface TestAppOptions {
  readonly publicUrl?: string;
  readonly trustedProxies?: number;
  readonly throttle?: ThrottleLimits;
  readonly files?: StaticFiles;
  readonly bounds?: Partial<Bounds>;
}

export const owner = { name: 'Lin Wei', email: 'lin@example.com', password: 'correct horse' };
export const host = 'weft.test';
/** What a page of our own sends along. */
export const ownPage = { origin: `http://${host}`, host };

/** The whole app on a fake relay, a database in memory and a folder of its own, without a network. */
export async function makeApp(options: TestAppOptions = {}) {
  let now = Date.UTC(2026, 0, 5, 9);
  const clock = { now: () => now };
  const database = openDatabase(':memory:', { durability: 'process' });
  const relay = createFakeRelay(database, clock);
  const authStore = createSqliteAuthStore(database);
  const auth = createAuth({
    store: authStore,
    relay,
    clock,
    ...(options.throttle ? { limits: options.throttle } : {}),
  });
  const folder = mkdtempSync(join(tmpdir(), 'weft-app-'));
  const logged: { facts: object; message: string }[] = [];
  const note = (facts: object, message: string): void => void logged.push({ facts, message });
  const blobs = await createFolderBlobs({
    folder: join(folder, 'blobs'),
    index: createSqliteBlobIndex(database),
    clock,
    bounds: { ...defaultBounds, ...options.bounds },
  });
  const app = createApp({
    relay,
    auth,
    blobs,
    customers: createSqliteCustomers(database),
    cards: noCards,
    broadcasts: createSqliteBroadcasts(database),
    wordHits: createSqliteWordHits(database),
    clock,
    log: { info: note, warn: note, error: note },
    metrics: createRequestMetrics(new Registry()),
    bounds: { ...defaultBounds, ...options.bounds },
    boundMetrics: noBoundMetrics,
    files: options.files ?? null,
    publicUrl: options.publicUrl ?? null,
    trustedProxies: options.trustedProxies ?? 0,
  });

  const send = (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    Promise.resolve(
      app.request(path, {
        method,
        headers: { host, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  const setUp = async (): Promise<SignedIn> => {
    const answer = await send('POST', '/api/setup', {
      token: auth.setup.link(),
      workspace: 'Example Ltd',
      ...owner,
    });
    return (await answer.json()) as SignedIn;
  };
  const invite = async (by: SignedIn, wish: object = {}): Promise<string> => {
    const whole = { role: 'member', maxUses: null, expiresInDays: 7, ...wish };
    const answer = await send('POST', '/api/invitations', whole, bearer(by.token));
    return ((await answer.json()) as { code: string }).code;
  };
  const joinBy = (code: string, name: string): Promise<Response> =>
    send('POST', `/api/join/${code}`, {
      name,
      email: `${name}@example.com`,
      password: `${name} has a secret`,
    });

  return {
    app,
    relay,
    auth,
    authStore,
    blobs,
    database,
    folder,
    logged,
    send,
    setUp,
    invite,
    join: joinBy,
    signIn: (email: string, password: string, headers: Record<string, string> = {}) =>
      send('POST', '/api/sign-in', { email, password }, headers),
    pass: (milliseconds: number) => void (now += milliseconds),
    async close() {
      database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type TestApp = Awaited<ReturnType<typeof makeApp>>;

export interface SignedIn {
  readonly token: string;
  readonly member: {
    readonly id: string;
    readonly name: string;
    readonly email: string;
    readonly role: string;
  };
  readonly workspace: { readonly id: string; readonly name: string };
  readonly session: { readonly id: string; readonly device: string };
}

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** The cookie of an answer as a browser would send it back. */
export const cookieOf = (answer: Response): string => (answer.headers.get('set-cookie') ?? '').split(';')[0]!;

export const codeOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { error: { code: string } }).error.code;
