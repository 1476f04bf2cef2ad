/*
 * Keeps the guest's page on the device, so that it opens without a network. Its scope is /c/ and it touches nothing
 * else: the members' pages have a worker and caches of their own. Data is never its business.
 */
import { handlePushes } from './push-worker.ts';

declare const self: ServiceWorkerGlobalScope;

/** Replaced at build time. */
declare const __WEFT_BUILD__: { readonly version: string; readonly files: readonly string[] };

const prefix = 'weft-guest-';
const build = __WEFT_BUILD__;
const cacheName = `${prefix}${build.version}`;
const page = '/c/guest.html';

// All or nothing: a version that misses one file would break offline, so it is not installed at all.
const install = async (): Promise<void> => {
  const cache = await caches.open(cacheName);
  await cache.addAll(build.files.map((file) => new Request(file, { cache: 'no-cache' })));
  // An open page has loaded all there is of it: the newer version can take its place at once.
  await self.skipWaiting();
};

const activate = async (): Promise<void> => {
  for (const name of await caches.keys())
    if (name.startsWith(prefix) && name !== cacheName) await caches.delete(name);
  await self.clients.claim();
};

const answer = async (request: Request): Promise<Response> => {
  const cache = await caches.open(cacheName);
  return (await cache.match(request.mode === 'navigate' ? page : request)) ?? fetch(request);
};

handlePushes(self);
self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method === 'GET' && origin === self.location.origin && pathname.startsWith('/c/'))
    event.respondWith(answer(request));
});
