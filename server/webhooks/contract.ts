import type { Failure } from '../../shared/base/errors.ts';
import type { AppId, MemberId, RoomId } from '../../shared/base/ids.ts';
import type { Result } from '../../shared/base/result.ts';
import type { WebhookEvent } from '../../shared/features/webhooks/schema.ts';

/** Something that a webhook is to be told. Times are milliseconds since 1970. */
export interface NewDelivery {
  readonly webhook: string;
  /** Its id, by which a receiver knows what it was told before. */
  readonly message: string;
  /** What it is about: of one subject, one thing is told after the other. */
  readonly subject: string;
  readonly type: string;
  /** JSON, as it goes out and is signed. */
  readonly body: string;
  readonly at: number;
}

export interface Delivery extends NewDelivery {
  readonly n: number;
  readonly attempts: number;
  readonly attemptedAt: number | null;
  /** Of the last answer; null where there was none. */
  readonly status: number | null;
  /** How that answer began, or why there was none. */
  readonly said: string;
  /** Milliseconds that the last attempt took. */
  readonly took: number;
  /** When it was told, or given up; null while it waits. */
  readonly overAt: number | null;
}

/** How an attempt went. */
export interface Outcome {
  readonly ok: boolean;
  readonly status: number | null;
  readonly said: string;
  readonly took: number;
  /** Milliseconds that the other side asks to be left alone. */
  readonly again: number | null;
}

export interface WebhookSecrets {
  readonly secret: string;
  /** The one before, with which messages are signed too until then. */
  readonly former: string | null;
  readonly formerUntil: number | null;
  /** Since when it has taken nothing. */
  readonly failingSince: number | null;
}

/** The place of a row of a log. */
export interface RowPlace {
  readonly cursor: number;
  readonly room: RoomId;
  readonly seq: number;
}

/** What is to be told, and was. Every method may throw `StorageError`. */
export interface WebhookStore {
  secrets(webhook: string): WebhookSecrets | null;
  setSecret(webhook: string, secret: string, formerUntil: number | null): void;
  setFailing(webhook: string, since: number | null): void;
  /** With all that waits for it. */
  forget(webhook: string): void;

  /** Up to which row, and which moment of planned follow-ups, everything is in the queue. */
  place(): { readonly cursor: number; readonly due: number };
  setPlace(place: { readonly cursor: number; readonly due: number }): void;
  head(): number;
  /** Rows of logs of customers behind a cursor, looking at so many rows; and up to where it looked. */
  rowsAfter(cursor: number, look: number): { readonly rows: RowPlace[]; readonly cursor: number };

  /** Puts things into the queue, each once, and moves the place, all or nothing. */
  enqueue(deliveries: readonly NewDelivery[], place: { readonly cursor: number; readonly due: number }): void;
  /** What may be told now, first of its subject; oldest first, and none of these. */
  due(webhook: string, now: number, without: readonly number[], most: number): Delivery[];
  /** When something is due next after that moment; null when nothing is. */
  nextDue(webhook: string, now: number): number | null;
  waiting(webhook: string): number;
  /** After an attempt: told or given up at `overAt`, else tried again at `due`. What stands behind it comes next. */
  attempted(
    n: number,
    at: number,
    outcome: Outcome,
    then: { readonly overAt: number } | { readonly due: number },
  ): void;
  /** One that is over already, such as a trial. */
  insertOver(delivery: NewDelivery, outcome: Outcome): Delivery;
  /** The outcome of telling something again that was over. */
  again(n: number, at: number, outcome: Outcome): void;
  /** What is to be said no more: another body takes the place of this one, whether it waits or was told. */
  replace(webhook: string, message: string, body: string): void;
  delivery(webhook: string, n: number): Delivery | null;
  /** Newest first. */
  last(webhook: string, most: number): Delivery[];
  /** Forgets what is over, but for the newest of each webhook. */
  tidy(keep: number): void;
}

/** What administrators see of a webhook beside what stands in the log. */
export interface WebhookStanding {
  /** False after a restore from before it was made. */
  readonly hasSecret: boolean;
  readonly waiting: number;
  readonly failingSince: number | null;
  readonly formerUntil: number | null;
}

export interface Webhooks {
  make(
    by: MemberId,
    app: AppId,
    url: string,
    events: readonly WebhookEvent[],
  ): Promise<Result<{ readonly webhook: string; readonly secret: string }, Failure>>;
  change(
    by: MemberId,
    webhook: string,
    wish: { readonly url: string; readonly events: readonly WebhookEvent[]; readonly on: boolean },
  ): Promise<Result<true, Failure>>;
  drop(by: MemberId, webhook: string): Promise<Result<true, Failure>>;
  /** All of an app that is no more. */
  dropOf(by: MemberId, app: AppId): Promise<void>;
  /** The secret before goes on for so many hours. */
  rotate(webhook: string, hours: number): Result<{ readonly secret: string }, Failure>;
  standing(webhook: string): WebhookStanding;
  /** Tells it something that did not happen, at once. */
  test(webhook: string): Promise<Result<Delivery, Failure>>;
  deliveries(webhook: string): Delivery[];
  again(webhook: string, n: number): Promise<Result<Delivery, Failure>>;
  stop(): void;
}
