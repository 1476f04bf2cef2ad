/* The notifications of this browser, for pages and for the service worker. */
import type { NoticeMemory, NoticePlace } from './notices.ts';

const cacheName = 'weft-notices';
const key = '/notices';

export const readMemory = async (): Promise<NoticeMemory | null> => {
  const kept = await (await caches.open(cacheName)).match(key);
  return kept ? ((await kept.json()) as NoticeMemory) : null;
};

export const writeMemory = async (memory: NoticeMemory): Promise<void> =>
  (await caches.open(cacheName)).put(key, new Response(JSON.stringify(memory)));

/** The icon of the installed app counts, where the system has that. */
export function setBadge(count: number): void {
  if (!('setAppBadge' in navigator)) return;
  const done = count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge();
  done.catch(() => undefined); // not installed, or not allowed: only a nicety
}

export const noticePlace = (registration: ServiceWorkerRegistration): NoticePlace => ({
  read: readMemory,
  write: writeMemory,
  show: (title, options) => registration.showNotification(title, options),
  shown: () => registration.getNotifications(),
  badge: setBadge,
});
