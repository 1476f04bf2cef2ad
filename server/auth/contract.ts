import type { Role } from '../../shared/access/actor.ts';
import type { CustomerId, DeviceId, MemberId } from '../../shared/base/ids.ts';

/** How a member signs in. Who a member is stands in the directory; times are milliseconds since 1970 everywhere. */
export interface Account {
  readonly member: MemberId;
  /** As `normaliseEmail` gives it. */
  readonly email: string;
  /** argon2id in PHC form. */
  readonly password: string;
  readonly createdAt: number;
}

export interface Session {
  readonly id: string;
  readonly member: MemberId;
  readonly device: DeviceId;
  readonly deviceName: string;
  readonly createdAt: number;
  readonly seenAt: number;
}

export interface Invitation {
  readonly id: string;
  readonly role: Role;
  readonly uses: number;
  /** Null: as many as like. */
  readonly maxUses: number | null;
  readonly expiresAt: number;
  readonly createdBy: MemberId;
  readonly createdAt: number;
  readonly revokedAt: number | null;
  /** Whoever uses it asks, and comes in when somebody who may invite says so. */
  readonly approve: boolean;
  /** Whom of the directory it is for: it lets in nobody else. */
  readonly member: MemberId | null;
}

/** Somebody who asks to come in. */
export interface JoinRequest {
  readonly id: string;
  readonly invitation: string;
  readonly name: string;
  /** As `normaliseEmail` gives it. */
  readonly email: string;
  /** argon2id in PHC form. */
  readonly password: string;
  /** Who of the directory, not joined yet, has this address. */
  readonly member: MemberId | null;
  readonly createdAt: number;
}

/** A browser of a guest. It is over when the customer was ended after it began: that stands in their file. */
export interface GuestSession {
  readonly id: string;
  readonly customer: CustomerId;
  readonly device: DeviceId;
  readonly createdAt: number;
  readonly seenAt: number;
}

/** Accounts, sessions, invitations and requests as stored. Secrets arrive as fingerprints only. Every method may throw `StorageError`. */
export interface AuthStore {
  accountByEmail(email: string): Account | null;
  accountOf(member: MemberId): Account | null;
  /** Throws when the address or the member has an account. */
  insertAccount(account: Account): void;
  deleteAccount(member: MemberId): void;
  setPassword(member: MemberId, password: string): void;

  /** Notes, for ever, whose device this is; returns the member who was first. */
  claimDevice(device: DeviceId, member: MemberId): MemberId;
  insertSession(session: Session, token: Uint8Array): void;
  sessionByToken(token: Uint8Array): Session | null;
  sessionsOf(member: MemberId): Session[];
  touchSession(id: string, at: number): void;
  deleteSession(id: string): void;
  deleteSessionsSeenBefore(at: number): void;
  deleteSessionsMadeBefore(at: number): void;

  insertInvitation(invitation: Invitation, code: Uint8Array): void;
  invitationByCode(code: Uint8Array): Invitation | null;
  invitation(id: string): Invitation | null;
  /** Newest first. */
  invitations(): Invitation[];
  revokeInvitation(id: string, at: number): void;
  /** Counts a use; false, and nothing counted, when none is left. */
  useInvitation(id: string): boolean;

  /** Throws when somebody with the same address waits. */
  insertRequest(request: JoinRequest): void;
  request(id: string): JoinRequest | null;
  requestByEmail(email: string): JoinRequest | null;
  requestCount(): number;
  deleteRequest(id: string): void;

  insertGuestSession(session: GuestSession, token: Uint8Array): void;
  guestSessionByToken(token: Uint8Array): GuestSession | null;
  /** Browsers of one customer. */
  guestSessionsOf(customer: CustomerId): GuestSession[];
  touchGuestSession(id: string, at: number): void;
  deleteGuestSessionsSeenBefore(at: number): void;

  /** The key by which people outside know this workspace (ed25519, DER in base64); null before it was made. */
  workspaceKey(): { readonly publicKey: string; readonly privateKey: string } | null;
  setWorkspaceKey(keys: { readonly publicKey: string; readonly privateKey: string }): void;
}
