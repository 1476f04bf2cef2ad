import type * as z from 'zod/mini';
import { entryRule, makeFold } from '../../access/fold.ts';
import { revokingRule, type LogKind } from '../../access/kind.ts';
import type { AppId } from '../../base/ids.ts';
import {
  appKeyMade,
  appKeysEnded,
  appMade,
  appRevoked,
  mostKeys,
  type AppKey,
  type AppsState,
  type AppState,
} from './schema.ts';

/** The room of all apps of a company. */
export const appsRoomId = 'main';

const appIn = ({ apps }: AppsState, id: AppId): AppState | undefined =>
  Object.hasOwn(apps, id) ? apps[id] : undefined;

function change(draft: AppsState, id: AppId, to: (app: AppState) => Partial<AppState>): void {
  const app = appIn(draft, id);
  if (app) draft.apps = { ...draft.apps, [id]: { ...app, ...to(app) } };
}

/** A key that ends is not good again because it is said to end later. */
const ending = (key: AppKey, at: number): AppKey => ({ ...key, until: Math.min(key.until ?? at, at) });

/** Whether the key is one of an app that is let in, and has not ended. */
export function isKeyGood(state: AppsState, app: AppId, key: string, now: number): boolean {
  const found = appIn(state, app);
  const its = found?.revoked === null ? found.keys.find(({ id }) => id === key) : undefined;
  return its !== undefined && (its.until === null || its.until > now);
}

/**
 * Which other systems of the company are let in, and what each of them may. The relay says it for administrators, since
 * it makes the keys; everybody knows it, as what apps write is shown under their names.
 */
export const appsKind: LogKind<AppsState> = {
  class: 'log',
  kind: 'apps',
  part: null,
  governedBy: null,
  initial: { apps: {} },
  fold: makeFold<AppsState>((state) => ({ ...state }), {
    'app.made': entryRule(appMade, (draft, { app, name, may, key }, { by, at }) => {
      if (appIn(draft, app)) return;
      const keys = [{ ...key, by, at, until: null }];
      draft.apps = { ...draft.apps, [app]: { id: app, name, may, by, at, keys, revoked: null } };
    }),
    'app.keyMade': entryRule(appKeyMade, (draft, { app, key }, { by, at }) =>
      change(draft, app, ({ keys }) => ({
        keys: [...keys, { ...key, by, at, until: null }].slice(-mostKeys),
      })),
    ),
    'app.keysEnded': entryRule(appKeysEnded, (draft, { app, keys: ended, at }) =>
      change(draft, app, ({ keys }) => ({
        keys: keys.map((key) => (ended.includes(key.id) ? ending(key, at) : key)),
      })),
    ),
    'app.revoked': entryRule(appRevoked, (draft, { app }, { by, at }) =>
      change(draft, app, ({ revoked }) => ({ revoked: revoked ?? { by, at } })),
    ),
  }),
  exists: () => true,
  readers: () => 'everyone',
  commands: {},
  facts: {
    'app.made': appMade,
    'app.keyMade': appKeyMade,
    'app.keysEnded': appKeysEnded,
    'app.revoked': appRevoked,
  },
  accessEntries: new Set(),
  revoking: {
    'app.keysEnded': revokingRule<AppsState, z.infer<typeof appKeysEnded>>(
      appKeysEnded,
      ({ app, keys, at }, state) => {
        const standing = (appIn(state, app)?.keys ?? []).filter(
          ({ id, until }) => keys.includes(id) && (until === null || until > at),
        );
        return standing.length > 0
          ? { type: 'app.keysEnded', data: { app, keys: standing.map(({ id }) => id), at } }
          : null;
      },
    ),
    'app.revoked': revokingRule<AppsState, z.infer<typeof appRevoked>>(appRevoked, ({ app }, state) =>
      appIn(state, app)?.revoked === null ? { type: 'app.revoked', data: { app } } : null,
    ),
  },
  noteworthy: new Set(),
};
