import { errorTable, failure, type ErrorCode, type Failure } from '../../../shared/base/errors.ts';
import type { RoomId } from '../../../shared/base/ids.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { decodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import type { Welcome } from '../../../shared/protocol/messages.ts';
import type { DeviceStorage, OwedRow } from '../storage/contract.ts';
import { isIn } from '../text/restored.ts';
import type { Connection } from './connection.ts';
import type { Timers } from './contract.ts';

/** Up to which cursor a device of `epoch` has what the relay of this welcome has too; 0 when nothing can be trusted. */
export function keptUpTo({ epochs }: Pick<Welcome, 'epochs'>, epoch: string): number {
  const since = epochs.findIndex((each) => each.epoch === epoch);
  return since === -1 ? 0 : Math.min(...epochs.slice(since).map(({ until }) => until));
}

/** Something before the row is missing yet: other rows, of this device or of another, may bring it. */
const missesSomething: ReadonlySet<ErrorCode> = new Set([
  'room-not-found',
  'update-missing-reference',
  'update-clock-gap',
]);

type Answered = Parameters<DeviceStorage['journal']['handed']>[0][number];

/** Gives a restored relay what it lost. What it cannot take yet is offered twice, and again on the next connection. */
export class HandBack {
  readonly #connection: Connection;
  readonly #storage: DeviceStorage;
  /** Rooms that the relay knows for certain. */
  readonly #known = new Set<RoomId>();

  constructor(connection: Connection, storage: DeviceStorage) {
    this.#connection = connection;
    this.#storage = storage;
  }

  /** Whether this room's rows were answered for: then it is there, and what is not given of it may not be read. */
  isKnown(room: RoomId): boolean {
    return this.#known.has(room);
  }

  async run(): Promise<void> {
    const owed = (await this.#storage.journal.owed()).filter((row) => row.failure === null);
    const again = await this.#offer(owed);
    if (again.length > 0) await this.#offer(again);
  }

  /** What the relay would not take from here may have come back from another device. */
  async dropArrived(): Promise<void> {
    const { journal, rooms, texts } = this.#storage;
    for (const { room, failure: why } of await journal.lost()) {
      if (why === null) continue;
      const owed = (await journal.owed()).filter((row) => row.room === room && row.failure !== null);
      let arrived: OwedRow[];
      if (findRoom(room)?.kind.class === 'log') {
        const [record] = await rooms.some([room]);
        const entries = await rooms.entries(room, record?.from ?? 0, record?.head ?? 0);
        const ids = new Set(entries.map(({ id }) => id));
        arrived = owed.filter(({ bytes }) => decodeLogRun(bytes).every(({ id }) => ids.has(id)));
      } else {
        const here = (await texts.read(room)).updates.map(({ bytes }) => bytes);
        arrived = owed.filter(({ bytes }) => isIn(bytes, here));
      }
      if (arrived.length > 0) await journal.handed(arrived.map(({ key }) => ({ key, failure: null })));
    }
  }

  /** Resolves to the rows before which something is missing; rejects when the connection ends. */
  async #offer(rows: readonly OwedRow[]): Promise<OwedRow[]> {
    const again: OwedRow[] = [];
    for (let from = 0; from < rows.length;) {
      const frame = nextFrame(rows, from);
      from += frame.length;
      const answer = await this.#connection.ask({ type: 'handback', rows: frame.map(plain) });
      if (answer.type === 'refused') {
        // Later is later; a relay that refuses the whole frame for another reason would refuse it again.
        if (errorTable[answer.code].retry) return [];
        await this.#note(frame, failure(answer.code, answer.message));
        continue;
      }
      if (answer.type !== 'handed') throw new Error(`unexpected answer ${answer.type}`);
      const answers = frame.flatMap((row, i): Answered[] => {
        const result = answer.results[i] ?? 'internal';
        if (result === 'taken' || result === 'known') {
          this.#known.add(row.room);
          return [{ key: row.key, failure: null }];
        }
        if (missesSomething.has(result)) again.push(row);
        else if (!errorTable[result].retry)
          return [{ key: row.key, failure: failure(result, 'the relay did not take it back') }];
        return [];
      });
      await this.#storage.journal.handed(answers);
    }
    return again;
  }

  async #note(rows: readonly OwedRow[], why: Failure): Promise<void> {
    await this.#storage.journal.handed(rows.map(({ key }) => ({ key, failure: why })));
  }
}

const plain = ({ room, seq, by, at, bytes, receipt }: OwedRow) => ({ room, seq, by, at, bytes, receipt });

/** As many rows as one frame takes; one at least. */
function nextFrame(rows: readonly OwedRow[], from: number): OwedRow[] {
  let size = 0;
  let to = from;
  while (to < rows.length && to - from < limits.handback) {
    size += rows[to]!.bytes.length + 200;
    if (size > limits.batch && to > from) break;
    to += 1;
  }
  return rows.slice(from, to);
}

/** A relay that could not store what was reclaimed is asked again so much later. Milliseconds. */
const againAfter = 2_000;

/**
 * Reclaims this device's client ids; what the relay does not confirm is given up. Resolves only when it has answered for
 * all of them: pages write under these ids, and nobody reclaims them once the restore is noted.
 */
export async function reclaimLeases(
  connection: Connection,
  storage: DeviceStorage,
  timers: Timers,
): Promise<void> {
  const held = await storage.leases.receipts();
  const confirmed = new Set<number>();
  for (let from = 0; from < held.length;) {
    const leases = held.slice(from, from + limits.handback);
    const answer = await connection.ask({ type: 'reclaim', leases });
    if (answer.type === 'refused' && errorTable[answer.code].retry) {
      await new Promise<void>((resolve) => timers.after(againAfter, resolve));
      continue;
    }
    from += leases.length;
    if (answer.type === 'leased') for (const id of answer.ids) confirmed.add(id);
  }
  const lost = (await storage.leases.all()).filter((id) => !confirmed.has(id));
  if (lost.length > 0) await storage.leases.retire(lost);
}
