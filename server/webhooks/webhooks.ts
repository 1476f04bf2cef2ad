import type { LogEntry } from '../../shared/access/kind.ts';
import { appMember } from '../../shared/base/apps.ts';
import type { Clock } from '../../shared/base/clock.ts';
import { failure } from '../../shared/base/errors.ts';
import { newId, type CustomerId } from '../../shared/base/ids.ts';
import { err, ok } from '../../shared/base/result.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import type { AdminState } from '../../shared/features/directory/admin.ts';
import { webhookIn } from '../../shared/features/directory/webhooks.ts';
import { mostWebhooks, webhookEvents, type WebhookState } from '../../shared/features/webhooks/schema.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import type { AppTokens } from '../auth/app-tokens.ts';
import type { Outside } from '../outside/fetch.ts';
import type { Relay } from '../relay/contract.ts';
import type { RelayLog } from '../relay/metrics.ts';
import { damagedRoom } from '../relay/quarantine.ts';
import type { CustomersTable } from '../storage/customers-contract.ts';
import type { NewDelivery, Outcome, Webhooks, WebhookStore } from './contract.ts';
import { createDispatch } from './dispatch.ts';
import { bodyOf, followUpDue, messageId, type Happened } from './events.ts';
import { happenedIn, sourceOf, takenBackBy, type HappenedView } from './gathering.ts';
import { newWebhookSecret, signatures } from './sign.ts';

/** Rows that are looked at in one turn, and what comes between two turns. */
const lookAtOnce = 200;
const pause = 5;
/** How exactly planned follow-ups are told. Milliseconds. */
const dueEvery = 20_000;
/** Customers whose follow-ups are told in one turn. */
const dueAtOnce = 100;
/** An answer that takes longer is none. Milliseconds. */
const patience = 10_000;
/** Bytes of an answer that are read, and characters of it that are kept. */
const mostAnswer = 4_096;
const keptAnswer = 300;
/** Told ones that are kept of each webhook. */
export const keptDeliveries = 500;
/** And shown. */
const shownDeliveries = 50;

export interface WebhooksDeps {
  readonly store: WebhookStore;
  readonly apps: Pick<AppTokens, 'find'>;
  readonly relay: Pick<Relay, 'appendFacts' | 'entries' | 'state' | 'whenStored' | 'workspace'>;
  readonly customers: Pick<CustomersTable, 'lines'>;
  readonly outside: Outside;
  readonly view: HappenedView;
  readonly clock: Clock;
  readonly log: RelayLog;
  readonly later?: (milliseconds: number, run: () => void) => void;
}

const unknown = failure('not-found', 'no such webhook');
const notAllowed = failure('bad-request', 'url: none that the relay may ask: a public address with https');

/**
 * Tells other systems what happened, after it is stored. What is to be told is read from the log, from a place that is
 * kept, so nothing is lost by an end at any moment; it waits in the database until its receiver took it.
 */
