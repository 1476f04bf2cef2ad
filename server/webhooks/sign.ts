import { createHmac, randomBytes } from 'node:crypto';

/* Messages are signed as the Standard Webhooks specification has it, so that receivers can use a library of theirs. */

const prefix = 'whsec_';

/** 256 bits; as receivers are given it. */
export const newWebhookSecret = (): string => prefix + randomBytes(32).toString('base64');

/** One signature for each secret, so that a receiver may know either of them. `at`: seconds since 1970. */
export function signatures(secrets: readonly string[], message: string, at: number, body: string): string {
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(prefix.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${message}.${at}.${body}`).digest('base64')}`;
    })
    .join(' ');
}
