/** Where the request came to, as the person's browser sees it. */
export interface OwnAddress {
  /** The configured public address, which then is the only own one. */
  readonly publicUrl: string | null;
  /** The `Host` header. */
  readonly host: string | undefined;
  /** Whether that was over TLS: a page that came without is then a stranger. */
  readonly secure: boolean;
}

/**
 * Whether an `Origin` header is our own. Never compared with the address line of the request, which a client can write
 * as it likes; without a configured address the host must be the one that the browser asked for.
 */
export function isOwnOrigin(origin: string, { publicUrl, host, secure }: OwnAddress): boolean {
  if (publicUrl !== null) return origin === publicUrl;
  if (!host || !(secure ? /^https:\/\// : /^https?:\/\//).test(origin) || !URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.origin === origin && url.host === host.toLowerCase();
}
