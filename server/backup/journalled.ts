import type { LogEntry } from '../../shared/access/kind.ts';
import type { Clock } from '../../shared/base/clock.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { findRoom } from '../../shared/documents/registry.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { AuthStore } from '../auth/contract.ts';
import type { RevokedOutside } from '../relay/handback.ts';
import type { NewRow, RelayStore } from '../storage/contract.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { Journal, JournalLine, Revocation } from './journal.ts';

/** Writes down what takes rights away, before anybody is told that it was done. */
export type Note = (lines: readonly Revocation[], cursor: number) => void;

/** @throws StorageError when the journal cannot be written: what was to be noted must not happen then */
export const createNote =
  (journal: Journal, epoch: string, clock: Clock): Note =>
  (lines, cursor) => {
    try {
      journal.append(lines, { epoch, cursor }, clock.now());
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new StorageError('disk', `the journal of revocations cannot be written: ${why}`, { cause });
    }
  };

/** Who joined would be locked out by a restore: their device alone could bring them back, and it could not sign in. */
const lettingIn = 'member.join';

function revocationIn({ room, by, at, bytes }: NewRow): Revocation | null {
  const kind = findRoom(room)?.kind;
  if (kind?.class !== 'log') return null;
  const types = [...Object.keys(kind.revoking), ...(Object.hasOwn(kind.facts, lettingIn) ? [lettingIn] : [])];
  if (types.length === 0 || !decodeLogRun(bytes).some(({ type }) => types.includes(type))) return null;
  return { kind: 'entry', room, by, made: at, bytes: Buffer.from(bytes).toString('base64') };
}

/** Entries that take something away are in the journal before their commit is: one too many is safe, one too few is not. */
export function journalledStore(store: RelayStore, note: Note): RelayStore {
  return {
    ...store,
    commit(batch) {
      const lines = batch.rows.flatMap((row) => revocationIn(row) ?? []);
      if (lines.length === 0) return store.commit(batch);
      const noted = (): void => note(lines, store.head() + batch.rows.length);
      return store.commit({ ...batch, also: [...batch.also, noted] });
    },
  };
}

/** The methods of the store of accounts that take something away, or let somebody in. */
type Noted = 'deleteSession' | 'revokeInvitation' | 'useInvitation' | 'setPassword' | 'insertAccount';
/** All others, named so that a new one has to be put in one of the two lists. Time alone ends sessions once more. */
type Other =
  | `${'account' | 'session' | 'invitation' | 'request'}${string}`
  | 'insertSession'
  | 'insertInvitation'
  | 'insertRequest'
  | 'deleteRequest'
  | 'deleteAccount'
  | 'claimDevice'
  | 'touchSession'
  | 'deleteSessionsSeenBefore'
  | 'deleteSessionsMadeBefore'
  // Guests are taken out by an entry of their customer's file, and that is noted.
  | `${string}GuestSession${string}`
  | `guestSession${string}`
  | 'workspaceKey'
  | 'setWorkspaceKey';
type Undecided = Exclude<keyof AuthStore, Noted | Other>;

export function journalledAuth(store: AuthStore, note: Note, head: () => number): AuthStore {
  const noted = (line: Revocation): void => note([line], head());
  const methods: Pick<AuthStore, Noted> & Record<Undecided, never> = {
    deleteSession(id) {
      noted({ kind: 'session', id });
      store.deleteSession(id);
    },
    revokeInvitation(id, at) {
      noted({ kind: 'invitation', id, uses: store.invitation(id)?.uses ?? 0, revokedAt: at });
      store.revokeInvitation(id, at);
    },
    useInvitation(id) {
      const used = store.useInvitation(id);
      const now = store.invitation(id);
      if (used && now) noted({ kind: 'invitation', id, uses: now.uses, revokedAt: now.revokedAt });
      return used;
    },
    insertAccount(account) {
      store.insertAccount(account);
      noted({ kind: 'account', ...account });
    },
    setPassword(member, password) {
      noted({ kind: 'password', member, password });
      store.setPassword(member, password);
    },
  };
  return { ...store, ...methods };
}

export const entryOf = (line: JournalLine & { readonly kind: 'entry' }): LogEntry[] =>
  decodeLogRun(Buffer.from(line.bytes, 'base64'));

/** The entries of the journal by room, for a relay that was restored. */
export function revokedByRoom(lines: readonly JournalLine[]): RevokedOutside {
  const rooms = new Map<RoomId, Map<string, ReturnType<RevokedOutside>[number]>>();
  for (const line of lines) {
    if (line.kind !== 'entry') continue;
    const entries = rooms.get(line.room) ?? new Map<string, ReturnType<RevokedOutside>[number]>();
    rooms.set(line.room, entries);
    for (const entry of entryOf(line)) {
      // An entry that was handed back is noted once more, at another place than that at which it was made.
      const key = `${entry.by} ${entry.id}`;
      if (!entries.has(key)) entries.set(key, { entry, epoch: line.epoch });
    }
  }
  return (room) => [...(rooms.get(room)?.values() ?? [])];
}
