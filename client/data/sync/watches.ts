import type { RoomId } from '../../../shared/base/ids.ts';
import type { Connection } from './connection.ts';
import type { TabId } from './notes.ts';

/** Which texts are open in which tab: the relay is asked for the awareness of exactly these. */
export class Watches {
  readonly #byTab = new Map<TabId, ReadonlySet<RoomId>>();
  #watched = new Set<RoomId>();

  set(tab: TabId, rooms: readonly RoomId[], connection: Connection | null): void {
    if (rooms.length > 0) this.#byTab.set(tab, new Set(rooms));
    else this.#byTab.delete(tab);
    const wanted = new Set([...this.#byTab.values()].flatMap((set) => [...set]));
    if (connection) {
      for (const room of wanted) if (!this.#watched.has(room)) connection.send({ type: 'watch', room });
      for (const room of this.#watched) if (!wanted.has(room)) connection.send({ type: 'unwatch', room });
    }
    this.#watched = wanted;
  }

  /** A new connection knows of no watches. */
  resend(connection: Connection): void {
    for (const room of this.#watched) connection.send({ type: 'watch', room });
  }

  has(room: RoomId): boolean {
    return this.#watched.has(room);
  }
}
