import { afterEach, expect, test, vi } from 'vitest';

/** Named at run time: types of service workers and of pages do not go together in one program. */
const handling = (path: string) =>
  import(/* @vite-ignore */ path) as Promise<{ readonly handlePushes: (worker: unknown) => void }>;

afterEach(() => vi.unstubAllGlobals());

test.each([
  ['a guest’s', '../../../client/guest/push-worker.ts', '/api/guest/push'],
  ['a member’s', '../../../client/pwa/push-worker.ts', '/api/push'],
])('%s browser that was given another address tells the relay of it', async (_whose, path, door) => {
  const asked: { path: string; method: string; body: unknown }[] = [];
  vi.stubGlobal('fetch', (asks: string, init: RequestInit = {}) => {
    const { method = 'GET', body } = init;
    asked.push({ path: asks, method, body: typeof body === 'string' ? (JSON.parse(body) as unknown) : null });
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
  (await handling(path)).handlePushes(worker);
  let done: Promise<unknown> = Promise.resolve();
  listeners.get('pushsubscriptionchange')!({ waitUntil: (work: Promise<unknown>) => (done = work) });
  await done;
  expect(subscribed).toEqual([{ userVisibleOnly: true, applicationServerKey: 'AQID' }]);
  expect(asked).toEqual([
    { path: door, method: 'GET', body: null },
    { path: door, method: 'PUT', body: { ...address, language: 'zh' } },
  ]);
});
