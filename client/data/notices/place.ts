/* The notifications of this browser, for pages and for the service worker. */
import type { NoticeMemory, NoticeMemoryPlace, NoticePlace } from './notices.ts';

/** Of the cache, and of the lock that goes with it. */
const name = 'weft-notices';
const key = '/notices';

export const noticeMemory: NoticeMemoryPlace = {
  async read() {
    const kept = await (await caches.open(name)).match(key);
    return kept ? ((await kept.json()) as NoticeMemory) : null;
  },
  write: async (memory) => (await caches.open(name)).put(key, new Response(JSON.stringify(memory))),
  async alone(work) {
    const locks: LockManager | undefined = navigator.locks;
    return locks ? locks.request(name, work) : work();
  },
};

/** The icon of the installed app counts, where the system has that. */
export function setBadge(count: number): void {
  if (!('setAppBadge' in navigator)) return;
  const done = count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge();
  done.catch(() => undefined); // not installed, or not allowed: only a nicety
}

export const noticePlace = (registration: ServiceWorkerRegistration): NoticePlace => ({
  ...noticeMemory,
  show: (title, options) => registration.showNotification(title, options),
  shown: () => registration.getNotifications(),
  badge: setBadge,
});
