/* What can be done with a message, the same from its tools, its menu and the keyboard. */
import type { MemberId } from '../../../../shared/base/ids.ts';
import type { ViewEntry, WorkspaceData } from '../../../data/api.ts';
import { toasts } from '../../../ui/toasts.svelte.ts';
import { reasonOf } from '../commands.ts';
import { t } from '../strings.ts';
import { messageIn } from '../timeline.ts';

export interface MessageActions {
  readonly copy: (entry: ViewEntry) => void;
  readonly mention: (entry: ViewEntry) => void;
  readonly retry: (entry: ViewEntry) => void;
  readonly discard: (entry: ViewEntry) => void;
}

const copyText = async (entry: ViewEntry): Promise<void> => {
  const message = messageIn(entry);
  if (!message) return;
  try {
    await navigator.clipboard.writeText(message.text);
    toasts.show({ text: t.copied, kind: 'done' });
  } catch {
    toasts.show({ text: t.copyFailed, kind: 'danger' });
  }
};

const attempt = async (work: Promise<void>): Promise<void> => {
  try {
    await work;
  } catch (cause) {
    toasts.show({ text: reasonOf(cause), kind: 'danger' });
  }
};

export const messageActions = (
  data: WorkspaceData,
  onmention: (member: MemberId) => void,
): MessageActions => ({
  copy: (entry) => void copyText(entry),
  mention: (entry) => onmention(entry.by),
  retry: (entry) => void attempt(data.retry(entry.id)),
  discard: (entry) => void attempt(data.discard(entry.id)),
});
