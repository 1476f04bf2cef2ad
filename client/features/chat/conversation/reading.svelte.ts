/* Tells the others how far this person has read: only while the page is looked at, and not for every message alone. */
import type { RoomId } from '../../../../shared/base/ids.ts';
import { partOf } from '../../../../shared/protocol/rooms.ts';
import type { WorkspaceData } from '../../../data/api.ts';

const pause = 500;

export class Reading {
  #data: WorkspaceData;
  #room: RoomId;
  #told = -1;
  #seen = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(data: WorkspaceData, room: RoomId) {
    this.#data = data;
    this.#room = room;
  }

  /** `upTo` is the seq of the newest entry on screen that the relay has; `position` what is known to be told already. */
  seen(upTo: number, position: number): void {
    this.#told = Math.max(this.#told, position);
    if (upTo <= this.#told || upTo <= this.#seen) return;
    this.#seen = upTo;
    this.#timer ??= setTimeout(() => this.flush(), pause);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#seen <= this.#told) return;
    const upTo = this.#seen;
    const room = partOf(this.#room, 'reads');
    this.#told = upTo;
    if (!this.#data.may(room, 'chat.read', { upTo }).ok) return;
    this.#data.send(room, 'chat.read', { upTo }).catch(() => {
      // Could not even be stored here: the page tells of that elsewhere, and the next message tries again.
      this.#told = -1;
    });
  }
}
