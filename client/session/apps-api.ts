import type { AppRight } from '../../shared/access/actor.ts';
import type { AppId, MemberId } from '../../shared/base/ids.ts';
import type { WebhookEvent, WebhookState } from '../../shared/features/webhooks/schema.ts';
import { call } from './api.ts';

/** Another system of the company, as its administrators see it. Times are milliseconds since 1970. */
export interface ConnectedApp {
  readonly id: AppId;
  readonly name: string;
  readonly may: readonly AppRight[];
  readonly by: MemberId;
  readonly at: number;
  readonly usedAt: number | null;
  readonly keys: readonly { readonly prefix: string; readonly at: number; readonly until: number | null }[];
  readonly webhooks: readonly AppWebhook[];
}

export interface AppWebhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly on: boolean;
  readonly off: WebhookState['off'];
  /** Things that it has not taken yet. */
  readonly waiting: number;
  readonly failingSince: number | null;
  readonly hasSecret: boolean;
}

export interface WebhookDelivery {
  readonly n: number;
  readonly type: string;
  readonly at: number;
  readonly attempts: number;
  readonly attemptedAt: number | null;
  readonly status: number | null;
  /** How the answer began, or why there was none. */
  readonly said: string;
  /** Milliseconds. */
  readonly took: number;
  /** Told, or given up. */
  readonly over: boolean;
}

const app = (id: AppId): string => `/api/apps/${encodeURIComponent(id)}`;
const webhook = (id: string): string => `/api/webhooks/${encodeURIComponent(id)}`;

/** Other systems of the company, for administrators. Keys and secrets are told once. */
export const appsApi = {
  list: () => call<readonly ConnectedApp[]>('GET', '/api/apps'),
  make: (name: string, may: readonly AppRight[]) =>
    call<{ app: AppId; key: string }>('POST', '/api/apps', { name, may }),
  /** Keys before it go on for so many hours. */
  newKey: (id: AppId, hours: number) => call<{ key: string }>('POST', `${app(id)}/key`, { hours }),
  takeOut: (id: AppId) => call<void>('DELETE', app(id)),
  addWebhook: (id: AppId, url: string, events: readonly WebhookEvent[]) =>
    call<{ secret: string }>('POST', `${app(id)}/webhooks`, { url, events }),
  changeWebhook: (id: string, wish: { url: string; events: readonly WebhookEvent[]; on: boolean }) =>
    call<void>('PUT', webhook(id), wish),
  dropWebhook: (id: string) => call<void>('DELETE', webhook(id)),
  newSecret: (id: string, hours: number) =>
    call<{ secret: string }>('POST', `${webhook(id)}/secret`, { hours }),
  test: (id: string) => call<WebhookDelivery>('POST', `${webhook(id)}/test`),
  deliveries: (id: string) => call<readonly WebhookDelivery[]>('GET', `${webhook(id)}/deliveries`),
  again: (id: string, n: number) => call<WebhookDelivery>('POST', `${webhook(id)}/deliveries/${n}/again`),
};
