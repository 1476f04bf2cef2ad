export interface SeedDocument {
  readonly title: string;
  /** In the notation of `appendBlocks`. */
  readonly text: string;
  /** What somebody else adds later. */
  readonly addition: string;
}
