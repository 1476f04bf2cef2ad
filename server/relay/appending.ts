import { namesOf } from '../../shared/access/erasing.ts';
import type { LogEntry } from '../../shared/access/kind.ts';
import { factPrefix, isFactId, type CommandId, type DeviceId, type MemberId } from '../../shared/base/ids.ts';
import { encodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { NewRow, RelayStore } from '../storage/contract.ts';
import type { Access, Located } from './access.ts';
import type { Work } from './commit.ts';
import type { Erasing } from './erasing.ts';
import type { LogRoom, LogRooms } from './log-rooms.ts';

/** Facts have no device. */
export const relayDevice = 'relay' as DeviceId;

export interface Appended {
  readonly entry: LogEntry;
  readonly work: Pick<Work, 'erasure'> & { readonly row: NewRow };
  /** Bytes of what was said. */
  readonly size: number;
}

/** What an entry that is folded in changes beside the room. */
export type Consequences = Pick<Work, 'said' | 'readers' | 'readersBefore' | 'job'>;

/** What a log room takes next: stamped, folded in and ready to be stored. */
export interface Appending {
  entry(log: LogRoom, said: Omit<LogEntry, 'seq'>, device: DeviceId): Appended;
  /** Folds the entry in, and notes whose rights that may change, and whether there is work to be done in other rooms. */
  fold(located: Located, log: LogRoom, entry: LogEntry): Consequences;
  /** An id for a fact at that place, which no fact of another epoch has: two may come of one backup. */
  factId(seq: number): CommandId;
}

export const isFact = ({ id }: LogEntry): boolean => isFactId(id);

function jobAfter({ room, kind, state }: LogRoom, after: LogRoom): Pick<Work, 'job'> {
  const isOpen = kind.job?.isOpen(after.state) ?? false;
  return isOpen === (kind.job?.isOpen(state) ?? false) ? {} : { job: { room, isOpen } };
}

export function createAppending(
  store: RelayStore,
  access: Access,
  logs: LogRooms,
  erasing: Erasing,
): Appending {
  const isFirst = store.epochs.length === 0;
  return {
    entry(log, said, device) {
      const made: LogEntry = { ...said, seq: log.head };
      const { entry, erasure } = erasing.asStored(log, made);
      const bytes = encodeLogRun(log.head, [entry]);
      const names = log.kind.erasing ? namesOf(log.kind.erasing, entry) : [];
      const row: NewRow = { room: log.room, by: said.by, device, at: said.at, bytes, names };
      const size = entry === made ? bytes.length : encodeLogRun(log.head, [made]).length;
      return { entry, work: { row, ...(erasure ? { erasure } : {}) }, size };
    },
    fold(located, log, entry) {
      const changesAccess = log.head === 0 || log.kind.accessEntries.has(entry.type);
      const readersBefore = changesAccess ? access.readersGovernedBy(located) : null;
      const after = logs.append(log, entry);
      const said = { name: log.name, entry, state: after.state };
      const changed = { said, ...jobAfter(log, after) };
      if (!readersBefore) return changed;
      access.readersChanged(readersBefore.keys());
      const readers = [...access.readersGovernedBy(located)].map(([room, now]) => ({ room, readers: now }));
      return { ...changed, readers, readersBefore };
    },
    factId: (seq) => (factPrefix + (isFirst ? seq : `${seq}-${store.epoch}`)) as CommandId,
  };
}

/** Answers of commands whose entries came back are kept for their author, whose device the row does not name. */
export const devicesOf = (member: MemberId): DeviceId => `@${member}` as DeviceId;
