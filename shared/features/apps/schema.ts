import * as z from 'zod/mini';
import { appRights, type AppRight } from '../../access/actor.ts';
import { idPattern, type AppId, type MemberId } from '../../base/ids.ts';

/** Apps of a company at a time, and keys of one that are remembered. */
export const mostApps = 100;
export const mostKeys = 10;

const reference = z.string().check(
  z.regex(idPattern),
  z.refine((id) => !(id in {})),
);
const app = reference as unknown as z.ZodMiniType<AppId, AppId>;
const moment = z.number().check(z.int(), z.nonnegative());
/** How a key begins, so that people can tell one from another; the rest is known to its holder alone. */
const key = z.object({ id: reference, prefix: z.string().check(z.maxLength(20)) });

export const appName = z.string().check(z.trim(), z.minLength(1), z.maxLength(60));

/** An app was let in, with its first key. */
export const appMade = z.object({
  app,
  name: appName,
  may: z.array(z.enum(appRights)).check(z.minLength(1), z.maxLength(appRights.length)),
  key,
});
/** It has another key from now on. */
export const appKeyMade = z.object({ app, key });
/** These keys are good until then, and no longer. */
export const appKeysEnded = z.object({
  app,
  keys: z.array(reference).check(z.maxLength(mostKeys)),
  at: moment,
});
export const appRevoked = z.object({ app });

export interface AppKey {
  readonly id: string;
  readonly prefix: string;
  readonly by: MemberId;
  readonly at: number;
  /** When it ends, milliseconds since 1970; null is when the app does. */
  readonly until: number | null;
}

/** Another system of the company, as everybody knows it. */
export interface AppState {
  readonly id: AppId;
  readonly name: string;
  readonly may: readonly AppRight[];
  readonly by: MemberId;
  readonly at: number;
  /** The newest last. */
  readonly keys: readonly AppKey[];
  readonly revoked: { readonly by: MemberId; readonly at: number } | null;
}

export interface AppsState {
  /** Also those that were revoked: what they wrote keeps their name. */
  apps: Readonly<Record<AppId, AppState>>;
}
