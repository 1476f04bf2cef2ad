import type { AppRight } from '../../shared/access/actor.ts';
import { appMember } from '../../shared/base/apps.ts';
import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { newId, type AppId, type DeviceId, type MemberId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { appsKind, appsRoomId, isKeyGood } from '../../shared/features/apps/kind.ts';
import { mostApps, type AppsState, type AppState } from '../../shared/features/apps/schema.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import type { Caller, Relay } from '../relay/contract.ts';
import type { AppStore } from './app-contract.ts';
import { fingerprint, newSecret } from './secrets.ts';

/** "Last used" is as exact as this; writing each time would be a disk write per request. */
const seenEvery = 60_000;
/** Keys begin so, so that programs which look for secrets that got out find them. */
const keyPrefix = 'weft_';
const keyShape = /^weft_[A-Za-z0-9_-]{43}$/;
/** What is shown of a key. */
const shownLength = keyPrefix.length + 6;
/** How long a key may go on beside the one that takes its place. Hours. */
export const longestOverlap = 168;

/** Other systems of the company: who they are, what they may, and their keys. */
export interface AppTokens {
  readonly store: AppStore;
  state(): AppsState;
  /** Null for one that is not, or not any more. */
  find(app: AppId): AppState | null;
  /** The key is told this once. */
  make(
    by: MemberId,
    name: string,
    may: readonly AppRight[],
  ): Promise<Result<{ readonly app: AppId; readonly key: string }, Failure>>;
  /** A new key; those before it go on for so many hours. */
  rotate(by: MemberId, app: AppId, hours: number): Promise<Result<{ readonly key: string }, Failure>>;
  /** All of its keys end at once, and what it is doing. */
  revoke(by: MemberId, app: AppId): Promise<Result<true, Failure>>;
  /** Null for a key that is unknown or ended. */
  verify(key: string): (Caller & { readonly app: AppState }) | null;
  seen(key: string): void;
  /** When the app called last; null is never. */
  usedAt(app: AppId): number | null;
}

export interface AppTokensDeps {
  readonly store: AppStore;
  readonly relay: Pick<Relay, 'appendFacts' | 'state' | 'workspace'>;
  readonly clock: Clock;
}

const unknown = failure('not-found', 'no such app');

export function createAppTokens({ store, relay, clock }: AppTokensDeps): AppTokens {
  const room = roomId(relay.workspace, appsKind.kind, appsRoomId);
  const state = (): AppsState => relay.state(room) as AppsState;
  const seenAt = new Map<string, number>();

  const find = (id: AppId): AppState | null => {
    const { apps } = state();
    const app = Object.hasOwn(apps, id) ? apps[id]! : null;
    return app?.revoked === null ? app : null;
  };

  const newKey = (app: AppId) => {
    const key = keyPrefix + newSecret(256);
    const id = newId();
    const insert = (): void => store.insertKey({ id, app, createdAt: clock.now() }, fingerprint(key));
    return { key, insert, told: { id, prefix: key.slice(0, shownLength) } };
  };

  return {
    store,
    state,
    find,
    async make(by, name, may) {
      const active = Object.values(state().apps).filter(({ revoked }) => revoked === null);
      if (active.length >= mostApps)
        return err(failure('too-many', `at most ${mostApps} apps`, { limit: mostApps }));
      const app = newId<AppId>();
      const { key, insert, told } = newKey(app);
      const data = { app, name, may: [...new Set(may)], key: told };
      await relay.appendFacts([{ room, type: 'app.made', by, data }], insert);
      return ok({ app, key });
    },
    async rotate(by, app, hours) {
      const found = find(app);
      if (!found) return err(unknown);
      const { key, insert, told } = newKey(app);
      const at = clock.now() + hours * 3_600_000;
      const keys = found.keys.filter(({ until }) => until === null || until > at).map(({ id }) => id);
      await relay.appendFacts(
        [
          { room, type: 'app.keyMade', by, data: { app, key: told } },
          { room, type: 'app.keysEnded', by, data: { app, keys, at } },
        ],
        insert,
      );
      return ok({ key });
    },
    async revoke(by, app) {
      if (!find(app)) return err(unknown);
      await relay.appendFacts([{ room, type: 'app.revoked', by, data: { app } }]);
      return ok(true);
    },
    verify(key) {
      const stored = keyShape.test(key) ? store.keyByFingerprint(fingerprint(key)) : null;
      if (!stored || !isKeyGood(state(), stored.app, stored.id, clock.now())) return null;
      const member = appMember(stored.app);
      // As no device of a member is called, and where answers are looked for after a restore.
      const device = `@${member}` as DeviceId;
      return { member, session: stored.id, device, app: find(stored.app)! };
    },
    seen(session) {
      const now = clock.now();
      if (now - (seenAt.get(session) ?? -Infinity) < seenEvery) return;
      seenAt.set(session, now);
      try {
        store.touchKey(session, now);
      } catch {
        // A full disk must not keep systems from reading; the next minute tries again.
      }
    },
    usedAt(app) {
      const times = store.keysOf(app).flatMap(({ usedAt }) => (usedAt === null ? [] : [usedAt]));
      return times.length > 0 ? Math.max(...times) : null;
    },
  };
}
