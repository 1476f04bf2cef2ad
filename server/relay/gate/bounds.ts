/** Bounds of one update and of one document, beside the bytes in `limits`. Read from headers, before anything is kept. */
export const bounds = {
  /** Structs of one update. The densest text anybody writes has one for every 16 bytes. */
  structs: 500_000,
  /** Ranges in the deletions of one update. */
  ranges: 500_000,
  /** Ranges that stand behind a later one of their client. Yjs writes them in order; cutting texts from the end is slow. */
  backwards: 10_000,
  /** Plain values (numbers, objects, …) of one update beside a few for each struct: some are more in memory than as bytes. */
  values: 1 << 17,
  /** Those of one piece of JSON, which can only be parsed all at once: an embedded thing, the value of a mark. */
  jsonValues: 1 << 14,
  /** Structs that a document may consist of (its heap is about 200 bytes for each), and how far deletions may cut them. */
  liveStructs: 1_000_000,
  cutStructs: 2_000_000,
  /**
   * Milliseconds that applying may take: for any update, and for each struct or range besides. Every reader has to do it
   * all at once. Ordinary work takes a tenth of that.
   */
  applying: 1_000,
  applyingPart: 0.04,
  /**
   * Items that one struct, and all of an update together, may have to be carried past to their places beside what others
   * wrote there. Yjs, and with it every reader, walks past up to ten in a microsecond, but of many only one.
   */
  pastOne: 50_000,
  past: 10_000_000,
  /** Positions that one struct may use up as deleted: clocks are cheap to burn and never come back. */
  gap: 1 << 24,
  /** Types inside types; nobody's document is deeper, and every reader walks down by recursion. */
  typeDepth: 100,
  /** Values inside values. */
  valueDepth: 64,
  /** Characters of a name: of a root, a map's key, an attribute, a mark, an element. */
  name: 1024,
} as const;
