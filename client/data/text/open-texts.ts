import type { RoomId } from '../../../shared/base/ids.ts';
import { FailureError } from '../failure-error.ts';
import { TextSession, type TextDeps } from './text-session.ts';

interface OpenText {
  session: TextSession;
  readonly watchers: Set<() => void>;
  closing: Promise<void> | null;
}

/** The texts open in this tab, each once, however many views look at it. */
export class OpenTexts {
  readonly #deps: TextDeps;
  readonly #open = new Map<RoomId, OpenText>();
  readonly #stopListening: () => void;

  constructor(deps: TextDeps) {
    this.#deps = deps;
    this.#stopListening = deps.bus.listen((note) => {
      if (note.type === 'who-watches') this.#tellWatched(true);
      if (note.type === 'replaced') for (const room of note.rooms) this.beginAnew(room);
    });
  }

  /**
   * `changed` runs when something about the session may be different, or it is another one. Returns the session and the
   * way to close it.
   */
  open(room: RoomId, changed: () => void): { readonly session: TextSession; close(): Promise<void> } {
    const text = this.#open.get(room) ?? this.#begin(room);
    const watcher = (): void => changed();
    text.watchers.add(watcher);
    return {
      get session() {
        return text.session;
      },
      close: () => {
        text.watchers.delete(watcher);
        return this.#closeUnused(text);
      },
    };
  }

  /** Everything typed is on this device when it resolves. */
  async flush(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ session }) => session.flush()));
  }

  storeAgain(): void {
    for (const { session } of this.#open.values()) session.storeAgain();
  }

  /** The page is going: tell the relay that nobody here looks at these texts. */
  async close(): Promise<void> {
    this.#stopListening();
    await Promise.all(
      [...this.#open.values()].map((text) => {
        text.watchers.clear();
        return this.#closeUnused(text);
      }),
    );
  }

  #begin(room: RoomId): OpenText {
    const watchers = new Set<() => void>();
    const text: OpenText = { session: this.#load(room, watchers), watchers, closing: null };
    this.#open.set(room, text);
    this.#tellWatched(false);
    return text;
  }

  #load(room: RoomId, watchers: ReadonlySet<() => void>): TextSession {
    const session = new TextSession(this.#deps, room, () => {
      for (const watcher of watchers) watcher();
    });
    session.load().catch((error: unknown) => {
      if (!(error instanceof FailureError)) throw error;
      this.#deps.onProblem(error.failure);
    });
    return session;
  }

  /** What is open is not what the database says: the same text in a new document, after what was typed is stored. */
  beginAnew(room: RoomId): void {
    const text = this.#open.get(room);
    if (!text) return;
    const before = text.session;
    const stored = before.flush().then(() => this.#deps.lease.replaceRetired());
    const goOn = (): void => {
      if (this.#open.get(room) !== text || text.session !== before) return;
      text.session = this.#load(room, text.watchers);
      for (const watcher of text.watchers) watcher();
      // Pages let go of the old document first.
      this.#deps.timers.after(0, () => before.destroy());
    };
    // What cannot be stored stays on the screen, and goes on trying.
    stored.then(goOn, (error: unknown) => {
      if (!(error instanceof FailureError)) throw error;
      this.#deps.onProblem(error.failure);
    });
  }

  /** Opened again while the last changes are being stored, it goes on as the same session. */
  #closeUnused(text: OpenText): Promise<void> {
    if (text.watchers.size > 0) return Promise.resolve();
    text.closing ??= text.session.flush().then(
      () => {
        text.closing = null;
        if (text.watchers.size > 0) return;
        this.#open.delete(text.session.room);
        text.session.destroy();
        this.#tellWatched(false);
      },
      (error: unknown) => {
        // Not stored: the text stays open, and goes on trying, rather than being forgotten.
        text.closing = null;
        throw error;
      },
    );
    return text.closing;
  }

  #tellWatched(again: boolean): void {
    const { bus, tab } = this.#deps;
    bus.post({ type: 'watching', tab, rooms: [...this.#open.keys()] });
    if (again) for (const { session } of this.#open.values()) session.announce();
  }
}
