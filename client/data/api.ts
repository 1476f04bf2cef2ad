/**
 * What pages know of data: everything is read from this device, written to this device first, and reactive where Svelte
 * reads it (plain getters backed by signals). Pages get it with `useWorkspace()` of `client/data/context.ts`.
 */
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import type { Actor, Decision } from '../../shared/access/actor.ts';
import type { EntryTarget, LogEntry } from '../../shared/access/kind.ts';
import type { Failure } from '../../shared/base/errors.ts';
import type { CommandId, DeviceId, MemberId, RoomId, WorkspaceId } from '../../shared/base/ids.ts';
import type { MessageMarks } from '../../shared/features/chat/marks.ts';
import type { Result } from '../../shared/base/result.ts';
import type { ChatState, ReadsState } from '../../shared/features/chat/schema.ts';
import type { BroadcastState } from '../../shared/features/customers/broadcast-schema.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import type { HandoverState } from '../../shared/features/customers/handover-schema.ts';
import type { SettingsState } from '../../shared/features/customers/settings-schema.ts';
import type { Found } from '../../shared/features/words/judge.ts';
import type { WordsState } from '../../shared/features/words/schema.ts';
import type { AdminState } from '../../shared/features/directory/admin.ts';
import type { DirectoryState } from '../../shared/features/directory/schema.ts';
import type { DocState } from '../../shared/features/docs/schema.ts';
import type { SegmentsState } from '../../shared/features/personal/segments.ts';
import type {
  ListState,
  NoticesState,
  RepliesState,
  SavedState,
  TodosState,
} from '../../shared/features/personal/schema.ts';
import type { KnownOfFile } from './pictures.ts';
import type { Search } from './search/contract.ts';
import type { CustomerLine, DraftStore, LostRows, Mention } from './storage/contract.ts';

export type { FoundKind, Hit, Search, SearchQuery, SearchResult } from './search/contract.ts';
export type { CustomerLine, Mention } from './storage/contract.ts';

/** A conversation as lists need it; own commands that the relay has not answered are already in `state`. */
export interface ChatRow {
  readonly room: RoomId;
  readonly id: string;
  readonly state: ChatState;
  readonly reads: ReadsState;
  /** Who asks to be let into the group, the longest waiting first; for its managers. */
  readonly requests: readonly MemberId[];
  /** Messages of others after this person's read position, as far as they are here and up to 1,000. */
  readonly unread: number;
  /** Seq at or before the first of them, or null. */
  readonly firstUnread: number | null;
  /** Seq of the last of them, or null. */
  readonly lastUnread: number | null;
  /** Seqs of those of them that call this person, ascending. */
  readonly calls: readonly number[];
  /** For sorting: time of the last message, or of creation. Milliseconds since 1970. */
  readonly at: number;
  /** Made or changed on this device and not on the relay yet. */
  readonly pending: boolean;
}

/** A customer this person works with, as lists and pages need them. */
export interface CustomerRow {
  /** Of their file. */
  readonly room: RoomId;
  readonly id: string;
  readonly state: CustomerState;
  /** Their own conversation; null while it is not on this device. */
  readonly chat: ChatRow | null;
  /** All conversations with them: the own one first, then those of who was merged into them. */
  readonly chats: readonly ChatRow[];
  /** Since when what they said last, in any of them, is without an answer; null when nothing is. Milliseconds since 1970. */
  readonly waitsSince: number | null;
  /** For sorting: time of the last message, or of when they came. Milliseconds since 1970. */
  readonly at: number;
  /** Changed on this device and not on the relay yet. */
  readonly pending: boolean;
}

/** Customers going from one member to others, as far as this person has to do with it. */
export interface HandoverRow {
  readonly room: RoomId;
  readonly id: string;
  readonly state: HandoverState;
  /** Begun or undone on this device, and not on the relay yet. */
  readonly pending: boolean;
}

/** A message to many customers that this person made, or that goes to customers of theirs. */
export interface BroadcastRow {
  readonly room: RoomId;
  readonly id: string;
  readonly state: BroadcastState;
  /** When it was sent off, or begun. Milliseconds since 1970. */
  readonly at: number;
  /** Changed on this device and not on the relay yet. */
  readonly pending: boolean;
}

