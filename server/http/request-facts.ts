import type { Context } from 'hono';
import type { AppEnvironment } from './environment.ts';
import { networkOf } from '../auth/networks.ts';

/** The last but n entries of `X-Forwarded-For` were written by proxies we trust; what is before them anybody can write. */
function forwardedAddress(header: string | undefined, trusted: number): string | undefined {
  const hops = header?.split(',').map((hop) => hop.trim()) ?? [];
  return hops.length >= trusted ? hops[hops.length - trusted] : undefined;
}

/** The network that attempts of this request are counted for. */
export function clientNetwork(c: Context<AppEnvironment>, trustedProxies: number): string {
  const direct = c.env?.incoming?.socket?.remoteAddress ?? 'unknown';
  const forwarded =
    trustedProxies > 0 ? forwardedAddress(c.req.header('x-forwarded-for'), trustedProxies) : undefined;
  return networkOf(forwarded ?? direct);
}

/** Whether the person's browser speaks TLS with us or with the proxy before us. */
export function isSecure(
  c: Context,
  { publicUrl, trustedProxies }: { readonly publicUrl: string | null; readonly trustedProxies: number },
): boolean {
  if (publicUrl !== null) return publicUrl.startsWith('https:');
  return trustedProxies > 0 && c.req.header('x-forwarded-proto')?.split(',').at(-1)?.trim() === 'https';
}
