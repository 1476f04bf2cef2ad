import { createECDH, createHash } from 'node:crypto';
import webPush from 'web-push';
import type { OutsideRequest } from '../outside/fetch.ts';
import type { PushAddress, PushKeys } from './contract.ts';

/** What push services keep for a browser that is away, and how long something is tried again. Milliseconds. */
export const keptFor = 24 * 3_600_000;

/** How long one push service may take to answer. Milliseconds. */
const patience = 10_000;
/** Bytes of its answer that are read: nothing in it is needed. */
const mostAnswer = 4_096;

export function newPushKeys(): PushKeys {
  return webPush.generateVAPIDKeys();
}

const fromText = (text: string): Buffer => Buffer.from(text, 'base64url');

/** Whether something can be encrypted for the browser: its key is a point of the curve, its secret has its length. */
export function isUsable({ p256dh, auth }: PushAddress): boolean {
  if (fromText(auth).length !== 16 || fromText(p256dh).length !== 65) return false;
  try {
    const own = createECDH('prime256v1');
    own.generateKeys();
    own.computeSecret(fromText(p256dh));
    return true;
  } catch {
    return false;
  }
}

/** A newer message of the same conversation takes the place of one that waits at the push service. */
const topicOf = (about: string): string =>
  createHash('sha256').update(about).digest('base64url').slice(0, 32);

export interface PushMessage {
  readonly to: PushAddress;
  readonly text: string;
  readonly about: string;
  readonly isPressing: boolean;
  /** How long it may still be kept. Milliseconds. */
  readonly left: number;
}

/** The request to the push service, encrypted for the browser and signed by the relay; `contact` as VAPID wants it. */
export function pushRequest(
  { to, text, about, isPressing, left }: PushMessage,
  keys: PushKeys,
  contact: string,
): OutsideRequest {
  const { endpoint, p256dh, auth } = to;
  const details = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, text, {
    vapidDetails: { subject: contact, ...keys },
    TTL: Math.max(0, Math.floor(left / 1000)),
    urgency: isPressing ? 'high' : 'normal',
    topic: topicOf(about),
    contentEncoding: 'aes128gcm',
  });
  const headers = Object.fromEntries(
    Object.entries(details.headers as Record<string, unknown>)
      .filter(([name]) => name.toLowerCase() !== 'content-length')
      .map(([name, value]) => [name, String(value)]),
  );
  return {
    url: endpoint,
    method: 'POST',
    headers,
    body: details.body,
    secure: true,
    most: mostAnswer,
    longer: 'cut',
    patience,
  };
}
