/*
 * The page of a conversation comes as a file of its own: the list is the first screen and must not wait for it. Once it
 * is here it stays, so that the next conversation is drawn in the same frame as it is chosen.
 */
import type ConversationComponent from './Conversation.svelte';

class ConversationPage {
  #component = $state.raw<typeof ConversationComponent>();
  #failure = $state.raw<unknown>();

  get component(): typeof ConversationComponent | undefined {
    return this.#component;
  }

  /** Why it could not be loaded, until another attempt works. */
  get failure(): unknown {
    return this.#failure;
  }

  async load(): Promise<void> {
    if (this.#component) return;
    try {
      this.#component = (await import('./Conversation.svelte')).default;
      this.#failure = undefined;
    } catch (cause) {
      this.#failure = cause;
    }
  }
}

export const conversationPage = new ConversationPage();
