import type { Clock } from '../../shared/base/clock.ts';
import type { WebhookState } from '../../shared/features/webhooks/schema.ts';
import type { RelayLog } from '../relay/metrics.ts';
import type { Delivery, Outcome, WebhookStore } from './contract.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** What is told at the same time: in all, to one webhook, and to one that took nothing last. */
const atOnce = 32;
const atOnceToOne = 4;
/** After so many tries, in about four days, one thing is given up. */
const waits = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];
/** A webhook that took nothing rests so long, and longer each time. */
const firstRest = 5 * second;
const longestRest = hour;
/** Then it is switched off. */
const patience = 5 * 24 * hour;
/** A timer that is longer may be lost when the clock is set. */
const longestTimer = minute;

export interface Dispatch {
  /** There may be something to tell. */
  look(): void;
  /** It may be told at once, whatever went before. */
  resume(webhook: string): void;
  stop(): void;
}

export interface DispatchDeps {
  readonly store: WebhookStore;
  readonly clock: Clock;
  readonly log: RelayLog;
  readonly later: (milliseconds: number, run: () => void) => void;
  readonly active: () => readonly WebhookState[];
  /** Never rejects for what the other side does. */
  readonly attempt: (webhook: WebhookState, delivery: Delivery) => Promise<Outcome>;
  readonly switchOff: (webhook: WebhookState, why: 'failing' | 'gone') => Promise<void>;
}

/** Tells what waits, each webhook by itself: one that is slow or dead takes a few sockets and keeps nobody else waiting. */
export function createDispatch(deps: DispatchDeps): Dispatch {
  const { store, clock, log, later, active, attempt, switchOff } = deps;
  /** Deliveries on their way, by webhook. */
  const away = new Map<string, Set<number>>();
  const rests = new Map<string, { readonly failed: number; readonly until: number }>();
  let sum = 0;
  let turn = 0;
  let planned = Number.POSITIVE_INFINITY;
  let isStopped = false;

  const plan = (at: number): void => {
    if (isStopped || at >= planned) return;
    planned = at;
    later(Math.max(0, Math.min(at - clock.now(), longestTimer)), () => {
      if (planned !== at) return;
      planned = Number.POSITIVE_INFINITY;
      look();
    });
  };

  const failed = async (webhook: WebhookState, delivery: Delivery, outcome: Outcome, at: number) => {
    const { id } = webhook;
    const times = (rests.get(id)?.failed ?? 0) + 1;
    const asked = Math.min(outcome.again ?? 0, longestRest);
    const rest = Math.max(asked, Math.min(longestRest, firstRest * 2 ** (times - 1)));
    rests.set(id, { failed: times, until: at + rest });
    const wait = waits[delivery.attempts];
    const then = wait === undefined ? { overAt: at } : { due: at + Math.max(wait, asked) };
    store.attempted(delivery.n, at, outcome, then);
    const since = store.secrets(id)?.failingSince ?? at;
    store.setFailing(id, since);
    if (outcome.status === 410) await switchOff(webhook, 'gone');
    else if (at - since >= patience) await switchOff(webhook, 'failing');
  };

  const told = ({ id }: WebhookState, { n }: Delivery, outcome: Outcome, at: number): void => {
    if (rests.delete(id) || store.secrets(id)?.failingSince != null) store.setFailing(id, null);
    store.attempted(n, at, outcome, { overAt: at });
  };

  const start = async (webhook: WebhookState, delivery: Delivery): Promise<void> => {
    const { id } = webhook;
    const own = away.get(id) ?? new Set<number>();
    away.set(id, own.add(delivery.n));
    sum++;
    try {
      const outcome = await attempt(webhook, delivery);
      const at = clock.now();
      // Dropped meanwhile: there is nothing left to note.
      if (!isStopped && store.secrets(id)) {
        if (outcome.ok) told(webhook, delivery, outcome, at);
        else await failed(webhook, delivery, outcome, at);
      }
    } catch (error) {
      log.error({ err: error, webhook: id }, 'what became of a delivery could not be kept; it is told again');
      rests.set(id, { failed: 1, until: clock.now() + minute });
    } finally {
      sum--;
      own.delete(delivery.n);
      if (own.size === 0) away.delete(id);
      look();
    }
  };

  /** Those of one webhook whose time has come, as far as there is room; and when to look again. */
  const lookAt = (webhook: WebhookState, now: number): number => {
    const { id } = webhook;
    const rest = rests.get(id);
    if (rest && rest.until > now) return rest.until;
    const own = away.get(id) ?? new Set<number>();
    const room = Math.min((rest ? 1 : atOnceToOne) - own.size, atOnce - sum);
    if (room > 0) for (const each of store.due(id, now, [...own], room)) void start(webhook, each);
    return store.nextDue(id, now) ?? Number.POSITIVE_INFINITY;
  };

  function look(): void {
    if (isStopped) return;
    try {
      const webhooks = active();
      const now = clock.now();
      let next = Number.POSITIVE_INFINITY;
      // Not always the same one first, where there is not room for all.
      turn++;
      webhooks.forEach((_, at) => {
        next = Math.min(next, lookAt(webhooks[(at + turn) % webhooks.length]!, now));
      });
      if (next !== Number.POSITIVE_INFINITY) plan(Math.max(next, now + 100));
    } catch (error) {
      log.error({ err: error }, 'deliveries could not be read; it is tried again');
      plan(clock.now() + minute);
    }
  }

  return {
    look,
    resume(webhook) {
      rests.delete(webhook);
      look();
    },
    stop() {
      isStopped = true;
    },
  };
}
