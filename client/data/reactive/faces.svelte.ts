import { SvelteMap } from 'svelte/reactivity';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { directoryRoomId } from '../../../shared/features/directory/kind.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import type { WorkspaceData } from '../api.ts';

/** Pictures that are fetched at a time. */
const atOnce = 4;
/** What could not be had is asked for again after so long, and ever more rarely. Milliseconds. */
const soonest = 5_000;
const latest = 300_000;

export interface FacesDeps {
  readonly data: Pick<WorkspaceData, 'workspace' | 'directory' | 'files'>;
  /** Calls back when the page has drawn what it is drawing. */
  afterFrame(then: () => void): void;
}

/**
 * Photos of people, for whoever is on the screen: nothing waits for them, and nothing is read before a page has drawn
 * without them. Each is kept on the device when it has come once.
 */
export class MemberFaces {
  readonly #deps: FacesDeps;
  readonly #room: RoomId;
  /** Addresses of pictures that are here, by hash. */
  readonly #here = new SvelteMap<string, string>();
  readonly #asked = new Set<string>();
  #waiting: string[] = [];
  #missing: string[] = [];
  #running = 0;
  #pause = soonest;
  #again: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(deps: FacesDeps) {
    this.#deps = deps;
    this.#room = roomId(deps.data.workspace, 'directory', directoryRoomId);
  }

  /** The address of this person's picture; undefined without one, and while it is not here. Reactive. */
  of(id: string): string | undefined {
    const { members } = this.#deps.data.directory;
    const photo = Object.hasOwn(members, id) ? members[id as MemberId]?.photo : null;
    if (!photo) return undefined;
    const here = this.#here.get(photo);
    if (here === undefined) this.#ask(photo);
    return here;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    for (const address of this.#here.values()) URL.revokeObjectURL(address);
    this.#here.clear();
  }

  #ask(photo: string): void {
    if (this.#asked.has(photo)) return;
    this.#asked.add(photo);
    this.#waiting.push(photo);
    if (this.#waiting.length === 1) this.#deps.afterFrame(() => this.#fill());
  }

  #fill(): void {
    while (!this.#closed && this.#running < atOnce) {
      const photo = this.#waiting.shift();
      if (photo === undefined) return;
      this.#running += 1;
      void this.#fetch(photo).finally(() => {
        this.#running -= 1;
        this.#fill();
      });
    }
  }

  async #fetch(photo: string): Promise<void> {
    const found = await this.#deps.data.files.fetch(this.#room, photo).catch(() => null);
    if (this.#closed) return;
    if (found?.ok) {
      this.#here.set(photo, URL.createObjectURL(found.value));
      this.#pause = soonest;
      return;
    }
    // Offline, or whoever chose it is still sending it.
    this.#missing.push(photo);
    this.#again ??= setTimeout(() => this.#retry(), this.#pause);
    this.#pause = Math.min(latest, this.#pause * 2);
  }

  #retry(): void {
    this.#again = undefined;
    this.#waiting.push(...this.#missing);
    this.#missing = [];
    this.#fill();
  }
}
