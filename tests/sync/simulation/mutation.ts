/** A small change of the shipped code. */
export interface Mutation {
  /** The file, from the root of the repository. */
  readonly file: string;
  /** Text that is there exactly once, and what stands there instead. */
  readonly replace: string;
  readonly with: string;
}
