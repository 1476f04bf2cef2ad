import type { MessageFile } from '../../../../shared/features/chat/attachment.ts';
import type { RoomId } from '../../../../shared/base/ids.ts';

/** A picture or video and where it belongs. */
export interface Shown {
  /** The message's id, and which of its files it is. */
  readonly key: string;
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

  /** `around` is what one can leaf through; when `shown` is not in it, that alone. */
  open(shown: Shown, around: readonly Shown[]): void {
    const index = around.findIndex(({ key }) => key === shown.key);
    this.#items = index < 0 ? [shown] : around;
    this.#index = Math.max(0, index);
  }

  step(by: 1 | -1): void {
    this.#index = Math.min(this.#items.length - 1, Math.max(0, this.#index + by));
  }

  close(): void {
    this.#items = [];
  }
}

export const lightbox = new Lightbox();
