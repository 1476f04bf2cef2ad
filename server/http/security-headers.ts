import type { MiddlewareHandler } from 'hono';
import type { AppDeps } from './deps.ts';
import type { AppEnvironment } from './environment.ts';
import { isSecure } from './request-facts.ts';

const hostShape = /^[A-Za-z0-9.-]{1,253}(:\d{1,5})?$|^\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?$/;

/** The socket's address by name too: not every browser counts `ws:` of the same host as 'self'. */
const sockets = (host: string | undefined): string =>
  host && hostShape.test(host) ? ` ws://${host} wss://${host}` : '';

/**
 * What pages of ours may load: our own files, pictures from this device, nothing from elsewhere. The editor and the
 * widgets set styles from code, so inline styles are allowed; inline scripts only by the hash that the build gave them.
 */
export const contentPolicy = (host: string | undefined, scriptHashes: readonly string[]): string =>
  [
    "default-src 'none'",
    ["script-src 'self'", ...scriptHashes.map((hash) => `'${hash}'`)].join(' '),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self' data:",
    "media-src 'self' blob:",
    `connect-src 'self'${sockets(host)}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

/** On every answer; a route that needs something stricter sets its own. */
export const securityHeaders =
  ({ publicUrl, trustedProxies, files }: AppDeps): MiddlewareHandler<AppEnvironment> =>
  async (c, next) => {
    await next();
    const { headers } = c.res;
    const set = (name: string, value: string): void => {
      if (!headers.has(name)) headers.set(name, value);
    };
    set('Content-Security-Policy', contentPolicy(c.req.header('host'), files?.scriptHashes ?? []));
    set('X-Content-Type-Options', 'nosniff');
    set('Referrer-Policy', 'no-referrer');
    set('X-Frame-Options', 'DENY');
    set('Cross-Origin-Opener-Policy', 'same-origin');
    set('Cross-Origin-Resource-Policy', 'same-origin');
    set('Permissions-Policy', 'camera=(), geolocation=(), payment=(), usb=()');
    if (isSecure(c, { publicUrl, trustedProxies }))
      set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  };
