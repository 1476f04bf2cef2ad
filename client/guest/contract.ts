/* What the guest's page and the relay tell each other over HTTP, and what the page keeps. */
import type { LogEntry } from '../../shared/access/kind.ts';
import type { ErrorCode } from '../../shared/base/errors.ts';
import type { CommandId, MemberId, RoomId } from '../../shared/base/ids.ts';
import type { BlobRecord } from '../data/storage/contract.ts';

/** Somebody of the company, as a guest may know them. */
export interface StaffMember {
  readonly id: MemberId;
  readonly name: string;
  readonly post: string;
  /** Address of their picture; null without one. */
  readonly photo: string | null;
}

/** What binds a page to a company: the host that serves it, and the fingerprint of the company's key. */
export interface Verified {
  readonly host: string;
  readonly key: string;
  /** ed25519, SPKI in base64. */
  readonly publicKey: string;
  /** JSON of what is signed: company, host, person. */
  readonly card: string;
  /** Base64. */
  readonly signature: string;
}

/** What a contact link says before anything was begun. */
export interface ContactCard {
  readonly company: string;
  /** Null where a team answers: who it is, is said when it begins. */
  readonly person: Omit<StaffMember, 'id'> | null;
  readonly welcome: string;
  readonly privacy: string;
  readonly privacyLink: string;
  /** Address of the company's logo; null without one. */
  readonly logo: string | null;
  readonly verified: Verified;
  /** Into which the link leads; absent and null for one that begins a conversation. */
  readonly group?: GroupFace | null;
}

/** A group as it is shown to somebody who is asked into it, or has its link. */
export interface GroupFace {
  /** Empty where it has no name. */
  readonly title: string;
  /** Who of the company is in it. */
  readonly staff: readonly Pick<StaffMember, 'id' | 'name' | 'post'>[];
  /** How many guests are in it. */
  readonly customers: number;
}

/** A group in which this guest is, or to which they are asked. */
export interface GuestGroup extends GroupFace {
  readonly room: RoomId;
  readonly is: 'invited' | 'in';
  /** Who asked them. */
  readonly by: { readonly name: string };
  /** They may write there now. */
  readonly writes: boolean;
  /** Other guests, under the names that they gave. */
  readonly guests: readonly { readonly id: MemberId; readonly name: string }[];
}

/** Who this browser is to the company. */
export interface GuestSession {
  readonly member: MemberId;
  readonly chat: RoomId;
  readonly company: string;
  readonly verified: Verified;
  /** Everybody of the company who is in the conversation, or was. */
  readonly staff: readonly StaffMember[];
  /** Who answers now. */
  readonly owner: MemberId | null;
  readonly name: string;
  readonly phone: string;
  /** What the company says when it has ended. */
  readonly ended: string;
  readonly logo: string | null;
  /** The guest wants no messages that go to many. */
  readonly quiet: boolean;
  /** Absent in what an earlier version kept. */
  readonly groups?: readonly GuestGroup[];
}

/** A command of this browser that the relay has not answered, or has refused. */
export interface Outgoing {
  readonly id: CommandId;
  readonly room: RoomId;
  readonly type: string;
  readonly data: unknown;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Where the relay put it; null until then. Its entry may still be on the way. */
  readonly seq: number | null;
  readonly failure: ErrorCode | null;
}

/** A file of the conversation on this device; `pending` until the relay has it. */
export type KeptFile = BlobRecord & { readonly bytes: Blob };

/** How far this device's copy of a conversation goes. */
export interface Progress {
  /** Of the relay that gave it; null before the first time. */
  readonly epoch: string | null;
  /** Entries of the conversation up to here are known: the newest of them without a gap. */
  readonly head: number;
  /** Entries of its read positions. */
  readonly readsHead: number;
  /** Up to where each has read (inclusive seq). */
  readonly positions: Readonly<Record<MemberId, number>>;
  /** There is nothing before the oldest entry that is here. */
  readonly complete: boolean;
}

export const noProgress: Progress = { epoch: null, head: 0, readsHead: 0, positions: {}, complete: false };

/** What the engine stores into; every call is one transaction. */
export interface GuestStore {
  progress(room: RoomId): Promise<Progress>;
  /**
   * Adds entries of a room and says how far it goes now. `anew`: what was here before is not of this run of the log. Own commands
   * whose entries came leave the outbox; a recalled message loses its words and files.
   */
  add(room: RoomId, entries: readonly LogEntry[], progress: Partial<Progress>, anew?: boolean): Promise<void>;
  /** Everything of a room leaves this device, also what waits for it. */
  drop(room: RoomId): Promise<void>;
  /** Ascending. */
  entries(room: RoomId): Promise<readonly LogEntry[]>;
  /** In the order they were made. */
  outbox(): Promise<readonly Outgoing[]>;
  push(command: Outgoing): Promise<void>;
  settle(id: CommandId, change: Pick<Outgoing, 'seq' | 'failure'> | 'done'): Promise<void>;
  files(): Promise<readonly KeptFile[]>;
  file(hash: string): Promise<KeptFile | null>;
  keep(file: KeptFile): Promise<void>;
}
