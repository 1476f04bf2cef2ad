import type { Context, MiddlewareHandler, Next } from 'hono';
import { createMiddleware } from 'hono/factory';
import { failure, type ErrorCode } from '../../shared/base/errors.ts';
import { isGuest } from '../../shared/base/guests.ts';
import type { Caller } from '../relay/contract.ts';
import type { AppDeps } from './deps.ts';
import type { AppEnvironment } from './environment.ts';
import { readGuestCookie } from './guest-cookie.ts';
import { isOwnOrigin } from './origin.ts';
import { refuse, Refused } from './refusals.ts';
import { isSecure } from './request-facts.ts';
import { readSessionCookie } from './session-cookie.ts';

const bearer = (c: Context): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1];

/**
 * Refuses what another site makes a browser send: a request that changes something must come from our own pages, or
 * carry its token itself, which no browser adds to a foreign request.
 */
export const fromOwnPages = ({ publicUrl, trustedProxies }: AppDeps): MiddlewareHandler<AppEnvironment> =>
  createMiddleware<AppEnvironment>(async (c, next) => {
    if (/^(GET|HEAD|OPTIONS)$/.test(c.req.method) || bearer(c) !== undefined) return next();
    const origin = c.req.header('origin');
    const site = c.req.header('sec-fetch-site');
    const secure = isSecure(c, { publicUrl, trustedProxies });
    if (origin !== undefined && !isOwnOrigin(origin, { publicUrl, host: c.req.header('host'), secure }))
      return refuse('wrong-origin', 'the request comes from another site');
    if (site === 'cross-site' || site === 'same-site')
      return refuse('wrong-origin', 'the request comes from another site');
    const cookie = readSessionCookie(c, secure) ?? readGuestCookie(c, secure);
    if (cookie !== undefined && origin === undefined && site !== 'same-origin')
      return refuse('wrong-origin', 'a request with the cookie needs an Origin header');
    return next();
  });

/** Nothing of the API is for caches, other than what a route says of its own answer. */
export const notToBeKept = createMiddleware<AppEnvironment>(async (c, next) => {
  await next();
  if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store');
});

/** A device has to know what becomes of its copy: was it taken away, or is this another relay's idea of the sessions? */
const notSignedIn = (code: ErrorCode, message: string, epoch: string, removed: boolean): never => {
  throw new Refused(failure(code, message, { epoch, removed: removed ? 1 : 0 }));
};

/** Says who it is, counts the request, and asks again when a body has come. */
async function enter(
  c: Context<AppEnvironment>,
  next: Next,
  { auth, rate }: AppDeps,
  caller: Caller,
  isStillSignedIn: () => boolean,
): Promise<void> {
  const tooMany = rate(caller.member);
  if (tooMany) throw new Refused(tooMany);
  // A body may take minutes to arrive, and the session may end meanwhile.
  if (c.req.method === 'POST') {
    await c.req.text();
    if (!isStillSignedIn()) return refuse('session-ended', 'this session has ended');
  }
  (isGuest(caller.member) ? auth.guests : auth.sessions).seen(caller.session);
  c.set('caller', caller);
  c.set('isStillSignedIn', isStillSignedIn);
  return next();
}

/** Lets only guests in, by their cookie alone. */
export const guestSignedIn = (deps: AppDeps): MiddlewareHandler<AppEnvironment> =>
  createMiddleware<AppEnvironment>(async (c, next) => {
    const { guests } = deps.auth;
    const token = readGuestCookie(c, isSecure(c, deps));
    const caller = token === undefined ? null : guests.verify(token);
    if (caller) return enter(c, next, deps, caller, () => guests.verify(token ?? '') !== null);
    if (token === undefined) return refuse('not-signed-in', 'no guest is known here');
    return guests.isOfEnded(token)
      ? refuse('customer-ended', 'this conversation was ended')
      : refuse('session-ended', 'this session has ended');
  });

/** Lets members in, and with `?as=guest` guests: for what both do with files. Rights are the same question for both. */
export const signedInEither = (deps: AppDeps): MiddlewareHandler<AppEnvironment> => {
  const [members, guests] = [signedIn(deps), guestSignedIn(deps)];
  return (c, next) => (c.req.query('as') === 'guest' ? guests : members)(c, next);
};

/** Lets only members in and says who it is. A token in the header goes before the cookie. */
export const signedIn = (deps: AppDeps): MiddlewareHandler<AppEnvironment> =>
  createMiddleware<AppEnvironment>(async (c, next) => {
    const { auth, relay } = deps;
    const token = bearer(c) ?? readSessionCookie(c, isSecure(c, deps));
    const caller = token === undefined ? null : auth.sessions.verify(token);
    if (!caller)
      return token === undefined
        ? notSignedIn('not-signed-in', 'sign in first', relay.epoch, false)
        : notSignedIn(
            'session-ended',
            'this session has ended; sign in again',
            relay.epoch,
            auth.sessions.isOfFormerMember(token),
          );
    return enter(c, next, deps, caller, () => auth.sessions.verify(token ?? '') !== null);
  });
