import type { Database } from 'better-sqlite3';
import type { DeviceId, MemberId } from '../../shared/base/ids.ts';
import { guarded } from '../storage/sqlite/guard.ts';
import { insertInto, isSound } from '../storage/sqlite/summed.ts';
import type { Account, AuthStore, GuestSession, Invitation, JoinRequest, Session } from './contract.ts';

const account = 'member, email, password, created_at AS createdAt';
const session = 'id, member, device, device_name AS deviceName, created_at AS createdAt, seen_at AS seenAt';
const invitation =
  'id, role, uses, max_uses AS maxUses, expires_at AS expiresAt, created_by AS createdBy, created_at AS createdAt, revoked_at AS revokedAt, approve, member';
const request = 'id, invitation, name, email, password, member, created_at AS createdAt';

/** SQLite has no truth values. */
type StoredInvitation = Omit<Invitation, 'approve'> & { readonly approve: number };
const asInvitation = (row: StoredInvitation): Invitation => ({ ...row, approve: row.approve === 1 });
const asOne = (row: StoredInvitation | null): Invitation | null => row && asInvitation(row);

/** On the same connection as the relay's log: what runs in a commit's `also` stands or falls with the commit. */
export function createSqliteAuthStore(db: Database): AuthStore {
  const one = <Row>(sql: string) => {
    const statement = db.prepare<unknown[], Row>(sql);
    return (...values: unknown[]): Row | null => guarded(db, () => statement.get(...values) ?? null);
  };
  const all = <Row>(sql: string) => {
    const statement = db.prepare<unknown[], Row>(sql);
    return (...values: unknown[]): Row[] => guarded(db, () => statement.all(...values));
  };
  const run = (sql: string) => {
    const statement = db.prepare(sql);
    return (...values: unknown[]): number => guarded(db, () => statement.run(...values).changes);
  };

  const insertAccount = run(insertInto('accounts', 'member, email, password, created_at'));
  const deleteAccount = run('DELETE FROM accounts WHERE member = ?');
  const setPassword = run(
    'UPDATE accounts SET password = ?, sum = weft_sum(member, email, ?) WHERE member = ?',
  );
  const claimDevice = run(insertInto('device_owners', 'device, member', 'OR IGNORE'));
  const deviceOwner = one<{ member: MemberId }>(
    // Whose a damaged one is cannot be said: nobody's who could sign in.
    `SELECT iif(${isSound('device_owners')}, member, '') AS member FROM device_owners WHERE device = ?`,
  );
  const insertSession = run(
    insertInto('sessions', 'id, token, member, device, device_name, created_at, seen_at'),
  );
  const touchSession = run('UPDATE sessions SET seen_at = ? WHERE id = ?');
  const deleteSession = run('DELETE FROM sessions WHERE id = ?');
  const deleteSessionsSeenBefore = run('DELETE FROM sessions WHERE seen_at < ?');
  const deleteSessionsMadeBefore = run('DELETE FROM sessions WHERE created_at < ?');
  const insertInvitation = run(
    insertInto(
      'invitations',
      'id, code, role, uses, max_uses, expires_at, created_by, created_at, revoked_at, approve, member',
    ),
  );
  const revokeInvitation = run(
    `UPDATE invitations SET revoked_at = ?,
       sum = weft_sum(code, id, role, uses, max_uses, expires_at, created_by, created_at, ?, approve, member)
     WHERE id = ? AND revoked_at IS NULL AND ${isSound('invitations')}`,
  );
  const useInvitation = run(
    `UPDATE invitations SET uses = uses + 1,
       sum = weft_sum(code, id, role, uses + 1, max_uses, expires_at, created_by, created_at, revoked_at,
         approve, member)
     WHERE id = ? AND (max_uses IS NULL OR uses < max_uses) AND ${isSound('invitations')}`,
  );
  const byCode = one<StoredInvitation>(
    `SELECT ${invitation} FROM invitations WHERE code = ? AND ${isSound('invitations')}`,
  );
  const byId = one<StoredInvitation>(
    `SELECT ${invitation} FROM invitations WHERE id = ? AND ${isSound('invitations')}`,
  );
  const everyInvitation = all<StoredInvitation>(
    `SELECT ${invitation} FROM invitations WHERE ${isSound('invitations')} ORDER BY created_at DESC, id`,
  );
  const insertRequest = run(
    insertInto('join_requests', 'id, invitation, name, email, password, member, created_at'),
  );
  const insertGuest = run(insertInto('guest_sessions', 'id, token, customer, device, created_at, seen_at'));
  const touchGuest = run('UPDATE guest_sessions SET seen_at = ? WHERE id = ?');
  const deleteGuestsSeenBefore = run('DELETE FROM guest_sessions WHERE seen_at < ?');
  const setKey = run(insertInto('workspace_keys', 'only_one, public, private', 'OR REPLACE'));
  const countRequests = one<{ count: number }>('SELECT count(*) AS count FROM join_requests');
  const deleteRequest = run('DELETE FROM join_requests WHERE id = ?');

  return {
    accountByEmail: one<Account>(
      `SELECT ${account} FROM accounts WHERE email = ? AND ${isSound('accounts')}`,
    ),
    accountOf: one<Account>(`SELECT ${account} FROM accounts WHERE member = ? AND ${isSound('accounts')}`),
    insertAccount: (row) => void insertAccount(row.member, row.email, row.password, row.createdAt),
    deleteAccount: (member) => void deleteAccount(member),
    setPassword: (member, password) => void setPassword(password, password, member),
    claimDevice(device: DeviceId, member: MemberId) {
      claimDevice(device, member);
      return deviceOwner(device)?.member ?? member;
    },
    insertSession: (row, token) =>
      void insertSession(row.id, token, row.member, row.device, row.deviceName, row.createdAt, row.seenAt),
    sessionByToken: one<Session>(
      `SELECT ${session} FROM sessions WHERE token = ? AND ${isSound('sessions')}`,
    ),
    sessionsOf: all<Session>(
      `SELECT ${session} FROM sessions WHERE member = ? AND ${isSound('sessions')} ORDER BY seen_at DESC, id`,
    ),
    touchSession: (id, at) => void touchSession(at, id),
    deleteSession: (id) => void deleteSession(id),
    deleteSessionsSeenBefore: (at) => void deleteSessionsSeenBefore(at),
    deleteSessionsMadeBefore: (at) => void deleteSessionsMadeBefore(at),
    insertInvitation: (row, code) =>
      void insertInvitation(
        row.id,
        code,
        row.role,
        row.uses,
        row.maxUses,
        row.expiresAt,
        row.createdBy,
        row.createdAt,
        row.revokedAt,
        row.approve ? 1 : 0,
        row.member,
      ),
    invitationByCode: (code) => asOne(byCode(code)),
    invitation: (id) => asOne(byId(id)),
    invitations: () => everyInvitation().map(asInvitation),
    revokeInvitation: (id, at) => void revokeInvitation(at, at, id),
    useInvitation: (id) => useInvitation(id) === 1,
    insertRequest: (row) =>
      void insertRequest(
        row.id,
        row.invitation,
        row.name,
        row.email,
        row.password,
        row.member,
        row.createdAt,
      ),
    request: one<JoinRequest>(
      `SELECT ${request} FROM join_requests WHERE id = ? AND ${isSound('join_requests')}`,
    ),
    requestByEmail: one<JoinRequest>(
      `SELECT ${request} FROM join_requests WHERE email = ? AND ${isSound('join_requests')}`,
    ),
    requestCount: () => countRequests()?.count ?? 0,
    deleteRequest: (id) => void deleteRequest(id),
    insertGuestSession: (row, token) =>
      void insertGuest(row.id, token, row.customer, row.device, row.createdAt, row.seenAt),
    guestSessionByToken: one<GuestSession>(
      `SELECT id, customer, device, created_at AS createdAt, seen_at AS seenAt
       FROM guest_sessions WHERE token = ? AND ${isSound('guest_sessions')}`,
    ),
    guestSessionsOf: all<GuestSession>(
      `SELECT id, customer, device, created_at AS createdAt, seen_at AS seenAt
       FROM guest_sessions WHERE customer = ? AND ${isSound('guest_sessions')}`,
    ),
    touchGuestSession: (id, at) => void touchGuest(at, id),
    deleteGuestSessionsSeenBefore: (at) => void deleteGuestsSeenBefore(at),
    workspaceKey: one<{ publicKey: string; privateKey: string }>(
      `SELECT public AS publicKey, private AS privateKey FROM workspace_keys WHERE ${isSound('workspace_keys')}`,
    ),
    setWorkspaceKey: ({ publicKey, privateKey }) => void setKey(1, publicKey, privateKey),
  };
}
