/** One step of the database's shape. Applied once, in order, each in a transaction; never changed after a release. */
export interface Migration {
  /** Unique for ever: the database remembers which steps it took by this name. */
  readonly name: string;
  readonly sql: string;
}
