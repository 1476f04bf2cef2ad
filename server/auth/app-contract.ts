import type { AppId, CustomerId } from '../../shared/base/ids.ts';

/** A key of an app. Whether it is good stands in the log of apps; here is only how it is known again. */
export interface StoredAppKey {
  readonly id: string;
  readonly app: AppId;
  readonly createdAt: number;
  readonly usedAt: number | null;
}

/** What an app calls a customer, in its own words. */
export interface External {
  readonly customer: CustomerId;
  readonly external: string;
}

/** Keys of apps, and what apps call customers. Keys arrive as fingerprints only. Every method may throw `StorageError`. */
export interface AppStore {
  insertKey(key: Omit<StoredAppKey, 'usedAt'>, fingerprint: Uint8Array): void;
  keyByFingerprint(fingerprint: Uint8Array): StoredAppKey | null;
  touchKey(id: string, usedAt: number): void;
  keysOf(app: AppId): StoredAppKey[];

  externalOf(app: AppId, customer: CustomerId): string | null;
  customerOf(app: AppId, external: string): CustomerId | null;
  /** False where another customer has it; null takes it away. */
  setExternal(app: AppId, customer: CustomerId, external: string | null): boolean;
}
