/* What the service worker does with pushed messages, and with clicks on notifications. */
import { noticePlace } from '../data/notices/place.ts';
import { clickNote, pathOf } from '../data/notices/clicks.ts';
import { countOn, readNotice, showNotice } from '../data/notices/notices.ts';
import { subscribeAgain } from '../data/notices/subscription.ts';

const pagesOf = (worker: ServiceWorkerGlobalScope): Promise<readonly WindowClient[]> =>
  worker.clients.matchAll({ type: 'window', includeUncontrolled: true });

async function show(worker: ServiceWorkerGlobalScope, text: string): Promise<void> {
  const notice = readNotice(text);
  if (!notice) return;
  const pages = await pagesOf(worker);
  const place = noticePlace(worker.registration);
  const isLookedAt = pages.some(({ focused }) => focused);
  const isShown = await showNotice(place, notice, isLookedAt);
  if (isShown && pages.length === 0) await countOn(place, notice.count);
}

/** To the page that is open, or a new one. */
async function goTo(worker: ServiceWorkerGlobalScope, path: string): Promise<void> {
  const pages = await pagesOf(worker);
  const page = pages.find(({ visibilityState }) => visibilityState === 'visible') ?? pages[0];
  if (!page) return void (await worker.clients.openWindow(path));
  page.postMessage(clickNote(path));
  await page.focus().catch(() => undefined);
}

export function handlePushes(worker: ServiceWorkerGlobalScope): void {
  worker.addEventListener('push', (event) => {
    const text = event.data?.text();
    if (text !== undefined) event.waitUntil(show(worker, text));
  });
  worker.addEventListener('notificationclick', (event) => {
    event.notification.close();
    event.waitUntil(goTo(worker, pathOf(event.notification.data)));
  });
  worker.addEventListener('pushsubscriptionchange', (event) => {
    (event as ExtendableEvent).waitUntil(
      subscribeAgain(worker.registration, navigator.language).catch(() => undefined), // the next page that opens does it
    );
  });
}
