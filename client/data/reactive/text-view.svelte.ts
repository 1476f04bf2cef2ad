import { createSubscriber } from 'svelte/reactivity';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import type { Failure } from '../../../shared/base/errors.ts';
import type { RoomId } from '../../../shared/base/ids.ts';
import type { TextView } from '../api.ts';
import type { OpenTexts } from '../text/open-texts.ts';
import type { TextSession } from '../text/text-session.ts';

/** One page's look at an open text; several may share the session behind it. */
export class TextWindow implements TextView {
  readonly #open: { readonly session: TextSession; close(): Promise<void> };
  readonly #mayNotWrite: () => Failure | null;
  readonly #track: () => void;
  #tell: () => void = () => undefined;

  /** `mayNotWrite` says what the rules of the room say; reactive. */
  constructor(texts: OpenTexts, room: RoomId, mayNotWrite: () => Failure | null) {
    this.#mayNotWrite = mayNotWrite;
    this.#track = createSubscriber((update) => {
      this.#tell = update;
      return () => {
        this.#tell = () => undefined;
      };
    });
    this.#open = texts.open(room, () => this.#tell());
  }

  get doc(): Y.Doc {
    this.#track();
    return this.#open.session.doc;
  }

  get awareness(): Awareness {
    this.#track();
    return this.#open.session.awareness;
  }

  get ready(): boolean {
    this.#track();
    return this.#open.session.ready;
  }

  get locked(): Failure | null {
    this.#track();
    return this.#open.session.locked ?? this.#mayNotWrite();
  }

  get saved(): 'saving' | 'device' | 'relay' {
    this.#track();
    return this.#open.session.saved;
  }

  close(): Promise<void> {
    return this.#open.close();
  }
}
