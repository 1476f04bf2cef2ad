import * as z from 'zod/mini';
import { idPattern, type AppId, type MemberId } from '../../base/ids.ts';
import type { AppRight } from '../../access/actor.ts';

/** What other systems can be told of, and the right that this takes. */
export const webhookEvents = {
  'customer.created': 'customers:read',
  'customer.changed': 'customers:read',
  'customer.ended': 'customers:read',
  'customer.handed-over': 'customers:read',
  'tag.changed': 'customers:read',
  'stage.changed': 'customers:read',
  'follow-up.added': 'customers:read',
  'follow-up.due': 'customers:read',
  'follow-up.done': 'customers:read',
  'message.received': 'conversations:read',
  'message.sent': 'conversations:read',
  'broadcast.finished': 'customers:read',
} as const satisfies Record<string, AppRight>;
export type WebhookEvent = keyof typeof webhookEvents;
export const webhookEventNames = Object.keys(webhookEvents) as [WebhookEvent, ...WebhookEvent[]];

/** Webhooks of one app. */
export const mostWebhooks = 10;
export const longestWebhookUrl = 2_000;

const reference = z.string().check(
  z.regex(idPattern),
  z.refine((id) => !(id in {})),
);

/** Made, changed or switched on: from now on this address is told of these events. */
export const webhookSet = z.object({
  webhook: reference,
  app: reference as unknown as z.ZodMiniType<AppId, AppId>,
  url: z.string().check(z.maxLength(longestWebhookUrl)),
  events: z.array(z.enum(webhookEventNames)).check(z.minLength(1), z.maxLength(webhookEventNames.length)),
});
/** `by-hand`; `failing`: it took nothing for days; `gone`: it said that it is no more; `restored`: see its kind. */
export const webhookOff = z.object({
  webhook: reference,
  why: z.enum(['by-hand', 'failing', 'gone', 'restored']),
});
export const webhookDropped = z.object({ webhook: reference });

export interface WebhookState {
  readonly id: string;
  readonly app: AppId;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly by: MemberId;
  /** Since when it is told of them, milliseconds since 1970. */
  readonly at: number;
  readonly off: { readonly why: z.infer<typeof webhookOff>['why']; readonly at: number } | null;
}

export type Webhooks = Readonly<Record<string, WebhookState>>;
