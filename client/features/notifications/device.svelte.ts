/* Whether this browser may tell its person of messages, and whether it can while no page is open. */
import { applicationKey, forgetAtRelay, tellRelay } from '../../data/notices/subscription.ts';
import { language } from '../../i18n/index.ts';

/**
 * `none`: this browser or address has no notifications. `denied`: the person said no to the browser. `ask`: nobody was
 * asked. `off`: switched off here. `open`: on while a page is open; the browser's push service cannot be reached.
 * `on`: also while none is.
 */
export type DeviceState = 'none' | 'denied' | 'ask' | 'off' | 'open' | 'on';

const storageKey = 'weft-notifications';
/** There once somebody answered, or waved aside, whether they want any here. */
const askedKey = 'weft-notifications-asked';

const recall = (key: string): string | null => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};
const remember = (key: string, value: string): void => {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Holds for this page then.
  }
};

/** The service worker that shows notifications; null where there is none. */
export async function registration(): Promise<ServiceWorkerRegistration | null> {
  if (!('serviceWorker' in navigator)) return null;
  return (await navigator.serviceWorker.getRegistration().catch(() => undefined)) ?? null;
}

/** Whether a subscription is for this key, which the relay says in base64 as addresses have it. */
const isFor = (key: string, bytes: ArrayBuffer | null): boolean =>
  btoa(String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer())))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '') === key;

class NoticeDevice {
  #state = $state<DeviceState>('none');
  #missed = $state(false);

  get state(): DeviceState {
    return this.#state;
  }

  get shows(): boolean {
    return this.#state === 'open' || this.#state === 'on';
  }

  /** Something came that would have been told here, and nobody was asked yet whether they want that. */
  get offers(): boolean {
    return this.#missed && this.#state === 'ask';
  }

  /** Something came that is told where that is allowed. */
  came(): void {
    this.#missed ||= this.#state === 'ask' && recall(askedKey) === null;
  }

  /** They were asked, and are not asked again. */
  asked(): void {
    remember(askedKey, 'yes');
    this.#missed = false;
  }

  /** Looks what this browser allows, and brings its push address to the relay again: either may have forgotten it. */
  async start(): Promise<void> {
    // Only pages over https have both; while Weft is developed nothing is kept of it in the browser.
    if (!('Notification' in globalThis) || !('serviceWorker' in navigator) || import.meta.env.DEV) return;
    if (Notification.permission === 'denied') this.#state = 'denied';
    else if (Notification.permission === 'default') this.#state = 'ask';
    else if (recall(storageKey) === 'off') this.#state = 'off';
    else await this.#subscribe();
  }

  async enable(): Promise<void> {
    remember(storageKey, 'on');
    this.asked();
    await Notification.requestPermission();
    await this.start();
  }

  async disable(): Promise<void> {
    remember(storageKey, 'off');
    this.#state = 'off';
    await forgetAtRelay();
    const subscription = await (await registration())?.pushManager.getSubscription();
    await subscription?.unsubscribe().catch(() => false);
  }

  async #subscribe(): Promise<void> {
    // With the very first page it is still being installed.
    const worker = await navigator.serviceWorker.ready;
    this.#state = 'open';
    const key = 'pushManager' in worker ? await applicationKey() : null;
    if (!key) return;
    try {
      let subscription = await worker.pushManager.getSubscription();
      if (subscription && !isFor(key, subscription.options.applicationServerKey)) {
        // Another relay's, or this one made new keys.
        await subscription.unsubscribe();
        subscription = null;
      }
      subscription ??= await worker.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: key,
      });
      if (await tellRelay(subscription, language.current)) this.#state = 'on';
    } catch {
      // The browser's push service cannot be reached: it is tried again with the next page.
    }
  }
}

export const noticeDevice = new NoticeDevice();
