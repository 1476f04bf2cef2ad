import { createHash, randomBytes } from 'node:crypto';

/** A secret of `bits`, in letters that fit into an address. */
export const newSecret = (bits: 128 | 256): string => randomBytes(bits / 8).toString('base64url');

/** What is stored of a secret. A plain hash will do: there is nothing to guess in 128 random bits. */
export const fingerprint = (secret: string): Buffer => createHash('sha256').update(secret).digest();
