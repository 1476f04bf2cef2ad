import { limits, type Limits } from '../shared/protocol/limits.ts';

const kibi = 1024;
const mebi = 1024 * kibi;

interface Definition {
  readonly initial: number;
  readonly least: number;
  readonly most: number;
  readonly unit: 'bytes' | 'milliseconds' | 'number';
  /**
   * What `/metrics` tells as reached: how many there are now, or the most there has been since the start; null where
   * other series say it (what comes in a second) or nobody counts before the bound strikes.
   */
  readonly shown: 'now' | 'most' | null;
}

const bytes = (initial: number, least: number, most: number): Definition => ({
  initial,
  least,
  most,
  unit: 'bytes',
  shown: 'most',
});
const count = (initial: number, least: number, shown: Definition['shown']): Definition => ({
  initial,
  least,
  most: 10_000_000,
  unit: 'number',
  shown,
});
const time = (initial: number, least: number, most: number, shown: Definition['shown']): Definition => ({
  initial,
  least,
  most,
  unit: 'milliseconds',
  shown,
});
const rate = (initial: number, least: number, unit: 'bytes' | 'number'): Definition => ({
  initial,
  least,
  most: unit === 'bytes' ? 16_384 * mebi : 10_000_000,
  unit,
  shown: null,
});

/**
 * Everything that somebody else's program can make grow, and how far. The defaults are for programs that mean well and
 * never meet them. What both sides of the socket know comes from `limits`.
 */
export const boundTable = {
  // One message, one document. Devices merge what was made offline to half of the usual update: less would refuse them.
  frame: bytes(limits.frame, limits.frame, 256 * mebi),
  update: bytes(limits.update, limits.update, 128 * mebi),
  text: bytes(limits.text, mebi, 1024 * mebi),
  command: bytes(limits.command, 64 * kibi, 4 * mebi),
  blob: bytes(limits.blob, mebi, 1024 * mebi),

  // Files of conversations: one, all that are kept (each counted once), those a member put there, unfinished uploads.
  file: bytes(limits.file, mebi, 1024 * 1024 * mebi),
  files: { ...bytes(200 * 1024 * mebi, mebi, 2 ** 50), shown: 'now' },
  memberFiles: bytes(50 * 1024 * mebi, mebi, 2 ** 50),
  memberUploads: count(100, 1, 'most'),

  // Sockets, and what they may leave lying or send.
  sockets: count(50_000, 1, 'now'),
  socketsPerMember: count(20_000, 1, 'most'),
  strangers: count(4_000, 1, 'now'),
  strangersPerNetwork: count(2_000, 1, 'most'),
  connections: count(65_000, 10, 'now'),
  beforeHello: { ...bytes(16 * kibi, kibi, mebi), shown: null },
  helloTime: time(10_000, 100, 600_000, 'most'),
  silence: time(45_000, 1_000, 3_600_000, 'most'),
  fragments: count(1_024, 16, null),
  queue: bytes(8 * mebi, 64 * kibi, 1024 * mebi),
  socketMessages: rate(20_000, 10, 'number'),
  socketBytes: rate(64 * mebi, 64 * kibi, 'bytes'),
  memberMessages: rate(60_000, 10, 'number'),
  memberBytes: rate(192 * mebi, 64 * kibi, 'bytes'),
  // Client ids in a day. A text remembers every id that ever wrote in it; an honest device draws some ten in a day.
  deviceLeases: count(20_000, limits.leases, 'most'),
  memberLeases: count(60_000, limits.leases, 'most'),

  // Guests: customers that begin in a day, of one network and of all; what one of them may send and keep.
  networkGuests: count(1_000, 1, 'most'),
  newGuests: count(20_000, 1, 'most'),
  guestCommands: count(5_000, 10, 'most'),
  guestLeases: count(320, limits.leases, 'most'),
  guestSockets: count(40, 1, 'most'),
  guestFiles: bytes(1024 * mebi, mebi, 2 ** 50),

  // Who is where.
  watchedRooms: count(4_096, 1, 'most'),
  awareness: bytes(limits.awareness, kibi, mebi),
  statesPerSocket: count(64, 1, 'most'),
  statesPerRoom: count(4_096, 1, 'most'),
  awarenessPerRoom: bytes(8 * mebi, 64 * kibi, 256 * mebi),

  // Messages of which people without a page are to be told, and rows that are to be looked at for them.
  pushes: count(20_000, 100, 'most'),

  // Requests.
  headers: bytes(16 * kibi, 4 * kibi, mebi),
  headerTime: time(8_000, 100, 600_000, null),
  requestTime: time(300_000, 1_000, 3_600_000, null),
  body: bytes(64 * kibi, 4 * kibi, 16 * mebi),
  commandsBody: bytes(4 * mebi, 64 * kibi, 64 * mebi),
  memberRequests: rate(2_000, 1, 'number'),
  // Of one app.
  appRequests: rate(100, 1, 'number'),
  // Pages of other people's servers that are asked for a card.
  memberCards: rate(2, 1, 'number'),
} as const satisfies Record<string, Definition>;

export type Bound = keyof typeof boundTable;
export type Bounds = Readonly<Record<Bound, number>>;

export const boundNames = Object.keys(boundTable) as Bound[];

/** Its name in the environment: `socketsPerMember` is `WEFT_MAX_SOCKETS_PER_MEMBER`. */
export const boundSetting = (bound: Bound): string =>
  `WEFT_MAX_${bound.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

export const defaultBounds = Object.fromEntries(
  boundNames.map((bound) => [bound, boundTable[bound].initial]),
) as Bounds;

/** What a device is told in its welcome. */
export const limitsOf = ({ frame, update, text, command, awareness, blob, file }: Bounds): Limits => ({
  ...limits,
  frame,
  update,
  text,
  command,
  awareness,
  blob,
  file,
});

/** Counts how near the bounds were. Called on hot paths: an implementation only compares and adds. */
export interface BoundMetrics {
  /** So many are there now, or so large was one; what `/metrics` shows of it says the table. */
  reached(bound: Bound, value: number): void;
  /** The bound kept something out, cut it off or made it wait. */
  struck(bound: Bound): void;
}

const nothing = (): void => {};
export const noBoundMetrics: BoundMetrics = { reached: nothing, struck: nothing };
