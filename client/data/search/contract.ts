import type { CommandId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { FoundKind } from './keys.ts';

export type { FoundKind } from './keys.ts';

/** What is looked for. Without words and people everything of the kind is found that the rest allows. */
export interface SearchQuery {
  readonly kind: FoundKind;
  /** As it was typed. */
  readonly text: string;
  /** In this conversation only. */
  readonly room: RoomId | null;
  /** From this person only; of docs, who made them. */
  readonly by: MemberId | null;
  /** [from, to), milliseconds since 1970. */
  readonly from: number | null;
  readonly to: number | null;
  /** At most so many, the newest. */
  readonly limit: number;
}

/** Something that was found. `seq` is null for an own message that the relay has not taken yet. */
export interface Hit {
  readonly room: RoomId;
  readonly seq: number | null;
  readonly id: CommandId | null;
  /** Null for whoever is not here: of an imported message. */
  readonly by: MemberId | null;
  /** What whoever said an imported message was called. */
  readonly name: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of a message what it says now, of a doc its text. */
  readonly text: string;
  /** Of a doc. */
  readonly title: string;
  /** Names of a message's files. */
  readonly files: readonly string[];
}

export interface SearchResult {
  /** Newest first. */
  readonly hits: readonly Hit[];
  /** There may be older ones. */
  readonly more: boolean;
  /** Messages on this device that are not in the index yet. */
  readonly left: number;
}

export interface Search {
  /** Answers from this device alone. Null when a newer question of the same `asker` came meanwhile, or none can be answered. */
  find(query: SearchQuery, asker: string): Promise<SearchResult | null>;
  /** Bytes of the index on this device; null when nobody can tell. */
  bytes(): Promise<number | null>;
}

/** The search of one tab. */
export interface TabSearch extends Search {
  /** From now on the index is kept; the first question has the same effect. */
  begin(): void;
  /** Open questions are answered by nobody. */
  stop(): void;
}