export interface DocRow {
  /** The text room; the row itself comes from its `about` part. */
  readonly room: RoomId;
  readonly id: string;
  readonly state: DocState;
  readonly editedAt: number;
  readonly editedBy: MemberId;
  readonly pending: boolean;
}

/** An entry with what became of it since; `marks` is null for what nothing happened to. */
export interface MarkedEntry extends LogEntry {
  readonly marks: MessageMarks | null;
}

/** An entry on the page: stored by the relay, or an own command on its way (`seq` then counts on from the last). */
export interface ViewEntry extends MarkedEntry {
  readonly delivery: 'stored' | 'queued' | 'failed';
  readonly failure: Failure | null;
}

/** A window on a log room, at first on its newest entries. Close it when the page goes. */
export interface LogView {
  readonly ready: boolean;
  /** Ascending; contiguous; at the end of the log own pending ones last. */
  readonly entries: readonly ViewEntry[];
  /** Own ones that the relay has not taken, in the order they were made, wherever the window is. */
  readonly waiting: readonly ViewEntry[];
  /** True when `entries` begins with the first entry of the room. */
  readonly complete: boolean;
  /** True when `entries` ends with the last one; then it follows what comes. */
  readonly atEnd: boolean;
  /** Why the window could not go where it was asked to (mostly: the relay cannot be reached), or null. */
  readonly olderFailure: Failure | null;
  /** Loads older entries: from this device, or from the relay when the device has no more. Never rejects. */
  loadOlder(count?: number): Promise<void>;
  /** The same towards the end. */
  loadNewer(count?: number): Promise<void>;
  /** Puts the window at the end again. */
  toNewest(): Promise<void>;
  /** Lets go of entries that are not between these seqs (`to` exclusive), for a long way through a long log. */
  keep(from: number, to: number): void;
  /** Makes sure the entry at `seq` is in `entries`; what lies far between is not loaded. */
  reach(seq: number): Promise<void>;
  /** Makes sure the first entry from that moment on is in `entries`. Milliseconds since 1970. */
  reachTime(at: number): Promise<void>;
  /**
   * The entry a target names, wherever it is in the log: null when there is none, undefined while that is not known (it
   * is being read, or is only on the relay). Reactive.
   */
  find(target: EntryTarget): ViewEntry | null | undefined;
  close(): void;
}

/** Who is writing in a conversation right now. Close it when the page goes. */
export interface TypingView {
  /** Others, in no order. Reactive. */
  readonly people: readonly MemberId[];
  /** This person is writing; may be called at every key. */
  tell(): void;
  /** They sent it, or gave up. */
  stop(): void;
  /** Others who say that they look at it, as `look` does. Reactive; nobody once the connection was lost. */
  readonly here: readonly MemberId[];
  /** This person looks at the conversation, until it is said otherwise. Customers see that. */
  look(here: boolean): void;
  /** Who looks at it is not known any more. */
  forget(): void;
  close(): void;
}

/**
 * An open text. `doc` may be edited as soon as `ready`; every change is stored here before it is sent. `doc` and
 * `awareness` are others from the moment on that the relay did not accept what was written in them.
 */
export interface TextView {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly ready: boolean;
  /** Why the text cannot be written right now, or null when it can. */
  readonly locked: Failure | null;
  /** `saving`: not yet on this device's disk; `device`: on disk, not on the relay; `relay`: everywhere it should be. */
  readonly saved: 'saving' | 'device' | 'relay';
  close(): Promise<void>;
}

export interface QueuedItem {
  readonly id: string;
  readonly room: RoomId;
  /** Command type, or `update` for a text, `blob` for a picture. */
  readonly type: string;
  readonly at: number;
  readonly count: number;
  /** What was written, where it is short: a message; of a file its name. */
  readonly words: string;
  /** Set when the relay said no; it stays until dismissed. */
  readonly failure: Failure | null;
}

