import type { StorageInfo } from './api.ts';

/** Null in browsers and contexts (plain http) that tell nothing of their storage. */
function storageOfBrowser(): StorageManager | null {
  if (typeof navigator === 'undefined') return null;
  const manager: StorageManager | undefined = navigator.storage;
  return manager ?? null;
}

export async function storageInfo(): Promise<StorageInfo> {
  const keeper = storageOfBrowser();
  const [estimate, persistent] = await Promise.all([keeper?.estimate(), keeper?.persisted()]);
  return {
    usedBytes: estimate?.usage ?? 0,
    quotaBytes: estimate?.quota ?? null,
    persistent: persistent ?? false,
  };
}

/** Asks the browser not to evict this site's data; resolves to whether it agreed. */
export const keepStorage = async (): Promise<boolean> => (await storageOfBrowser()?.persist()) ?? false;

/** Share of what the browser allows beyond which nothing is kept that can be fetched again. */
const mostUsed = 0.6;

/** Where the browser tells nothing, a full disk shows when it is. */
export async function hasSpace(): Promise<boolean> {
  const { usedBytes, quotaBytes } = await storageInfo();
  return quotaBytes === null || usedBytes < mostUsed * quotaBytes;
}