export function createWebhooks(deps: WebhooksDeps): Webhooks {
  const { store, apps, relay, customers, outside, view, clock, log } = deps;
  const later = deps.later ?? ((milliseconds, run) => void setTimeout(run, milliseconds).unref());
  const adminRoom = roomId(relay.workspace, 'directory', 'main', 'admin');
  const fileRoom = (customer: string) => roomId(relay.workspace, 'customer', customer);
  const state = (): AdminState => relay.state(adminRoom) as AdminState;
  const find = (id: string): WebhookState | undefined => webhookIn(state(), id);
  const all = (): WebhookState[] => Object.values(state().webhooks ?? {});
  /** A secret that a restored relay forgot is made anew by an administrator. */
  const isActive = ({ id, off, app }: WebhookState): boolean =>
    off === null && apps.find(app) !== null && store.secrets(id) !== null;
  const active = (): WebhookState[] => all().filter(isActive);
  let isStopped = false;
  let isGathering = false;
  /** Follow-ups up to then are being looked for. */
  let lookingUntil = 0;

  const attempt = async ({ id, url }: WebhookState, { message, body }: NewDelivery): Promise<Outcome> => {
    const started = performance.now();
    const now = clock.now();
    const at = Math.floor(now / 1000);
    const { secret, former, formerUntil } = store.secrets(id)!;
    const good = former !== null && (formerUntil ?? 0) > now ? [secret, former] : [secret];
    const answer = await outside.fetch({
      ...{ url, method: 'POST', secure: true, most: mostAnswer, longer: 'cut', patience },
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Weft-Webhooks/1',
        'webhook-id': message,
        'webhook-timestamp': String(at),
        'webhook-signature': signatures(good, message, at, body),
      },
      body: Buffer.from(body),
    });
    const took = Math.round(performance.now() - started);
    if (!answer.ok) return { ok: false, status: null, said: answer.error, took, again: null };
    const { status, headers, body: said } = answer.value;
    const seconds = Number(headers['retry-after']);
    return {
      ...{ ok: status >= 200 && status < 300, status, took },
      said: Buffer.from(said).toString('utf8').slice(0, keptAnswer),
      again: Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null,
    };
  };

  const switchOff = async ({ id, app }: WebhookState, why: 'failing' | 'gone'): Promise<void> => {
    const by = appMember(app);
    await relay.appendFacts([{ room: adminRoom, type: 'webhook.off', by, data: { webhook: id, why } }]);
    log.warn({ webhook: id, why }, 'a webhook was switched off');
  };

  const dispatch = createDispatch({ store, clock, log, later, active, attempt, switchOff });

  const wants = ({ app, events, at }: WebhookState, { type, at: happenedAt }: Happened): boolean =>
    events.includes(type) && happenedAt >= at && apps.find(app)!.may.includes(webhookEvents[type]);

  const deliveriesOf = (happened: readonly Happened[], to: readonly WebhookState[]): NewDelivery[] =>
    happened.flatMap((each) =>
      to
        .filter((webhook) => wants(webhook, each))
        .map(({ id }) => ({
          ...{ webhook: id, message: messageId(id, each), subject: each.subject, type: each.type },
          ...{ body: bodyOf(each), at: each.at },
        })),
    );

  /** What was told of something, or is to be, says it no more. */
  const takeBack = (room: string, entry: string, at: number): void => {
    for (const { id } of all())
      for (const type of ['message.received', 'message.sent', 'customer.changed'] as const) {
        const body = bodyOf({ type, at, data: { erased: true } });
        store.replace(id, messageId(id, { type, source: sourceOf(room, entry) }), body);
      }
  };

  const unlessDamaged = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      if (damagedRoom(error) === null) throw error;
      return null;
    }
  };

  const entryAt = (room: Parameters<Relay['entries']>[1], seq: number): LogEntry | null => {
    try {
      return relay.entries(null, room, seq, 1)[0] ?? null;
    } catch (error) {
      log.warn({ err: error, room }, 'an entry that webhooks are to be told of could not be read');
      return null;
    }
  };

  /** Nothing where the file of the customer waits for repair: nobody else's webhooks wait for that. */
  const toldOf = (room: string, entry: LogEntry, due: number): Happened[] =>
    unlessDamaged(() => happenedIn(room, entry, relay, view, due)) ?? [];

  /** A few rows behind the place; true when there are more. */
  const gather = (): boolean => {
    // One that is off or forgot its secret has words that wait, too: they may be taken back.
    if (all().length === 0) return false;
    const to = active();
    const place = store.place();
    const { rows, cursor } = store.rowsAfter(Math.min(place.cursor, store.head()), lookAtOnce);
    const happened: Happened[] = [];
    for (const { room, seq } of rows) {
      const entry = entryAt(room, seq);
      if (!entry) continue;
      if (to.length > 0) happened.push(...toldOf(room, entry, Math.max(place.due, lookingUntil)));
      const taken = takenBackBy(entry);
      if (taken !== null) takeBack(room, taken, entry.at);
    }
    if (cursor !== place.cursor) store.enqueue(deliveriesOf(happened, to), { cursor, due: place.due });
    return cursor < store.head();
  };

  const plan = (): void => {
    if (isGathering || isStopped) return;
    isGathering = true;
    later(pause, () => {
      isGathering = false;
      if (isStopped) return;
      let more = false;
      try {
        more = gather();
      } catch (error) {
        log.error({ err: error }, 'what webhooks are to be told could not be kept; it is tried again');
        later(dueEvery, plan);
      }
      dispatch.look();
      if (more) plan();
    });
  };

  /** What is planned for now of some customers behind that one; the last of them where there are more. */
  const dueOf = (
    span: readonly [number, number],
    after: number | null,
  ): { told: Happened[]; last: number | null } => {
    const cursor = after === null ? null : { at: after, n: after };
    const lines = customers.lines({ next: span, isEnded: false }, 'n', cursor, dueAtOnce);
    const told = lines.flatMap(({ id }) => {
      const file = unlessDamaged(() => relay.state(fileRoom(id)) as CustomerState);
      const next = file?.into === undefined ? file?.next : null;
      return next && next.at < span[1] ? [followUpDue(id as CustomerId, next)] : [];
    });
    return { told, last: lines.length < dueAtOnce ? null : lines.at(-1)!.n };
  };

  const tellDue = (now: number, after: number | null, done: () => void): void => {
    const to = active();
    const { cursor, due } = store.place();
    if (to.length === 0 || now <= due) return done();
    lookingUntil = now;
    const { told, last } = dueOf([due + 1, now + 1], after);
    store.enqueue(deliveriesOf(told, to), { cursor, due: last === null ? now : due });
    dispatch.look();
    if (last === null) return done();
    // Others have their turn.
    later(pause, () => attemptDue(now, last, done));
  };

  const attemptDue = (now: number, after: number | null, done: () => void): void => {
    if (isStopped) return;
    try {
      tellDue(now, after, done);
    } catch (error) {
      log.error({ err: error }, 'follow-ups could not be told; it is tried again');
      done();
    }
  };

  const watch = (): void => later(dueEvery, () => attemptDue(clock.now(), null, watch));

  relay.whenStored((rows) => {
    if (rows.some(({ room }) => /\/(customer|broadcast)\/|\/chat\/customer-/.test(room))) plan();
  });
  plan();
  watch();

  return {
    async make(by, app, url, events) {
      if (!apps.find(app)) return err(failure('not-found', 'no such app'));
      if (!outside.isAllowed(url, true)) return err(notAllowed);
      if (all().filter((each) => each.app === app).length >= mostWebhooks)
        return err(
          failure('too-many', `at most ${mostWebhooks} webhooks of one app`, { limit: mostWebhooks }),
        );
      const webhook = newId();
      const secret = newWebhookSecret();
      const isFirst = all().length === 0;
      const place = { cursor: store.head(), due: clock.now() };
      await relay.appendFacts(
        [{ room: adminRoom, type: 'webhook.set', by, data: { webhook, app, url, events: [...events] } }],
        () => {
          store.setSecret(webhook, secret, null);
          if (isFirst) store.setPlace(place);
        },
      );
      return ok({ webhook, secret });
    },
    async change(by, id, { url, events, on }) {
      const found = find(id);
      if (!found) return err(unknown);
      if (!outside.isAllowed(url, true)) return err(notAllowed);
      const isSame = url === found.url && [...events].sort().join() === [...found.events].sort().join();
      if (on === (found.off === null) && isSame) return ok(true);
      const data = { webhook: id, app: found.app, url, events: [...events] };
      const facts = [
        ...(on || !isSame ? [{ room: adminRoom, type: 'webhook.set', by, data }] : []),
        ...(on
          ? []
          : [{ room: adminRoom, type: 'webhook.off', by, data: { webhook: id, why: 'by-hand' as const } }]),
      ];
      await relay.appendFacts(facts);
      store.setFailing(id, null);
      dispatch.resume(id);
      plan();
      return ok(true);
    },
    async drop(by, id) {
      if (!find(id)) return err(unknown);
      await relay.appendFacts([{ room: adminRoom, type: 'webhook.dropped', by, data: { webhook: id } }], () =>
        store.forget(id),
      );
      return ok(true);
    },
    async dropOf(by, app) {
      const own = all().filter((each) => each.app === app);
      await relay.appendFacts(
        own.map(({ id }) => ({ room: adminRoom, type: 'webhook.dropped', by, data: { webhook: id } })),
        () => own.forEach(({ id }) => store.forget(id)),
      );
    },
    rotate(id, hours) {
      if (!find(id)) return err(unknown);
      const secret = newWebhookSecret();
      store.setSecret(id, secret, hours > 0 ? clock.now() + hours * 3_600_000 : null);
      return ok({ secret });
    },
    standing(id) {
      const secrets = store.secrets(id);
      const until = secrets?.formerUntil ?? null;
      return {
        hasSecret: secrets !== null,
        waiting: store.waiting(id),
        failingSince: secrets?.failingSince ?? null,
        formerUntil: until !== null && until > clock.now() ? until : null,
      };
    },
    async test(id) {
      const found = find(id);
      if (!found || !isActive(found)) return err(unknown);
      const at = clock.now();
      const body = JSON.stringify({ type: 'webhook.test', timestamp: new Date(at).toISOString(), data: {} });
      const delivery = {
        webhook: id,
        message: `msg_${newId()}`,
        subject: '',
        type: 'webhook.test',
        body,
        at,
      };
      return ok(store.insertOver(delivery, await attempt(found, delivery)));
    },
    deliveries: (id) => store.last(id, shownDeliveries),
    async again(id, n) {
      const found = find(id);
      const delivery = found && isActive(found) ? store.delivery(id, n) : null;
      if (!found || !delivery) return err(failure('not-found', 'no such delivery'));
      if (delivery.overAt === null) return err(failure('out-of-order', 'it waits for its turn'));
      store.again(n, clock.now(), await attempt(found, delivery));
      return ok(store.delivery(id, n)!);
    },
    stop() {
      isStopped = true;
      dispatch.stop();
    },
  };
}
