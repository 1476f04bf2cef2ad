/* Being told of answers while the page is closed: by this browser's own push service, if the guest wants it. */
import { applicationKey, forgetAtRelay, tellRelay } from '../data/notices/subscription.ts';
import { language } from '../i18n/language.svelte.ts';

const door = '/api/guest/push';

const registration = async (): Promise<ServiceWorkerRegistration | undefined> =>
  navigator.serviceWorker.getRegistration('/c/');

/** Whether this browser has such a thing, and its person has not said no for ever. */
export const canBeTold = (): boolean =>
  'serviceWorker' in navigator && 'PushManager' in window && Notification.permission !== 'denied';

/** Resolves to whether the guest is told from now on; `asks` only in answer to a click. */
export async function beTold(asks: boolean): Promise<boolean> {
  try {
    if (!canBeTold()) return false;
    const permission = asks ? await Notification.requestPermission() : Notification.permission;
    const worker = await registration();
    if (permission !== 'granted' || !worker) return false;
    const before = await worker.pushManager.getSubscription();
    const applicationServerKey = before ? null : await applicationKey(door);
    if (!before && !applicationServerKey) return false;
    const subscription =
      before ?? (await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey }));
    return await tellRelay(subscription, language.current, door);
  } catch {
    return false;
  }
}

export async function beToldNoMore(): Promise<void> {
  await forgetAtRelay(door);
  const subscription = await (await registration())?.pushManager.getSubscription();
  await subscription?.unsubscribe();
}
