import type { ZodMiniType } from 'zod/mini';
import type { CommandId, CustomerId, MemberId } from '../base/ids.ts';
import type { RoomName } from '../protocol/rooms.ts';
import type { Actor, AppRight, Decision } from './actor.ts';
import type { ContentRule } from './text-content.ts';

/** One entry of a log room as everybody reads it. `seq` is its position, from 0, and its Yjs clock. */
export interface LogEntry {
  readonly seq: number;
  /** The id of the command it came from. */
  readonly id: CommandId;
  readonly type: string;
  /** Stamped by the relay from the session. */
  readonly by: MemberId;
  /** Stamped by the relay, milliseconds since 1970. */
  readonly at: number;
  readonly data: unknown;
}

/** How entries name another one of their room: by its id, and by the seq it had then, by which it is found. */
export interface EntryTarget {
  readonly seq: number;
  readonly id: CommandId;
}

/** What a rule may look at, the same on the device and on the relay. */
export interface RuleContext<State, Governing = unknown> {
  readonly room: RoomName;
  /** The room's own reduced state. */
  readonly state: State;
  /** The state of the room that governs this one (itself, unless it is a part). */
  readonly governing: Governing;
  /** Milliseconds since 1970, by the clock of who judges. */
  readonly at: number;
  /**
   * The state of a log room that is no part of one, as it begins where there is none. A device says it of what it holds:
   * the relay has the last word.
   */
  stateOf(kind: string, id: string): unknown;
  /** Whether the id is that of a member who has not left. */
  isActiveMember(member: MemberId): boolean;
  /**
   * The entry of this room; null when it has none with that id. On a device also undefined: not on the screen, so only
   * the relay can tell.
   */
  entry(target: EntryTarget): LogEntry | null | undefined;
}

export interface CommandRule<State = unknown, Governing = unknown, Data = unknown> {
  readonly schema: ZodMiniType<Data>;
  /** May be sent to a room that does not exist yet, and makes it. */
  readonly creates?: boolean;
  may(actor: Actor, data: Data, context: RuleContext<State, Governing>): Decision;
  /** True when the state already says what the command wants: it succeeds without an entry. */
  isDone?(actor: Actor, data: Data, context: RuleContext<State, Governing>): boolean;
  /** The data as it is stored: with what follows from the room and is not the sender's to say. */
  complete?(data: Data, context: RuleContext<State, Governing>): Data;
}

/** Something the relay says of itself in a log room. */
export interface Fact {
  readonly type: string;
  readonly data: unknown;
}

/** What takes away (again) what an entry took away, as the room is now; null when it is gone. */
export type RevokingRule<State = unknown> = (entry: LogEntry, state: State) => Fact | null;

export const revokingRule =
  <State, Data>(
    schema: ZodMiniType<Data>,
    again: (data: Data, state: State, entry: LogEntry) => Fact | null,
  ): RevokingRule<State> =>
  (entry, state) => {
    const parsed = schema.safeParse(entry.data);
    return parsed.success ? again(parsed.data, state, entry) : null;
  };

/**
 * What entries say of other entries of their room (that one was edited, say). A device keeps it beside each of them, so
 * that the state of a room does not grow with its entries.
 */
export interface MarkRules<Marks = unknown> {
  /** Which entry this one speaks of; null for most. */
  targetOf(entry: LogEntry): EntryTarget | null;
  /** Pure, and the same in whatever order entries arrive, since older ones are fetched later. */
  fold(marks: Marks | null, entry: LogEntry): Marks;
}

/** What is left of an entry, and the relay's proof that it is, in base64 (`StoredRow` with its receipt). */
export interface LeftEntry {
  readonly seq: number;
  readonly receipt: string;
}

/**
 * Content that its author takes back from everybody: it is put out of the entries themselves, on the relay and on devices.
 * That something was there, whose and when, stays, in its place.
 */
