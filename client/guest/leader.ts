/*
 * Pages of one browser share one copy and one device at the relay, so one of them alone talks to it. The lock passes on
 * by itself when that page goes. Browsers without locks (plain http) let each page talk; commands are then told apart by
 * their ids, and a page that lost count begins anew.
 */
import type { RoomId } from '../../shared/base/ids.ts';

export type PageNote =
  /** Something in the store is different; something waits there; all of it was deleted. */
  | { readonly type: 'changed' | 'wake' | 'gone' }
  /** A page has opened and asks how the connection is; the answer. */
  | { readonly type: 'hello' }
  | { readonly type: 'connection'; readonly is: 'offline' | 'connecting' | 'online' }
  /** Everything of a conversation up to this entry was read. */
  | { readonly type: 'read'; readonly room: RoomId; readonly upTo: number };

export class Pages {
  readonly #channel: BroadcastChannel;
  readonly #stopped = new AbortController();

  constructor(name: string, heard: (note: PageNote) => void) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<PageNote>) => heard(data);
  }

  /** Says it to the others; what is still said after `close` is for nobody. */
  tell(note: PageNote): void {
    if (!this.#stopped.signal.aborted) this.#channel.postMessage(note);
  }

  /** Runs `work` as soon as no other page does, until `close`; it returns the way to stop it. */
  lead(name: string, work: () => () => void): void {
    const { signal } = this.#stopped;
    const run = (): Promise<void> => {
      const stop = work();
      return new Promise((ended) =>
        signal.addEventListener('abort', () => {
          stop();
          ended();
        }),
      );
    };
    const locks: LockManager | undefined = navigator.locks;
    if (!locks) void run();
    else
      locks.request(name, { signal }, run).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
  }

  close(): void {
    this.#stopped.abort();
    this.#channel.close();
  }
}
