import type { MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { AppRight } from '../../shared/access/actor.ts';
import type { AppTokens } from '../auth/app-tokens.ts';
import type { AppEnvironment } from './environment.ts';
import { refuse, Refused } from './refusals.ts';
import type { RequestRate } from './request-rate.ts';

/**
 * Lets in apps that have the right, by the key in the header and nothing else: no browser adds it to a request that another
 * site makes. Asks again when a body has come, since a key may end meanwhile.
 */
export const appSignedIn = (
  apps: AppTokens,
  rate: RequestRate,
  right: AppRight,
): MiddlewareHandler<AppEnvironment> =>
  createMiddleware<AppEnvironment>(async (c, next) => {
    const key = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (key === undefined) return refuse('not-signed-in', 'send the key of the app as a bearer token');
    const caller = apps.verify(key);
    if (!caller) return refuse('session-ended', 'this key is unknown, or ended');
    const tooMany = rate(caller.member);
    if (tooMany) throw new Refused(tooMany);
    if (!caller.app.may.includes(right)) return refuse('forbidden', `this takes the right ${right}`);
    const isStillSignedIn = (): boolean => apps.verify(key) !== null;
    if (c.req.method !== 'GET') {
      await c.req.text();
      if (!isStillSignedIn()) return refuse('session-ended', 'this key has ended');
    }
    apps.seen(caller.session);
    c.set('caller', caller);
    c.set('app', caller.app);
    c.set('isStillSignedIn', isStillSignedIn);
    return next();
  });
