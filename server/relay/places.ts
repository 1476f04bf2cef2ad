import { factPrefix, isFactId } from '../../shared/base/ids.ts';
import type { LogEntry } from '../../shared/access/kind.ts';
import type { RelayStore } from '../storage/contract.ts';

/** Where an entry stood when it was made: in which epoch, counted from the first, and where in its room. */
export interface Place {
  readonly epoch: number;
  readonly seq: number;
}

/** An entry, and where it was made; null where nobody knows any more. */
export interface Made {
  readonly entry: LogEntry;
  readonly place: Place | null;
}

/** The order in which entries of one room were made, over all epochs of a relay. */
export interface Places {
  /** In the epoch of that name. */
  inEpoch(epoch: string, seq: number): Place | null;
  /** Where the relay itself said it; null for what it did not say. */
  ofFact(entry: LogEntry): Place | null;
  /** Of a row that has not moved since it was made. */
  ofRow(row: { readonly cursor: number; readonly seq: number }): Place;
  /** Of an entry that this relay had and has lost; `seq` is where its device had it. */
  ofLost(entry: LogEntry, seq: number): Place | null;
  isAfter(one: Made, lost: Made): boolean;
}

export function createPlaces({ epoch: current, epochs }: Pick<RelayStore, 'epoch' | 'epochs'>): Places {
  const names = [...epochs.map(({ epoch }) => epoch), current];
  const inEpoch = (name: string, seq: number): Place | null => {
    const epoch = names.indexOf(name);
    return epoch < 0 ? null : { epoch, seq };
  };
  const ofFact = ({ id }: LogEntry): Place | null => {
    if (!isFactId(id)) return null;
    const [, seq = '', name] = /^(\d+)(?:-(.+))?$/.exec(id.slice(factPrefix.length)) ?? [];
    // Those of the first epoch do not name it.
    return seq === '' ? null : inEpoch(name ?? names[0]!, Number(seq));
  };
  return {
    inEpoch,
    ofFact,
    ofRow: ({ cursor, seq }) => ({ epoch: epochs.filter(({ until }) => until < cursor).length, seq }),
    // A row does not say of which epoch it is.
    ofLost: (entry, seq) => ofFact(entry) ?? (epochs.length === 1 ? { epoch: 0, seq } : null),
    isAfter(one, lost) {
      // What was lost is of an earlier epoch than this one, of which nothing is.
      if (one.place && one.place.epoch === names.length - 1) return true;
      if (!one.place || !lost.place) return one.entry.at >= lost.entry.at;
      const epochsApart = one.place.epoch - lost.place.epoch;
      return epochsApart > 0 || (epochsApart === 0 && one.place.seq > lost.place.seq);
    },
  };
}
