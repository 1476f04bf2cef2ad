/* What the guest's worker does with pushed messages, and with clicks on what it shows. */
import { subscribeAgain } from '../data/notices/subscription.ts';
import type { PushedNotice } from '../../shared/protocol/pushed.ts';

const words = {
  en: (count: number) => (count > 1 ? `${count} new messages` : 'New message'),
  zh: (count: number) => (count > 1 ? `${count} 条新消息` : '新消息'),
} as const;

const pagesOf = (worker: ServiceWorkerGlobalScope): Promise<readonly WindowClient[]> =>
  worker.clients.matchAll({ type: 'window' });

async function show(worker: ServiceWorkerGlobalScope, text: string): Promise<void> {
  const { by, group, text: said, count, language } = JSON.parse(text) as PushedNotice;
  // Whoever looks at the page reads it there.
  if ((await pagesOf(worker)).some(({ focused }) => focused)) return;
  await worker.registration.showNotification([by, group].filter(Boolean).join(' · '), {
    body: said || words[language](count),
    tag: 'weft-guest',
    lang: language,
  });
}

/** The link by which this browser came, from the page's own copy. */
const lastCode = (): Promise<string | null> =>
  new Promise((resolve) => {
    const opening = indexedDB.open('weft-guest');
    opening.onerror = () => resolve(null);
    opening.onsuccess = () => {
      const db = opening.result;
      const done = (code: unknown): void => {
        db.close();
        resolve(typeof code === 'string' ? code : null);
      };
      if (!db.objectStoreNames.contains('facts')) return done(null);
      const asked = db.transaction('facts').objectStore('facts').get('code');
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => done(null);
    };
  });

async function goTo(worker: ServiceWorkerGlobalScope): Promise<void> {
  const [page] = await pagesOf(worker);
  if (page) return void (await page.focus());
  const code = await lastCode();
  if (code) await worker.clients.openWindow(`/c/${encodeURIComponent(code)}`);
}

export function handlePushes(worker: ServiceWorkerGlobalScope): void {
  worker.addEventListener('push', (event) => {
    const text = event.data?.text();
    if (text !== undefined) event.waitUntil(show(worker, text));
  });
  worker.addEventListener('notificationclick', (event) => {
    event.notification.close();
    event.waitUntil(goTo(worker));
  });
  worker.addEventListener('pushsubscriptionchange', (event) => {
    (event as ExtendableEvent).waitUntil(
      subscribeAgain(worker.registration, navigator.language, '/api/guest/push').catch(() => undefined), // the page does it when it opens
    );
  });
}
