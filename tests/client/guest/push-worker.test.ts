import { afterEach, expect, test, vi } from 'vitest';
import { handlePushes as handleGuestPushes } from '../../../client/guest/push-worker.ts';
import { handlePushes } from '../../../client/pwa/push-worker.ts';

afterEach(() => vi.unstubAllGlobals());

test.each([
  ['a guest’s', handleGuestPushes, '/api/guest/push'],
  ['a member’s', handlePushes, '/api/push'],
])('%s browser that was given another address tells the relay of it', async (_whose, handle, door) => {
  const asked: { path: string; method: string; body: unknown }[] = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit = {}) => {
    const { method = 'GET', body } = init;
    asked.push({ path, method, body: typeof body === 'string' ? (JSON.parse(body) as unknown) : null });
    return Promise.resolve(Response.json({ key: 'AQID' }));
  });
  vi.stubGlobal('navigator', { language: 'zh-CN' });
  const subscribed: unknown[] = [];
  const address = { endpoint: 'https://push.example/new', keys: { p256dh: 'p', auth: 'a' } };
  const listeners = new Map<string, (event: unknown) => void>();
  const worker = {
    addEventListener: (type: string, listen: (event: unknown) => void) => listeners.set(type, listen),
    registration: {
      pushManager: {
        subscribe(wish: unknown) {
          subscribed.push(wish);
          return Promise.resolve({ toJSON: () => address });
        },
      },
    },
  };
  handle(worker as unknown as ServiceWorkerGlobalScope);
  let done: Promise<unknown> = Promise.resolve();
  listeners.get('pushsubscriptionchange')!({ waitUntil: (work: Promise<unknown>) => (done = work) });
  await done;
  expect(subscribed).toEqual([{ userVisibleOnly: true, applicationServerKey: 'AQID' }]);
  expect(asked).toEqual([
    { path: door, method: 'GET', body: null },
    { path: door, method: 'PUT', body: { ...address, language: 'zh' } },
  ]);
});
