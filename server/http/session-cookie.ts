import type { Context } from 'hono';
import { parse } from 'hono/utils/cookie';
import { getCookie, setCookie } from 'hono/cookie';

/** Seconds; browsers keep no cookie longer. When a session ends, the relay decides. */
const longest = 400 * 24 * 3600;

/** Over TLS the name itself makes browsers insist on Secure, Path=/ and no Domain. */
const nameFor = (secure: boolean): string => (secure ? '__Host-weft_session' : 'weft_session');

export const readSessionCookie = (c: Context, secure: boolean): string | undefined =>
  getCookie(c, nameFor(secure));

const write = (c: Context, secure: boolean, token: string, maxAge: number): void =>
  setCookie(c, nameFor(secure), token, { path: '/', httpOnly: true, sameSite: 'Lax', secure, maxAge });

export const writeSessionCookie = (c: Context, secure: boolean, token: string): void =>
  write(c, secure, token, longest);

export const clearSessionCookie = (c: Context, secure: boolean): void => write(c, secure, '', 0);

/** The token in the `Cookie` header of a request that is no HTTP request of ours yet: an upgrade. */
export const cookieToken = (header: string | undefined, secure: boolean): string | null =>
  parse(header ?? '')[nameFor(secure)] ?? null;