/** A file of this device that the relay does not have yet. */
export interface WaitingFile {
  /** Its name in the queue. */
  readonly id: string;
  /** Bytes that are on the relay, and all of them. */
  readonly sent: number;
  readonly size: number;
  /** Why the relay will not take it; null while it may. */
  readonly failure: Failure | null;
}

/** Files of rooms. Those of conversations may be as large as the relay takes. */
export interface Files {
  /** Keeps a file on this device and queues it for the relay; resolves to its SHA-256 in hex, which may be known already. */
  put(room: RoomId, file: Blob, known?: KnownOfFile): Promise<string>;
  /** Queues a file of one room for another one, as when a message is forwarded; it need not be on this device. */
  copy(from: RoomId, to: RoomId, file: KnownOfFile & { hash: string; size: number }): Promise<void>;
  /** Reactive. Null for what the relay has, and for what others send. */
  waiting(room: RoomId, hash: string): WaitingFile | null;
  /** From this device, else from the relay. `came` hears how many bytes have come. */
  fetch(room: RoomId, hash: string, came?: (bytes: number) => void): Promise<Result<Blob, Failure>>;
  /** Whether the relay has it, without fetching it. */
  check(room: RoomId, hash: string): Promise<Result<true, Failure>>;
  /** From this device; null when it is not here. */
  here(room: RoomId, hash: string): Promise<Blob | null>;
  /** Where the relay serves it; with a name, to be saved under it. */
  address(room: RoomId, hash: string, name?: string): string;
  /** Larger ones are not kept on the device when they are fetched: play and save them from their address. Bytes. */
  readonly streamsFrom: number;
}

export interface SyncStatus {
  readonly connection: 'offline' | 'connecting' | 'online';
  /** Rooms still to fetch while catching up; null when not catching up. */
  readonly fetching: { readonly done: number; readonly total: number } | null;
  /** Older messages that are fetched in the background: all are here when `done` is `total`; null while nobody knows. */
  readonly filling: { readonly done: number; readonly total: number } | null;
  /** What is on this device only, as a person counts: a message, a picture, a text however much was written in it. */
  readonly unsent: number;
  readonly queue: readonly QueuedItem[];
  /** Whether another tab of this browser does the sending. */
  readonly leader: boolean;
  /** When this device last heard everything from the relay; null if never. */
  readonly syncedAt: number | null;
  /** Texts and conversations whose data on the relay is damaged; what is here stays as it is. */
  readonly damaged: readonly RoomId[];
  /** The relay takes this device's changes more slowly for now; nothing is lost. */
  readonly slowed: boolean;
  /** What a restored relay has lost, is still here, and could not be given back (yet). */
  readonly lost: readonly LostRows[];
  /** Something this device could not do (storage full, database damaged); shown until it is mended. */
  readonly problem: Failure | null;
}

export interface StorageInfo {
  readonly usedBytes: number;
  readonly quotaBytes: number | null;
  readonly persistent: boolean;
}

export interface WorkspaceData {
  readonly workspace: WorkspaceId;
  readonly me: MemberId;
  readonly device: DeviceId;
  readonly actor: Actor;
  /** False until the first read of this device's database is done (milliseconds). */
  readonly ready: boolean;
  /** False while this device has never caught up with the relay (first sign-in). */
  readonly hasCopy: boolean;
  readonly directory: DirectoryState;
  readonly online: ReadonlySet<MemberId>;
  /** Newest first. */
  readonly chats: readonly ChatRow[];
  readonly docs: readonly DocRow[];
  /** Those this person works with, newest first; without those who are a part of another one. */
  readonly customers: readonly CustomerRow[];
  /** The same as lists show them. At the start of a page that shows them they are here before `ready`; null until then. */
  readonly customerLines: readonly CustomerLine[] | null;
  /** Handovers that they began, give, get, or are set above. Newest first. */
  readonly handovers: readonly HandoverRow[];
  /** Messages to many customers, newest first. */
  readonly broadcasts: readonly BroadcastRow[];
  /** What this person alone has: the order of their conversations, saved messages, to-dos. */
  readonly list: ListState;
  readonly saved: SavedState;
  readonly todos: TodosState;
  /** Of what they want to be told. */
  readonly notices: NoticesState;
  /** Their own quick replies. */
  readonly replies: RepliesState;
  /** Their own segments of customers. */
  readonly segments: SegmentsState;
  /** What the company set for its customers. */
  readonly customerSettings: SettingsState;
  /** Which words are not to be said to customers. */
  readonly words: WordsState;
  /** Who asks to join; empty for whoever is no administrator. */
  readonly door: AdminState;
  readonly sync: SyncStatus;
  readonly files: Files;
  readonly drafts: DraftStore;
  readonly search: Search;

