import type { Context } from 'hono';
import type { AppEnvironment } from './environment.ts';
import { networkOf } from '../auth/networks.ts';

/** The last but n entries of `X-Forwarded-For` were written by proxies we trust; what is before them anybody can write. */
function forwardedAddress(header: string | undefined, trusted: number): string | undefined {
  const hops = header?.split(',').map((hop) => hop.trim()) ?? [];
  return hops.length >= trusted ? hops[hops.length - trusted] : undefined;
}

/** How the relay is reached: its public address, and the number of proxies before it that are believed. */
export interface Surroundings {
  readonly publicUrl: string | null;
  readonly trustedProxies: number;
}

/** The network of whoever is behind an address, or behind the proxies that say for whom they speak. */
export function networkBehind(
  address: string | undefined,
  forwardedFor: string | undefined,
  trustedProxies: number,
): string {
  const forwarded = trustedProxies > 0 ? forwardedAddress(forwardedFor, trustedProxies) : undefined;
  return networkOf(forwarded ?? address ?? 'unknown');
}

/** The network that attempts of this request are counted for. */
export const clientNetwork = (c: Context<AppEnvironment>, trustedProxies: number): string =>
  networkBehind(c.env?.incoming?.socket?.remoteAddress, c.req.header('x-forwarded-for'), trustedProxies);

/** Whether the person's browser speaks TLS with us or, as `X-Forwarded-Proto` says, with the proxy before us. */
export function speaksTls(
  forwardedProto: string | undefined,
  { publicUrl, trustedProxies }: Surroundings,
): boolean {
  if (publicUrl !== null) return publicUrl.startsWith('https:');
  return trustedProxies > 0 && forwardedProto?.split(',').at(-1)?.trim() === 'https';
}

export const isSecure = (c: Context, surroundings: Surroundings): boolean =>
  speaksTls(c.req.header('x-forwarded-proto'), surroundings);