export interface ErasingRules<State = unknown> {
  /** The entry that this one adds words to or takes back; null for most. */
  about(entry: LogEntry): EntryTarget | null;
  /** Whether it takes back all that the entry it is about said, and what was added to that. */
  takesBack(entry: LogEntry): boolean;
  /** Whether others speak of it by its id, so that no two people may have entries of the same. */
  isUnique(entry: Pick<LogEntry, 'type'>): boolean;
  /** Files that it names, by hash, each once. */
  files(entry: LogEntry): readonly string[];
  /** What is left of it; of what is left, the same object. */
  emptied(entry: LogEntry): LogEntry;
  /** The state as if that entry had been empty from the beginning. */
  without(state: State, id: CommandId): State;
  /** What takes back says what is left, so that devices which put the words away themselves can still hand that back. */
  withProof(entry: LogEntry, left: readonly LeftEntry[]): LogEntry;
  proofOf(entry: LogEntry): readonly LeftEntry[];
}

/** Readers who came later and were not given what was before. */
export interface LimitedReaders<State, Governing> {
  /** The first entry (its seq) of the room that the reader may know of. */
  from(governing: Governing, member: MemberId): number;
  /** The state as whoever reads from there may see it. */
  hide(state: State, from: number): State;
  /** Who they are, and which entry (its seq) let each of them in. */
  since(governing: Governing): readonly { readonly member: MemberId; readonly seq: number }[];
  /** Has them begin later: what is older than their coming was put behind it when a relay was restored. */
  begin(members: readonly MemberId[], from: number): Fact;
}

/**
 * Readers who may know only a part of the state. They never get an entry as it stands: entries say too much, and what one
 * of them changes for a reader depends on all the others. They are given their part of the state, and what changes in it.
 */
export interface PartialReaders<State> {
  /** Under one key the same is shown; empty for whoever may know everything. */
  keyOf(state: State, member: MemberId): string;
  shown(state: State, key: string): State;
  /** Whether it is what such a reader was given. */
  isPart(state: State): boolean;
  /** The entry's type that leads from one to another, which no log has stored. */
  readonly type: string;
  /** Its data; null where nothing is different. */
  between(before: State, after: State): unknown;
  /** Its data where that would be too much: ask for all of it. */
  readonly anew: unknown;
  isAnew(entry: LogEntry): boolean;
}

/** `everyone` is every active member of the workspace, and no guest. */
export type Readers = 'everyone' | readonly MemberId[];

/** What stands in a plain room's name behind the workspace. */
export type NameOfRoom = Pick<RoomName, 'kind' | 'id'>;

/** What was said in an entry, wherever it stands. */
export type Said = Pick<LogEntry, 'type' | 'by' | 'data'>;

/** What other rooms have to say so that they agree with this one: stored with the entry that made the difference. */
export interface Leading<State = unknown> {
  /** Those that may lack something, after what was said here; null when something was said in a room that this one follows. */
  followers(room: RoomName, state: State, said: Said | null): readonly NameOfRoom[];
  /** The facts that one of them lacks, in their order; none where it agrees. */
  lacks(state: State, room: RoomName, follower: unknown, name: NameOfRoom): readonly Fact[];
}

/** Something that a job has the relay say: in the job's own room, where no other one is named. */
export interface JobFact extends Fact {
  readonly room?: Pick<RoomName, 'kind' | 'id' | 'part'>;
  readonly by: MemberId;
  /** Begins with `factPrefix`; without it the next one of the room. */
  readonly id?: CommandId;
  /** Files of the job's own room, by hash, that belong to this one too from then on. */
  readonly files?: readonly string[];
}

/** Nothing is to be done before then. Milliseconds since 1970. */
export interface JobPause {
  readonly until: number;
}

/** What a job may look at besides its own state, as it is at this moment. */
export interface JobContext {
  readonly room: RoomName;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** So many things may be done in this portion: others wait for it. */
  readonly most: number;
  /** The state of a log room, as it begins where there is none yet; null while it, or what follows from it, is damaged. */
  read(room: Pick<RoomName, 'kind' | 'id' | 'part'>): unknown;
  isActiveMember(member: MemberId): boolean;
  /** What somebody is called, members and guests; empty where nobody knows. */
  nameOf(member: MemberId): string;
  /** Customers whom this member owns, also those who are ended, in the order in which they came, behind one of them. */
  customersOf(member: MemberId, after: CustomerId | null, most: number): readonly CustomerId[];
  /** How many they own who are not ended. */
  loadOf(member: MemberId): number;
}