  chat(id: string): ChatRow | null;
  doc(id: string): DocRow | null;
  /** Also one who is a part of another one. */
  customer(id: string): CustomerRow | null;
  /** May this person send this command now, by the rules the relay applies? */
  may(room: RoomId, type: string, data: unknown): Decision;
  /** Which word rules the command's words to customers meet; none for most. */
  wordsFound(room: RoomId, type: string, data: unknown): readonly Found[];
  /** Stores the command on this device and queues it; it shows in views and rows at once. Throws `FailureError` when the rules refuse it. */
  send(room: RoomId, type: string, data: unknown): Promise<CommandId>;
  /**
   * The same for many commands of one room at once, each judged as if those before it had been taken. They may speak of
   * each other by the ids they are given. None is queued when one is refused.
   */
  sendAll(room: RoomId, commands: readonly { id: CommandId; type: string; data: unknown }[]): Promise<void>;
  /** The same for commands of many rooms. */
  sendEach(commands: readonly { room: RoomId; id: CommandId; type: string; data: unknown }[]): Promise<void>;
  /** Sends a failed command again as a new one, or takes it back from the queue. */
  retry(id: string): Promise<void>;
  discard(id: string): Promise<void>;
  /** Gives up what of a room the relay has lost and did not take back. */
  discardLost(room: RoomId): Promise<void>;
  openLog(room: RoomId): LogView;
  /** The newest messages that call this person, newest first, of every conversation on this device. */
  mentions(limit: number): Promise<readonly Mention[]>;
  /** What became of messages of one conversation, by their ids, as this device knows. */
  marks(room: RoomId, ids: Iterable<CommandId>): Promise<ReadonlyMap<CommandId, MessageMarks>>;
  /** Entries `from` (inclusive) to `to` (exclusive) of a log as far as they are on this device, ascending. */
  entries(room: RoomId, from: number, to: number): Promise<readonly MarkedEntry[]>;
  openText(room: RoomId): TextView;
  openTyping(room: RoomId): TypingView;

  /** Keeps a picture on this device and queues it for the relay; resolves to its SHA-256 in hex. */
  putBlob(room: RoomId, blob: Blob): Promise<string>;
  /** From this device, else from the relay; null when neither can give it now. */
  getBlob(room: RoomId, hash: string): Promise<Blob | null>;

  storage(): Promise<StorageInfo>;
  /** Asks the browser to keep this device's data; resolves to whether it will. */
  keepStorage(): Promise<boolean>;
  /** A detached copy of a text's document as this device has it, for export. */
  readText(room: RoomId): Promise<Y.Doc>;
  /** All entries of a log that this device has, ascending, read in pieces; without the words of what was recalled. */
  readLog(room: RoomId): AsyncIterable<readonly MarkedEntry[]>;
  /** Stores what was typed in the last moment; for a page that is about to go. */
  flush(): Promise<void>;
  /** Tries to reach the relay at once instead of waiting for the next attempt. */
  networkIsBack(): void;
  /** Everything that is on this device only, as a file. */
  exportUnsent(): Promise<Blob>;
  /** Every room this device holds. */
  rooms(): Promise<readonly RoomId[]>;
  /** The epoch of the relay this copy came from; null before the first catch-up. */
  epoch(): Promise<string | null>;
  /**
   * For a session that is over: of this device's copy only stays what this person wrote and never sent. Tells how many
   * things that are.
   */
  keepOnlyUnsent(): Promise<number>;
  /** Stops the worker and closes the database; `wipe` also deletes it, with caches. */
  close(options?: { wipe: boolean }): Promise<void>;
}
