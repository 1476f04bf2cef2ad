/** Bounds both sides know. Bytes unless a name says otherwise. The relay tells its own in `welcome`. */
export const limits = {
  /** Largest websocket message in either direction. */
  frame: 10 * 1024 * 1024,
  /** Largest single update of a text room. Markdown becomes about six times its size; what is larger is refused. */
  update: 8 * 1024 * 1024,
  /** Largest text room, as one merged update. A full one still takes deletions. */
  text: 32 * 1024 * 1024,
  /** Largest command, as JSON. */
  command: 256 * 1024,
  /** Awareness state of one client. */
  awareness: 16 * 1024,
  /** Rooms in one `pull`. */
  pullRooms: 200,
  /** Bytes after which the relay ends a `batch`; what is left is pulled again. */
  batch: 1024 * 1024,
  /** Rooms in one `changed` list. */
  changedRooms: 5_000,
  /** Newest entries of a log that a device is given without asking; older ones are history. */
  logTail: 1_000,
  /** Entries of a conversation that a device which has nothing of it is given without asking; of a longer one it gets the state. */
  logWhole: 8,
  /** Entries in one `history` answer. */
  history: 500,
  /** Client ids in one `lease`. */
  leases: 32,
  /** Rows in one `handback`, and ids in one `reclaim`. */
  handback: 1_000,
  /** Largest picture kept with a document. */
  blob: 25 * 1024 * 1024,
  /** Largest file of a conversation. */
  file: 2 * 1024 * 1024 * 1024,
} as const;

export type Limits = Record<keyof typeof limits, number>;
