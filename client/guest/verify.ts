/*
 * What binds a page to a company: a card, signed with the company's key, that says who they are, whose page this is, and
 * at which address they are reached. It is compared with what the page shows, and with the address in the browser's bar.
 */
import type { Verified } from './contract.ts';

export interface Shown {
  readonly company: string;
  /** Null where a team answers. */
  readonly person: { readonly name: string; readonly post: string } | null;
}

/** `unknown`: this browser has no such signatures; the address and the key are compared all the same. */
export type Signature = 'good' | 'bad' | 'unknown';

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

const fingerprintOf = async (key: Uint8Array<ArrayBuffer>): Promise<string> =>
  [...new Uint8Array(await crypto.subtle.digest('SHA-256', key)).subarray(0, 8)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()
    .replace(/(.{4})(?=.)/g, '$1 ');

/** Whether the key said to be the company's has signed what the page shows. */
export async function checkSignature(
  { card, key, publicKey, signature, host }: Verified,
  { company, person }: Shown,
): Promise<Signature> {
  let imported: CryptoKey;
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  // Without https there is no such thing, and older browsers lack the curve.
  if (!subtle) return 'unknown';
  try {
    imported = await subtle.importKey('spki', bytesOf(publicKey), 'Ed25519', false, ['verify']);
  } catch (error) {
    return error instanceof DOMException && error.name === 'NotSupportedError' ? 'unknown' : 'bad';
  }
  try {
    const isSigned = await subtle.verify(
      'Ed25519',
      imported,
      bytesOf(signature),
      new TextEncoder().encode(card),
    );
    if (!isSigned || (await fingerprintOf(bytesOf(publicKey))) !== key) return 'bad';
    const said = JSON.parse(card) as Shown & { readonly host: string };
    return said.company === company &&
      said.host === host &&
      (said.person?.name ?? '') === (person?.name ?? '') &&
      (said.person?.post ?? '') === (person?.post ?? '')
      ? 'good'
      : 'bad';
  } catch {
    return 'bad';
  }
}
