import { toasts } from '../../../ui/toasts.svelte.ts';
import { t } from './strings.ts';

/** Puts a text on the clipboard and says whether it worked. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.show({ text: t.copied, kind: 'done' });
  } catch {
    toasts.show({ text: t.copyFailed, kind: 'danger' });
  }
}
