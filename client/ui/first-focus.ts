import { tick } from 'svelte';

/**
 * Where the focus goes when a dialog opens: to what is to be filled in, else to the dialog itself, not to its X. A
 * handler for bits-ui's `onOpenAutoFocus`; `dialog` is read once the content is in the document.
 */
export const focusFirstField =
  (dialog: () => HTMLElement | undefined) =>
  async (event: Event): Promise<void> => {
    event.preventDefault();
    await tick();
    const element = dialog();
    const field = element?.querySelector<HTMLElement>(
      '[autofocus], input:not([type="hidden"], :disabled), textarea:not(:disabled), select:not(:disabled)',
    );
    (field ?? element)?.focus();
  };