/**
 * Work in many other rooms that a room is about. The relay takes it in portions, each stored in one commit with what the
 * room says of it: so wherever the relay ends, nothing is done twice and nothing is left out.
 */
export interface Job<State = unknown> {
  /** Whether something is left to be done. */
  isOpen(state: State): boolean;
  /**
   * Pure. The next portion, in the order in which it is to be said, at least one fact of it in the job's own room; null
   * when there is nothing to do before the room says something else.
   */
  next(state: State, context: JobContext): readonly JobFact[] | JobPause | null;
}

interface KindBase<Governing> {
  readonly kind: string;
  readonly part: string | null;
  /** The part (null = the plain room) whose state decides rights here. */
  readonly governedBy: string | null;
  /** Whether the room is there; rooms that need no creation always are. */
  exists(governing: Governing): boolean;
  readers(governing: Governing): Readers;
}

/** A room that only the relay writes: entries from commands, folded to a state by the same pure function everywhere. */
export interface LogKind<State = unknown, Governing = State> extends KindBase<Governing> {
  readonly class: 'log';
  readonly initial: State;
  /** Pure: leaves `state` as it is. Skips entries it does not understand. */
  fold(state: State, entries: readonly LogEntry[]): State;
  readonly commands: Readonly<Record<string, CommandRule<State, Governing>>>;
  /** Types of entries that the relay itself appends, with the shape of their data. */
  readonly facts: Readonly<Record<string, ZodMiniType>>;
  /** Types of entries after which `readers` or the rights of parts may differ. */
  readonly accessEntries: ReadonlySet<string>;
  /** Entries that took rights or content from somebody: a restored relay must not give it back. */
  readonly revoking: Readonly<Record<string, RevokingRule<State>>>;
  /** Commands that a guest may send who reads the room; absent is none. */
  readonly guestCommands?: ReadonlySet<string>;
  /** Commands that an app may send, and the right that each of them takes; absent is none. */
  readonly appCommands?: Readonly<Record<string, AppRight>>;
  /** Absent where no other room follows from this one. */
  readonly leads?: Leading<State>;
  /** Absent where the relay has nothing to do in other rooms. */
  readonly job?: Job<State>;
  /** The room that this one follows; null, and without it, none. */
  ledBy?(room: RoomName, state: State): NameOfRoom | null;
  /** Whether somebody may keep files with the room, for its entries to name; absent where it takes none. */
  mayAttach?(actor: Actor, context: RuleContext<State, Governing>): Decision;
  /**
   * Its files are small pictures of people, and each is for the readers who may see one of those who show it. Absent where
   * files are any, for all readers.
   */
  faces?(state: State, reader: MemberId, hash: string): boolean;
  /** What takes somebody out who had left the workspace and comes back; null when they may read on. */
  letGo?(state: State, member: MemberId): Fact | null;
  /**
   * Whether a room that was made under the name of one which a restore took is another one, so that nothing of the lost
   * one is shown in it. Without it there is one room of a name, whoever makes it.
   */
  isAnother?(state: State): boolean;
  /** Types of entries that somebody would want to be told of (they count as unread). */
  readonly noteworthy: ReadonlySet<string>;
  readonly marks?: MarkRules;
  readonly erasing?: ErasingRules<State>;
  /** Readers for whom the room begins later; without it everything is for every reader. */
  readonly limited?: LimitedReaders<State, Governing>;
  /** Readers for whom some of it is not there; without it everything is for every reader. */
  readonly partly?: PartialReaders<State>;
}

/** A room that its writers share as equals: Yjs updates behind the relay's gate. */
export interface TextKind<Governing = unknown> extends KindBase<Governing> {
  readonly class: 'text';
  mayWrite(actor: Actor, governing: Governing): Decision;
  /** Root types an update may write to; null allows any. */
  readonly roots: readonly string[] | null;
  /** What may stand where in it; null allows anything plain. */
  readonly allows: ContentRule | null;
}
