import type { MessageFile } from '../../../../shared/features/chat/attachment.ts';
import type { RoomId } from '../../../../shared/base/ids.ts';

/** A picture or video and where it belongs. */
export interface Shown {
  readonly room: RoomId;
  readonly file: MessageFile;
  /** When its message was sent. */
  readonly at: number;
}

/** What the viewer shows; one for all conversations, since it covers the page. */
class Lightbox {
  #items = $state.raw<readonly Shown[]>([]);
  #index = $state(0);

  get items(): readonly Shown[] {
    return this.#items;
  }

  get index(): number {
    return this.#index;
  }

  get current(): Shown | undefined {
    return this.#items[this.#index];
  }

  open(items: readonly Shown[], index: number): void {
    this.#items = items;
    this.#index = index;
  }

  step(by: 1 | -1): void {
    this.#index = Math.min(this.#items.length - 1, Math.max(0, this.#index + by));
  }

  close(): void {
    this.#items = [];
  }
}

export const lightbox = new Lightbox();
