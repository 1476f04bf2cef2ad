import type { MemberId } from '../../shared/base/ids.ts';
import type { Failure } from '../../shared/base/errors.ts';
import type { Result } from '../../shared/base/result.ts';
import type { PushLanguage } from '../../shared/protocol/pushed.ts';
import type { Caller } from '../relay/contract.ts';

/** Where a browser is told of something while no page is open, as its push service gave it. */
export interface PushAddress {
  readonly endpoint: string;
  /** The browser's public key and secret, base64url: only it can read what is sent. */
  readonly p256dh: string;
  readonly auth: string;
}

export interface Subscription extends PushAddress {
  readonly session: string;
  readonly member: MemberId;
  readonly language: PushLanguage;
  readonly createdAt: number;
}

/** The key by which push services know the relay, base64url. */
export interface PushKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** Browsers of one member that are told of things; the oldest gives way. */
export const mostOfMember = 20;

export interface PushStore {
  /** Null when there is none, or what is stored is damaged. */
  keys(): PushKeys | null;
  setKeys(keys: PushKeys): void;
  /** A session has one; the same browser under another session has none any more. */
  put(subscription: Subscription): void;
  /** `endpoint`: only while it is still that one. */
  remove(session: string, endpoint?: string): void;
  of(member: MemberId): Subscription[];
  members(): MemberId[];
}

export interface Push {
  /** What browsers need to subscribe, base64url. */
  readonly publicKey: string;
  subscribe(caller: Caller, address: PushAddress, language: PushLanguage): Result<void, Failure>;
  unsubscribe(caller: Caller): void;
  stop(): void;
}
