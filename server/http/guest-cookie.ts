import type { Context } from 'hono';
import { parse } from 'hono/utils/cookie';
import { getCookie, setCookie } from 'hono/cookie';

/* The cookie of a guest's browser. It has a name of its own: no route for members reads it. */

/** Seconds; browsers keep no cookie longer. */
const longest = 400 * 24 * 3600;

const nameFor = (secure: boolean): string => (secure ? '__Host-weft-guest' : 'weft-guest');

export const readGuestCookie = (c: Context, secure: boolean): string | undefined =>
  getCookie(c, nameFor(secure));

const write = (c: Context, secure: boolean, token: string, maxAge: number): void =>
  setCookie(c, nameFor(secure), token, { path: '/', httpOnly: true, sameSite: 'Lax', secure, maxAge });

export const writeGuestCookie = (c: Context, secure: boolean, token: string): void =>
  write(c, secure, token, longest);

export const clearGuestCookie = (c: Context, secure: boolean): void => write(c, secure, '', 0);

/** The token in the `Cookie` header of an upgrade. */
export const guestCookieToken = (header: string | undefined, secure: boolean): string | null =>
  parse(header ?? '')[nameFor(secure)] ?? null;
