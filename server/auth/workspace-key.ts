import { createHash, createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { AuthStore } from './contract.ts';

/** By what somebody outside knows this company again: made once, kept in the database, and so in every backup. */
export interface WorkspaceKey {
  /** The public half (ed25519, SPKI in DER), base64. */
  readonly publicKey: string;
  /** What people compare: 16 hexadecimal digits of its SHA-256, in fours. */
  readonly fingerprint: string;
  /** Base64 of the signature over the text's UTF-8 bytes. */
  sign(text: string): string;
}

function made(): { publicKey: string; privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  };
}

export function openWorkspaceKey(store: Pick<AuthStore, 'workspaceKey' | 'setWorkspaceKey'>): WorkspaceKey {
  let keys = store.workspaceKey();
  if (!keys) store.setWorkspaceKey((keys = made()));
  const { publicKey } = keys;
  const secret: KeyObject = createPrivateKey({
    key: Buffer.from(keys.privateKey, 'base64'),
    format: 'der',
    type: 'pkcs8',
  });
  const digest = createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');
  return {
    publicKey,
    fingerprint: digest.slice(0, 16).toUpperCase().match(/.{4}/g)!.join(' '),
    sign: (text) => sign(null, Buffer.from(text), secret).toString('base64'),
  };
}
