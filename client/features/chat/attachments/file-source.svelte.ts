/* One file of a message on the screen: whether it is here, on the relay, or still on its way there. */
import { SvelteSet } from 'svelte/reactivity';
import type { Failure } from '../../../../shared/base/errors.ts';
import type { RoomId } from '../../../../shared/base/ids.ts';
import { ok } from '../../../../shared/base/result.ts';
import type { WaitingFile, WorkspaceData } from '../../../data/api.ts';

/** What others send is asked for again after this, then ever more rarely. Milliseconds. */
const firstPause = 1_500;
const longestPause = 30_000;
/** Senders who have not sent a file within this time will not. Milliseconds. */
const hopeFor = 14 * 86_400_000;

export type FileState = 'looking' | 'ready' | 'arriving' | 'missing' | 'expired' | 'away' | 'failed';

export interface SourceOptions {
  readonly room: RoomId;
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
  /** When the message was sent. */
  readonly at: number;
  /** `bytes` fetches them; `presence` only learns whether the relay has them. */
  readonly want: 'bytes' | 'presence';
}

/** What is known to be on the relay is not asked for again while the page lives. */
const onRelay = new SvelteSet<string>();

export class FileSource {
  readonly #data: WorkspaceData;
  readonly #options: SourceOptions;
  #state = $state<FileState>('looking');
  #url = $state<string | null>(null);
  /** Bytes that came here, or with the sender's upload to the relay; null while nobody knows. */
  #come = $state<number | null>(null);
  #pause = firstPause;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(data: WorkspaceData, options: SourceOptions) {
    this.#data = data;
    this.#options = options;
  }

  get state(): FileState {
    return this.#state;
  }

  /** For elements that show it; null until the bytes are here. */
  get url(): string | null {
    return this.#url;
  }

  /** 0 to 100, of whatever is going on; null while nobody knows. */
  get percent(): number | null {
    return this.#come === null ? null : Math.min(100, Math.floor((100 * this.#come) / this.#options.size));
  }

  /** While this device is the one that sends it. */
  get waiting(): WaitingFile | null {
    return this.#data.files.waiting(this.#options.room, this.#options.hash);
  }

  async look(): Promise<void> {
    const { room, hash, want } = this.#options;
    const { files } = this.#data;
    clearTimeout(this.#timer);
    if (this.#state === 'ready' && (want === 'presence' || this.#url)) return;
    const key = `${room} ${hash}`;
    const here = await files.here(room, hash);
    if (this.#closed) return;
    if (here || (want === 'presence' && onRelay.has(key))) return this.#show(here);
    const there = onRelay.has(key) ? ok(true as const) : await files.check(room, hash);
    if (this.#closed) return;
    if (!there.ok) return this.#miss(there.error);
    onRelay.add(key);
    if (want === 'presence') return this.#show(null);
    const fetched = await files.fetch(room, hash, (bytes) => (this.#come = bytes));
    if (this.#closed) return;
    if (fetched.ok) this.#show(fetched.value);
    else this.#miss(fetched.error);
  }

  #show(blob: Blob | null): void {
    this.#come = null;
    if (blob && this.#options.want === 'bytes') this.#url = URL.createObjectURL(blob);
    this.#state = 'ready';
  }

  #miss({ code, details }: Failure): void {
    const received = details?.['received'];
    this.#come = typeof received === 'number' ? received : null;
    if (code === 'not-kept') this.#state = 'expired';
    else if (code === 'offline') this.#state = 'away';
    else if (code === 'room-not-found' || (code === 'not-found' && this.#mayCome(received !== undefined))) {
      this.#state = 'arriving';
      this.#timer = setTimeout(() => void this.look(), this.#pause);
      this.#pause = Math.min(longestPause, this.#pause * 1.5);
    } else this.#state = code === 'not-found' ? 'missing' : 'failed';
  }

  #mayCome(isComing: boolean): boolean {
    return isComing || Date.now() - this.#options.at < hopeFor;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#url) URL.revokeObjectURL(this.#url);
  }
}
