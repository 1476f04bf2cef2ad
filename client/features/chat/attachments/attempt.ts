import { toasts } from '../../../ui/toasts.svelte.ts';
import { reasonOf } from '../commands.ts';

/** Says why when it does not work. */
export const attempt = async (work: Promise<void>): Promise<void> => {
  try {
    await work;
  } catch (cause) {
    toasts.show({ text: reasonOf(cause), kind: 'danger' });
  }
};
