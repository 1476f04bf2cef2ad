import type { Failure } from '../../../shared/base/errors.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';

/** One page; also the name under which it holds locks. */
export type TabId = string;

/** Older entries that are fetched beside everything else; all of them are here when `done` is `total`. */
export interface Filling {
  readonly done: number;
  readonly total: number;
  /** The newest of some conversations are not here yet: what can wait does. */
  readonly first: boolean;
}

/** What only the leader knows. */
export interface LeaderState {
  readonly connection: 'offline' | 'connecting' | 'online';
  readonly fetching: { readonly done: number; readonly total: number } | null;
  readonly filling: Filling | null;
  readonly syncedAt: number | null;
  readonly online: readonly MemberId[];
  readonly problem: Failure | null;
  /** Rooms whose data on the relay is damaged; the copies here stay. */
  readonly damaged: readonly RoomId[];
  /** The relay reads this device more slowly for now, since it sent too much at once. */
  readonly slowed: boolean;
}

/** Before a leader said anything. */
export const noState: LeaderState = {
  connection: 'offline',
  fetching: null,
  filling: null,
  syncedAt: null,
  online: [],
  problem: null,
  damaged: [],
  slowed: false,
};

/**
 * What pages and the leader of one account tell each other. A note never carries truth: that is in the database when
 * the note is posted. Missing one costs time, not data; hearing one twice changes nothing.
 */
export type Note =
  /** Records (and perhaps entries) of these rooms are different or gone. */
  | { readonly type: 'rooms'; readonly rooms: readonly RoomId[] }
  /**
   * New bytes of a text, stored; `from` is the tab that wrote them, or null for the relay. `begun`: they are of the text
   * after it began anew so often, and are stored otherwise where it did so again.
   */
  | {
      readonly type: 'bytes';
      readonly room: RoomId;
      readonly bytes: readonly Uint8Array[];
      readonly from: TabId | null;
      readonly begun?: number;
    }
  /** These texts have new bytes in the database, too many to tell or watched by nobody known: read them there. */
  | { readonly type: 'texts'; readonly rooms: readonly RoomId[] }
  /** Something entered or left the outbox, or what is pending of texts and blobs. */
  | { readonly type: 'queue' }
  /** So many bytes of a file of this device are on the relay. */
  | { readonly type: 'upload'; readonly room: RoomId; readonly hash: string; readonly sent: number }
  /** To the leader: something here cannot be read; its room is marked stale and has to be fetched anew. */
  | { readonly type: 'damaged' }
  /** To the leader: there is something to send. */
  | { readonly type: 'wake' }
  /** Nothing of this text is pending any more. */
  | { readonly type: 'sent'; readonly room: RoomId }
  | { readonly type: 'refused'; readonly room: RoomId; readonly failure: Failure }
  | { readonly type: 'lost'; readonly rooms: readonly RoomId[] }
  /** What an open text shows of these is not what the database says any more: it has to begin anew. */
  | { readonly type: 'replaced'; readonly rooms: readonly RoomId[] }
  /** The stock of client ids grew. */
  | { readonly type: 'leases' }
  /** To the leader: every id of the stock is in use by some tab, and this one has none. */
  | { readonly type: 'need-lease' }
  | { readonly type: 'state'; readonly state: LeaderState }
  /** A leader is connected and asks what pages have open. */
  | { readonly type: 'who-watches' }
  | { readonly type: 'watching'; readonly tab: TabId; readonly rooms: readonly RoomId[] }
  /** A page that just came asks the leader for its state. */
  | { readonly type: 'ask-state' }
  | {
      readonly type: 'awareness';
      readonly room: RoomId;
      readonly bytes: Uint8Array;
      readonly from: TabId | null;
    }
  | {
      readonly type: 'history';
      readonly id: string;
      readonly room: RoomId;
      readonly before: number;
      readonly limit: number;
    }
  | { readonly type: 'history-answer'; readonly id: string; readonly failure: Failure | null }
  /** The browser says that the network is back, or the person wants to try now. */
  | { readonly type: 'network' }
  /** The browser threw the database away: everything has to be fetched again. */
  | { readonly type: 'evicted' }
  /** The relay ended the session of this device. */
  | { readonly type: 'ended'; readonly failure: Failure };

/** A note is copied for every tab and worker; what is larger than this is better read from the database. Bytes. */
export const largestNote = 256 * 1024;

export const sizeOf = (updates: readonly Uint8Array[]): number =>
  updates.reduce((size, bytes) => size + bytes.length, 0);

/** Delivers a note to everybody else on the same bus, never to the sender, in the order posted. */
export interface Bus {
  post(note: Note): void;
  /** Returns the way to stop listening. */
  listen(hear: (note: Note) => void): () => void;
  close(): void;
}

/** The bus of browsers. Pages and workers of one account meet by its database's name. */
export function broadcastBus(name: string): Bus {
  const channel = new BroadcastChannel(name);
  let closed = false;
  return {
    post: (note) => {
      // What was under way when the page closed still comes to its end here, and nobody waits for its note.
      if (!closed) channel.postMessage(note);
    },
    listen(hear) {
      const heard = (event: MessageEvent<Note>): void => hear(event.data);
      channel.addEventListener('message', heard);
      return () => channel.removeEventListener('message', heard);
    },
    close: () => {
      closed = true;
      channel.close();
    },
  };
}
