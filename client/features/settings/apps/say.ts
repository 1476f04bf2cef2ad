import type { Failure } from '../../../../shared/base/errors.ts';
import type { AppWebhook, WebhookDelivery } from '../../../session/apps-api.ts';
import { errorSentence, relativeTime } from '../../../i18n/index.ts';
import { toasts } from '../../../ui/toasts.svelte.ts';
import { t } from './strings.ts';

export const sentence = (failure: Failure): string =>
  failure.code === 'offline' ? t.needsNetwork : errorSentence(failure.code);

export const tellFailure = (failure: Failure): void =>
  void toasts.show({ text: sentence(failure), kind: 'danger' });

/** What the other side said to the last attempt. */
export const answerOf = ({ status, said }: Pick<WebhookDelivery, 'status' | 'said'>): string =>
  status === null ? t.noAnswer({ why: said }) : String(status);

export const isTaken = ({ status }: Pick<WebhookDelivery, 'status'>): boolean =>
  status !== null && status >= 200 && status < 300;

const offAs = () => ({
  'by-hand': t.offByHand,
  failing: t.offFailing,
  gone: t.offGone,
  restored: t.offRestored,
});

/** How a webhook is. `wrong`: an administrator has something to do. */
export function standingOf({ off, hasSecret, failingSince }: AppWebhook): { text: string; wrong: boolean } {
  if (off) return { text: offAs()[off.why], wrong: off.why !== 'by-hand' };
  if (!hasSecret) return { text: t.noSecret, wrong: true };
  if (failingSince !== null) return { text: t.failing({ when: relativeTime(failingSince) }), wrong: true };
  return { text: t.on, wrong: false };
}
