import type * as z from 'zod/mini';
import { entryRule } from '../../access/fold.ts';
import { revokingRule } from '../../access/kind.ts';
import {
  webhookDropped,
  webhookOff,
  webhookSet,
  type Webhooks,
  type WebhookState,
} from '../webhooks/schema.ts';

/** A part of the state of another log: administrators alone read of webhooks. */
export interface WithWebhooks {
  /** Absent while there was never one. */
  webhooks?: Webhooks;
}

export const webhookIn = ({ webhooks = {} }: WithWebhooks, id: string): WebhookState | undefined =>
  Object.hasOwn(webhooks, id) ? webhooks[id] : undefined;

export const webhookFacts = {
  'webhook.set': webhookSet,
  'webhook.off': webhookOff,
  'webhook.dropped': webhookDropped,
};

type Draft = WithWebhooks;

export const webhookFolds = {
  'webhook.set': entryRule<Draft, z.infer<typeof webhookSet>>(
    webhookSet,
    (draft, { webhook: id, app, url, events }, { by, at }) => {
      const before = webhookIn(draft, id);
      // One that was on misses nothing because it is changed.
      const since = before?.off === null ? before.at : at;
      draft.webhooks = { ...draft.webhooks, [id]: { id, app, url, events, by, at: since, off: null } };
    },
  ),
  'webhook.off': entryRule<Draft, z.infer<typeof webhookOff>>(
    webhookOff,
    (draft, { webhook, why }, { at }) => {
      const found = webhookIn(draft, webhook);
      if (found)
        draft.webhooks = { ...draft.webhooks, [webhook]: { ...found, off: found.off ?? { why, at } } };
    },
  ),
  'webhook.dropped': entryRule<Draft, z.infer<typeof webhookDropped>>(
    webhookDropped,
    (draft, { webhook }) => {
      const { [webhook]: _, ...others } = draft.webhooks ?? {};
      draft.webhooks = others;
    },
  ),
};

const off = (webhook: string, why: 'by-hand' | 'failing' | 'gone' | 'restored') => ({
  type: 'webhook.off',
  data: { webhook, why },
});

/** An address that was not told of things any more is not told of them because a relay was restored. */
export const webhookRevoking = {
  'webhook.set': revokingRule<WithWebhooks, z.infer<typeof webhookSet>>(
    webhookSet,
    ({ webhook, url }, state) => {
      const found = webhookIn(state, webhook);
      return found && !found.off && found.url !== url ? off(webhook, 'restored') : null;
    },
  ),
  'webhook.off': revokingRule<WithWebhooks, z.infer<typeof webhookOff>>(
    webhookOff,
    ({ webhook, why }, state) => (webhookIn(state, webhook)?.off === null ? off(webhook, why) : null),
  ),
  'webhook.dropped': revokingRule<WithWebhooks, z.infer<typeof webhookDropped>>(
    webhookDropped,
    ({ webhook }, state) =>
      webhookIn(state, webhook) ? { type: 'webhook.dropped', data: { webhook } } : null,
  ),
};
