/** Where the request came to, as the person's browser sees it. */
export interface OwnAddress {
  /** The configured public address, which then is the only own one. */
  readonly publicUrl: string | null;
  /** The `Host` header. */
  readonly host: string | undefined;
}

/**
 * Whether an `Origin` header is our own. Never compared with the address line of the request, which a client can write
 * as it likes; without a configured address the host must be the one that the browser asked for.
 */
export function isOwnOrigin(origin: string, { publicUrl, host }: OwnAddress): boolean {
  if (publicUrl !== null) return origin === publicUrl;
  if (!host || !/^https?:\/\//.test(origin) || !URL.canParse(origin)) return false;
  return new URL(origin).host === host.toLowerCase();
}
