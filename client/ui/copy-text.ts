import { toasts } from './toasts.svelte.ts';

/** Puts a text on the clipboard and says whether it worked. */
export async function copyText(
  text: string,
  { copied, copyFailed }: { readonly copied: string; readonly copyFailed: string },
): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.show({ text: copied, kind: 'done' });
  } catch {
    toasts.show({ text: copyFailed, kind: 'danger' });
  }
}
