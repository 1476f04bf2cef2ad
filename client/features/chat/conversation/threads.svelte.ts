/* The thread that is open beside the conversation: what was answered to one message, and to the answers. */
import type { EntryTarget } from '../../../../shared/access/kind.ts';
import { frame } from '../../../ui/frame.svelte.ts';

class OpenThread {
  #open = $state.raw<{ readonly chat: string; readonly root: EntryTarget } | null>(null);

  /** The message with which the open thread of this conversation began; null while none is open. */
  of(chat: string | undefined): EntryTarget | null {
    return this.#open && this.#open.chat === chat ? this.#open.root : null;
  }

  show(chat: string, root: EntryTarget): void {
    this.#open = { chat, root };
    frame.sideOpen = true;
  }

  /** The panel shows the conversation's details again. */
  close(): void {
    this.#open = null;
  }
}

export const threads = new OpenThread();
