import type { LogEntry } from '../../../shared/access/kind.ts';
import type { Failure } from '../../../shared/base/errors.ts';
import type { CommandId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { Move } from '../text/rewrite.ts';
import type {
  HandedRow,
  LogContent,
  RoomContent,
  Row,
  TextContent,
} from '../../../shared/protocol/messages.ts';

/**
 * What a device keeps. One database per account; pages and the leader meet here. Every method is one transaction, and
 * writes are on disk when their promise resolves; what the relay can give again is so with the next write. Expected failures (disk full, damage, newer version) reject with
 * `FailureError` and change nothing.
 */
export interface DeviceStorage {
  readonly meta: MetaStore;
  readonly rooms: RoomStore;
  readonly mentions: MentionStore;
  readonly texts: TextStore;
  readonly outbox: OutboxStore;
  readonly blobs: BlobStore;
  readonly leases: LeaseStore;
  readonly drafts: DraftStore;
  readonly journal: JournalStore;
  close(): void;
  /** Deletes everything but what this person wrote and never sent: commands, words, pictures, drafts. Tells how many of these there are. */
  keepOnlyUnsent(): Promise<number>;
  /** Deletes everything, also what was not sent. */
  destroy(): Promise<void>;
}

export interface Meta {
  /** Of the relay this copy came from; null before the first catch-up. */
  readonly epoch: string | null;
  /** Everything up to here is on this device. */
  readonly cursor: number;
  /** Milliseconds since 1970; null if never. */
  readonly syncedAt: number | null;
  /** Rooms whose stored data the relay called damaged: what is newer than their record has to be asked for again. */
  readonly damaged: readonly RoomId[];
  /** People whom the directory does not show, by their ids, as far as somebody asked for them. */
  readonly met?: Readonly<Record<MemberId, MetPerson>>;
}

export interface MetPerson {
  readonly name: string;
  /** Milliseconds since 1970; null for whoever has not left. */
  readonly leftAt: number | null;
}

export interface MetaStore {
  read(): Promise<Meta>;
  write(change: Partial<Meta>): Promise<void>;
}

/** What is known of a room without reading its entries or updates. */
export interface RoomRecord {
  readonly room: RoomId;
  readonly class: 'log' | 'text';
  /** Newest row that is held together with all rows before it; 0 while the relay has given nothing. */
  readonly cursor: number;
  /** Logs: the entries held are `from` to `head - 1`. */
  readonly from: number;
  readonly head: number;
  /** Logs: what was held further down before too much came in between; absent where there is none. */
  readonly kept?: readonly KeptRun[];
  /** Author and time of the newest change; for texts also changes of this device that are not sent. */
  readonly by: MemberId;
  readonly at: number;
  /** Logs: all entries up to `head` folded by the kind's fold. */
  readonly state: unknown;
  /**
   * Seqs of noteworthy entries of others after this person's read position, ascending; the newest `mostUnread` of those
   * that are here.
   */
  readonly unread: readonly number[];
  /** Those of them that call this person; absent in records from before they were counted. */
  readonly calls?: readonly number[];
  /** Cursor and entries are of a relay that was restored since: fetch all of it again. */
  readonly stale: boolean;
  /** Texts: the newest cursor under which the relay acknowledged an own change, also when its row never came back. */
  readonly acked?: number;
  /** Texts: what was moved under other client ids, each time, for what a page still writes on the text as it was before. */
  readonly moved?: readonly (readonly Move[])[];
}

/** Entries `from` to `head - 1` of a log. */
export interface EntryRun {
  readonly room: RoomId;
  readonly from: number;
  readonly head: number;
}

/** Entries `from` to `to - 1`. */
export interface KeptRun {
  readonly from: number;
  readonly to: number;
}

/** What a write changed, for the notes to pages. */
export interface Stored {
  readonly changed: readonly RoomId[];
  /** Bytes that open texts have to apply. */
  readonly updates: readonly { readonly room: RoomId; readonly bytes: readonly Uint8Array[] }[];
  /** Own commands that arrived as entries and left the outbox. */
  readonly settled: readonly CommandId[];
  /** Texts of which this device had what the relay has no more: an open one has to begin anew. */
  readonly replaced: readonly RoomId[];
}

export interface StoredRows extends Stored {
  /** Rooms that miss something before these rows; they were left as they are and have to be pulled. */
  readonly gaps: readonly RoomId[];
}

/** Where an entry stands. */
export interface EntryPlace {
  readonly room: RoomId;
  readonly seq: number;
}

export interface MarkedPlace {
  readonly entry: LogEntry;
  /** Null for what nothing happened to. */
  readonly marks: unknown;
}

/** A customer as lists show them, small enough to have ten thousand at hand at once. */
export interface CustomerLine {
  readonly id: string;
  /** Of their file. */
  readonly room: RoomId;
  readonly name: string;
  readonly phone: string;
  readonly mail: string;
  readonly company: string;
  /** Of the company's own fields, by id. */
  readonly fields: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  /** Null: the first of the company's stages. */
  readonly stage: string | null;
  readonly owner: MemberId | null;
  readonly helpers: readonly MemberId[];
  readonly source: string;
  /** When they came. Times are milliseconds since 1970. */
  readonly since: number;
  readonly next: { readonly at: number; readonly text: string } | null;
  readonly ended: boolean;
  /** When they said what nobody answered; null where nothing waits for an answer. */
  readonly waitsSince: number | null;
  readonly unread: number;
  /** The last message, in short; empty where there is none. */
  readonly said: string;
  /** As in the row. */
  readonly at: number;
  readonly pending: boolean;
}

/** What there is to show before everything is read. */
export interface RoomsAtStart {
  /** Of all rooms but those of customers; of customers whose rooms changed lately, those too. */
  readonly records: readonly RoomRecord[];
  /** Of all other customers. */
  readonly lines: readonly CustomerLine[];
}

export interface RoomStore {
  all(): Promise<RoomRecord[]>;
  /** What a list of customers needs, in a fraction of the time; null where there is nothing but `all`. */
  start(): Promise<RoomsAtStart | null>;
  /** Puts together what `all` reads, where enough has changed: the next start is then quicker. */
  pack(): Promise<void>;
  /** Makes records that cannot be understood (damage) be fetched anew; tells how many there were. */
  mend(): Promise<number>;
  /** Logs of which entries of these runs are not here. */
  lacking(runs: readonly EntryRun[]): Promise<RoomId[]>;
  /** Makes those of these logs that lack entries be fetched anew; tells how many there were. */
  mendHoles(rooms: readonly RoomId[]): Promise<number>;
  /** In the order asked; null for what is not here. */
  some(rooms: readonly RoomId[]): Promise<(RoomRecord | null)[]>;
  /** Entries `from` (inclusive) to `to` (exclusive) as far as they are here, ascending. */
  entries(room: RoomId, from: number, to: number): Promise<LogEntry[]>;
  /** What became of these entries, by their ids; those that nothing happened to are left out. */
  marks(room: RoomId, ids: Iterable<CommandId>): Promise<Map<CommandId, unknown>>;
  /** The ids of all entries of a room that something happened to. */
  marked(room: RoomId): Promise<CommandId[]>;
  /** Single entries of many rooms and what became of them, in the order asked; null for what is not here. */
  single(places: readonly EntryPlace[]): Promise<(MarkedPlace | null)[]>;
  storeContents(contents: readonly RoomContent[]): Promise<Stored>;
  /** `cursor` is written with the rows when nothing was missing before them. */
  storeRows(rows: readonly Row[], cursor: number): Promise<StoredRows>;
  /**
   * Older entries of rooms. Those that meet what is held are held from then on; others are here for `entries`, and count
   * when the gap is closed.
   */
  storeHistory(contents: readonly LogContent[]): Promise<void>;
  /**
   * Removes every trace of rooms, other than what this person wrote and never sent: commands, words, pictures and the
   * text of a draft stay as refused; files beside a draft go. `at`: now, milliseconds since 1970.
   */
  forget(rooms: readonly RoomId[], at: number): Promise<void>;
  /**
   * The relay was restored and has lost every row after `until`: rooms with such rows are to be fetched anew and stay
   * readable until then; the rows that have a receipt are owed to the relay from now on.
   */
  newEpoch(epoch: string, until: number): Promise<void>;
}

/** A message that calls this person, as this device has it. */
export interface Mention {
  readonly room: RoomId;
  readonly id: CommandId;
  readonly seq: number;
  readonly by: MemberId;
  readonly at: number;
  /** As it was sent; later versions are in the marks of the message. */
  readonly text: string;
  /** It calls everybody. */
  readonly all: boolean;
}

/** Messages that call this person, noted while entries are stored. */
export interface MentionStore {
  newest(limit: number): Promise<Mention[]>;
}

/** A row that the relay lost with a restore. Without a receipt it can be exported, not handed back. */
export interface OwedRow extends HandedRow {
  readonly key: number;
  /** Why the relay will never take it back; null while it may. */
  readonly failure: Failure | null;
}

/** Rows of one room that a restored relay has lost. `failure`: why it will not take them back; null while it may. */
export interface LostRows {
  readonly room: RoomId;
  readonly count: number;
  readonly failure: Failure | null;
}

/** What a device keeps for others is bounded, in time and in bytes; the backup is what should hold the rest. */
export const journalAge = 30 * 24 * 3_600_000;
export const journalBytes = 64 * 1024 * 1024;

/** What came from the relay with receipts, until it is in a backup; and what a restored relay is owed of it. */
export interface JournalStore {
  /** Drops what has a cursor up to `backedUp`, what is older than `before` (milliseconds since 1970), and the oldest of what is too much. */
  prune(backedUp: number, before: number): Promise<void>;
  /** In the order to hand back: what decides rights first. */
  owed(): Promise<OwedRow[]>;
  /** How many rows of which room are owed, and how many of them will never be taken back and why. */
  lost(): Promise<LostRows[]>;
  /** Notes what became of rows: those without a failure are on the relay. */
  handed(answers: readonly { readonly key: number; readonly failure: Failure | null }[]): Promise<void>;
  /** Gives up what one room is owed. */
  discardOwed(room: RoomId): Promise<void>;
}

export interface StoredUpdate {
  readonly key: number;
  readonly bytes: Uint8Array;
  /** It was moved under another client id already. */
  readonly moved?: boolean;
  /** What was written in it, where the text around it is gone from this device. */
  readonly words?: string;
  /** It is not on the relay, or was refused. */
  readonly unsent?: boolean;
}

export interface StoredText {
  readonly updates: readonly StoredUpdate[];
  readonly pending: boolean;
  /** How often the text began anew on this device. */
  readonly begun: number;
}

export interface TextStore {
  /** Everything to load, oldest first, without what the relay refused. */
  read(room: RoomId): Promise<StoredText>;
  /** The same with what the relay refused, for export. */
  everything(room: RoomId): Promise<StoredUpdate[]>;
  /**
   * Keeps an own change and marks it as not sent. `begun`: of the text it was made in; where that began anew since, the
   * change is moved after the rest.
   */
  append(room: RoomId, bytes: Uint8Array, by: MemberId, at: number, begun: number): Promise<void>;
  /** Merges what is sent into one snapshot when there are at least `least` pieces; never what is pending or refused. */
  compact(room: RoomId, least: number): Promise<void>;
  /** Texts with at least `least` pieces. */
  crowded(least: number): Promise<RoomId[]>;
  pendingRooms(): Promise<RoomId[]>;
  pending(room: RoomId): Promise<StoredUpdate[]>;
  /** `cursor`: under which the relay acknowledged it. */
  markSent(room: RoomId, keys: readonly number[], cursor: number): Promise<void>;
  /** Sets a refused change aside, with the client ids it was written under, which are used no more. */
  markRefused(keys: readonly number[], failure: Failure, clients: readonly number[]): Promise<void>;
  /**
   * Takes the whole text from the relay in place of what is here, and moves what is not sent onto it, under `ids`. False,
   * and nothing is changed, where it was written under more ids than those.
   */
  beginAnew(content: TextContent, ids: readonly number[]): Promise<boolean>;
  /** Everything of a room that is not on the relay: pending (`failure` null) and refused. */
  queue(): Promise<QueuedUpdates[]>;
  retryRefused(room: RoomId): Promise<Uint8Array[]>;
  discardRefused(room: RoomId): Promise<void>;
  /**
   * Removes pieces that cannot be read and has the room fetched again. All client ids are retired: which of them the
   * pieces were written under cannot be known, and a clock must not be used twice.
   */
  dropDamaged(room: RoomId, keys: readonly number[]): Promise<void>;
}

export interface QueuedUpdates {
  readonly room: RoomId;
  readonly count: number;
  readonly at: number;
  readonly failure: Failure | null;
}

export interface OutboxRecord {
  /** Order of making; the wire's `n` is given when it is sent. */
  readonly key: number;
  readonly id: CommandId;
  readonly room: RoomId;
  readonly type: string;
  readonly data: unknown;
  readonly at: number;
  /** Where the relay put it, when it said so before the entry arrived. */
  readonly seq: number | null;
  readonly failure: Failure | null;
}

/** `seq`: as which entry the relay took it; null when nothing was left to do. */
export type Settled =
  | { readonly id: CommandId; readonly seq: number | null }
  | { readonly id: CommandId; readonly failure: Failure };

export interface OutboxStore {
  add(command: Pick<OutboxRecord, 'id' | 'room' | 'type' | 'data' | 'at'>): Promise<OutboxRecord>;
  /** Several at once, in this order: all of them are kept, or none. */
  addAll(
    commands: readonly Pick<OutboxRecord, 'id' | 'room' | 'type' | 'data' | 'at'>[],
  ): Promise<OutboxRecord[]>;
  /** In order of making. */
  all(): Promise<OutboxRecord[]>;
  /** Notes the relay's answers. A command that was taken leaves when its entry is here. */
  settle(answers: readonly Settled[]): Promise<void>;
  remove(id: CommandId): Promise<void>;
}

/** A picture or file of a room. */
export interface BlobRecord {
  readonly room: RoomId;
  /** SHA-256 in hex. */
  readonly hash: string;
  readonly type: string;
  /** Empty where it has none. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** On the disk until read; null where this device only knows which file is to be copied. */
  readonly bytes: Blob | null;
  /** A room this person may read that has the file already: the relay copies it from there. */
  readonly from?: RoomId;
  /** The hash of the file that this is a smaller picture of; people know of that one alone. */
  readonly smallOf?: string;
  readonly at: number;
  readonly pending: boolean;
  readonly failure: Failure | null;
}

/** A file that is not on the relay, without its bytes. */
export type QueuedBlob = Pick<BlobRecord, 'room' | 'hash' | 'name' | 'size' | 'smallOf' | 'at' | 'failure'>;

export interface BlobStore {
  put(blob: BlobRecord): Promise<void>;
  get(room: RoomId, hash: string): Promise<BlobRecord | null>;
  /** Not on the relay, and not given up. */
  isPending(room: RoomId, hash: string): Promise<boolean>;
  /** Pending and refused ones, by age. */
  queue(): Promise<QueuedBlob[]>;
  mark(room: RoomId, hash: string, change: Pick<BlobRecord, 'pending' | 'failure'>): Promise<void>;
  remove(room: RoomId, hash: string): Promise<void>;
  /** Removes the oldest of what the relay has, until no more bytes of it than `most` are here. */
  trim(most: number): Promise<void>;
}

export interface LeaseStore {
  /** Client ids that may be used for writing, the smallest first. */
  usable(): Promise<number[]>;
  /** Every id this device ever wrote under, as far as it remembers. */
  all(): Promise<number[]>;
  /** `receipts`: the relay's proof for each of them, by which a restored relay knows it again. */
  add(clients: readonly number[], receipts: readonly Uint8Array[], state?: 'free' | 'retired'): Promise<void>;
  /** Every id with its proof, where there is one. */
  receipts(): Promise<{ readonly id: number; readonly receipt: Uint8Array }[]>;
  retire(clients: readonly number[]): Promise<void>;
  /** Takes one out of the stock, for browsers that have no locks; `giveBack` returns it. */
  take(): Promise<number | null>;
  giveBack(client: number): Promise<void>;
}

/** A file that was put beside a draft. */
export interface DraftFile {
  readonly id: string;
  readonly name: string;
  readonly file: Blob;
}

/** Where something was begun: in a conversation, or in the thread of the message with this id. */
export type DraftPlace = RoomId | `${RoomId} ${CommandId}`;

/** What was begun and not sent. */
export interface DraftStore {
  /** Its text; empty when there is none. */
  get(place: DraftPlace): Promise<string>;
  /** An empty text removes it. */
  put(place: DraftPlace, text: string): Promise<void>;
  /** The files beside it, in the order they were added. */
  files(place: DraftPlace): Promise<readonly DraftFile[]>;
  addFile(place: DraftPlace, file: DraftFile): Promise<void>;
  removeFiles(ids: readonly string[]): Promise<void>;
}
