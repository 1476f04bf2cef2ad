/*
 * Keeps the built files of one version on the device and serves the page from there, network or not. Data is never its
 * business: /api, /sync and /c go to the relay untouched. The build (vite-plugin.ts) writes the list of files in.
 */
import { handlePushes } from './push-worker.ts';

declare const self: ServiceWorkerGlobalScope;

/** Replaced at build time. */
declare const __WEFT_BUILD__: { readonly version: string; readonly files: readonly string[] };

const prefix = 'weft-files-';
const build = __WEFT_BUILD__;
const cacheName = `${prefix}${build.version}`;
const page = '/index.html';
const relayPath = /^\/(api|sync|c|healthz|metrics)(\/|$)/;
// Vite's hashed names: the same name is the same content in every version.
const hashed = /^\/assets\//;

const keepFile = async (cache: Cache, file: string): Promise<void> => {
  const old = hashed.test(file) ? await caches.match(file) : undefined;
  const response = old ?? (await fetch(file, { cache: hashed.test(file) ? 'default' : 'no-cache' }));
  if (!response.ok) throw new Error(`${file} answered ${response.status}`);
  // A proxy may send /index.html on to /; browsers refuse a redirected answer for a navigation.
  const answer = response.redirected ? new Response(response.body, { headers: response.headers }) : response;
  await cache.put(file, answer);
};

// All or nothing: a version that misses one file would break offline, so it is not installed at all.
const install = async (): Promise<void> => {
  const cache = await caches.open(cacheName);
  await Promise.all(build.files.map((file) => keepFile(cache, file)));
};

const activate = async (): Promise<void> => {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith(prefix) && name !== cacheName).map((name) => caches.delete(name)),
  );
  await self.clients.claim();
};

const answer = async (request: Request): Promise<Response> => {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(request.mode === 'navigate' ? page : request, {
    ignoreSearch: request.mode === 'navigate',
  });
  return kept ?? fetch(request);
};

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('message', (event) => {
  if (event.data === 'take-over') event.waitUntil(self.skipWaiting());
});
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin || relayPath.test(url.pathname)) return;
  event.respondWith(answer(request));
});

handlePushes(self);
