import type { CommandId, MemberId, RoomId } from '../../shared/base/ids.ts';

/** What became of words that met a rule: they went out, were kept from it, or a customer wrote them. */
export const wordOutcomes = ['sent', 'held', 'guest'] as const;
export type WordOutcome = (typeof wordOutcomes)[number];

/** Words that met a rule, as they are stored with the answer to the command that brought them. */
export interface WordHit {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The rule by its id, and its name then. */
  readonly rule: string;
  readonly name: string;
  /** Which of its words, at most `mostNoted`. */
  readonly words: readonly string[];
  readonly outcome: WordOutcome;
  readonly by: MemberId;
  /** In whose line it is: who wrote it; of what a customer wrote, who had them then. */
  readonly person: MemberId | null;
  readonly room: RoomId;
  /** The command, which is the message where it went out. */
  readonly id: CommandId;
  /** Whose conversation it is; null for words that are kept for later. */
  readonly customer: string | null;
}

/** Words of one hit that are kept. */
export const mostNoted = 10;

export interface StoredHit extends WordHit {
  /** Rises with every hit. */
  readonly n: number;
}

/** All that is given has to hold. */
export interface WordHitsQuery {
  /** Null is everybody, nobody's included. */
  readonly people: readonly MemberId[] | null;
  readonly rule?: string;
  readonly outcome?: WordOutcome;
  /** From a moment on, up to and without another. */
  readonly at?: readonly [from: number, to: number];
  /** Of customers who came by it, or from there, first. */
  readonly link?: string;
  readonly source?: string;
}

/** Who met which word rule. Every method throws `StorageError` when the disk refuses. */
export interface WordHits {
  /** Inside the transaction that is going on. */
  add(hit: WordHit): void;
  /** The newest first, behind this one, at most so many. */
  list(query: WordHitsQuery, before: number | null, most: number): StoredHit[];
  count(query: WordHitsQuery): number;
  /** Which words of which messages of a room met rules, from a moment on. */
  inRoom(room: RoomId, from: number): StoredHit[];
}
