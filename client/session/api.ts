import type { LogEntry } from '../../shared/access/kind.ts';
import type { Role } from '../../shared/access/actor.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import type { CustomerId, DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import type { LinkCard } from '../../shared/features/chat/card.ts';
import type { Figures } from '../../shared/features/customers/figures.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { failureOf } from '../data/blobs.ts';

export type Answer<T> = Promise<Result<T, Failure>>;

/** Times are milliseconds since 1970. */
export interface DeviceSession {
  readonly id: string;
  readonly device: { readonly id: DeviceId; readonly name: string };
  readonly createdAt: number;
  readonly seenAt: number;
  readonly current: boolean;
}

export interface Invitation {
  readonly id: string;
  readonly role: Role;
  readonly uses: number;
  readonly maxUses: number | null;
  readonly expiresAt: number;
  readonly createdBy: MemberId;
  readonly createdAt: number;
  readonly revokedAt: number | null;
  /** Whoever uses it waits until an administrator lets them in. */
  readonly approve: boolean;
  /** Whom it is for, when it is for one person. */
  readonly member: MemberId | null;
}

/** What an invitation says before one accepts it. */
export interface Offer {
  readonly workspace: { readonly name: string };
  readonly invitedBy: string;
  readonly role: Role;
  readonly approve: boolean;
  /** The directory's card, where the link is for one person. */
  readonly person: { readonly name: string; readonly email: string } | null;
}

export interface MadeLink {
  readonly id: string;
  readonly code: string;
  readonly url: string;
}

/** What the link to a group does for whoever follows it. */
export interface GroupLinkAnswer {
  /** Empty where the group has no name of its own. */
  readonly title: string;
  /** How many they are. */
  readonly members: number;
  readonly does: 'in' | 'joins' | 'asks';
  /** They asked already, and wait. */
  readonly asked: boolean;
}

/** What customers did with a message to many, as the relay counts it. */
export interface BroadcastFigures {
  readonly read: number;
  readonly answered: number;
  readonly at: number;
}

export interface BroadcastCustomer {
  readonly customer: CustomerId;
  /** Empty where nobody knows it. */
  readonly name: string;
  readonly owner: MemberId | null;
  readonly readAt: number | null;
  readonly answeredAt: number | null;
}

/** The figures of a line; `leads` is false where they are those of the caller's own customers. */
export interface CustomerFigures extends Figures {
  readonly leads: boolean;
}

/** A customer behind a figure. */
export interface CustomerBehind {
  readonly id: string;
  /** Empty: none yet. */
  readonly name: string;
  readonly company: string;
  readonly owner: MemberId | null;
  readonly stage: string | null;
  readonly source: string;
  readonly tags: readonly string[];
  readonly begunAt: number;
  readonly endedAt: number | null;
  readonly unansweredSince: number | null;
  readonly lastGuestAt: number | null;
  readonly lastStaffAt: number | null;
  /** The customer whom they were merged into. */
  readonly partOf: string | null;
}

/** What is inside of a customer of one's line, for whoever is set above their owner: the newest part of it. */
export interface CustomerInside {
  /** Empty: none yet. */
  readonly name: string;
  readonly guest: MemberId | null;
  readonly owner: MemberId | null;
  readonly helpers: readonly MemberId[];
  readonly file: readonly LogEntry[];
  readonly chat: readonly LogEntry[];
  /** So many entries are before those of the file and of the conversation. */
  readonly fileBefore: number;
  readonly chatBefore: number;
  /** Which of these messages met word rules. */
  readonly met: readonly {
    readonly message: string;
    readonly rule: string;
    readonly words: readonly string[];
  }[];
}

/** A talk with a customer of one's line, and how long it took, milliseconds of office hours. */
export interface SlowTalk {
  readonly id: string;
  /** Empty: none yet. */
  readonly name: string;
  readonly partOf: string | null;
  readonly source: string;
  readonly since: number;
  readonly took: number;
  readonly answeredBy: MemberId | null;
}

interface SentCounts {
  readonly sent: number;
  readonly read: number;
  readonly answered: number;
}

/** What became of messages to many to customers of a line; the first three by bars. */
export interface CustomersBroadcasts {
  readonly sent: readonly number[];
  readonly read: readonly number[];
  readonly answered: readonly number[];
  readonly people: readonly (SentCounts & { readonly member: MemberId })[];
  readonly broadcasts: readonly (SentCounts & { readonly id: string; readonly name: string })[];
}

/** A customer to whom a message to many went. */
export interface SentRow {
  readonly id: string;
  readonly name: string;
  readonly owner: MemberId | null;
  readonly partOf: string | null;
  readonly broadcast: string;
  readonly broadcastName: string;
  readonly at: number;
  readonly readAt: number | null;
  readonly answeredAt: number | null;
}

/** Words of somebody of one's line, or of a customer, that met a rule. */
export interface WordHit {
  readonly n: number;
  readonly at: number;
  readonly rule: string;
  readonly name: string;
  readonly words: readonly string[];
  readonly outcome: 'sent' | 'held' | 'guest';
  readonly person: MemberId | null;
  readonly customer: string | null;
  readonly customerName: string;
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** A customer of the company, as an export of all of them begins with them. */
export interface ArchivedCustomer {
  readonly id: string;
  readonly name: string;
  readonly owner: MemberId | null;
  readonly helpers: readonly MemberId[];
  /** The customer whom they were merged into. */
  readonly partOf: string | null;
}

/** Entries of their file and conversation from a place on; `…Next` is where to go on, null at the end. */
export interface ArchivedEntries {
  readonly file: readonly LogEntry[];
  readonly chat: readonly LogEntry[];
  readonly fileNext: number | null;
  readonly chatNext: number | null;
}

/** What this device says of itself; with the id it had, it stays the same device to the relay. */
export interface DeviceClaim {
  readonly id?: DeviceId;
  readonly name: string;
}

/** One request to the relay, for the lists of them here and in `apps-api.ts`. */
export async function call<T>(method: string, path: string, body?: unknown): Answer<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch {
    return err(failure('offline', 'the relay cannot be reached'));
  }
  if (!response.ok) return err(await failureOf(response));
  if (response.status === 204) return ok(undefined as T);
  try {
    return ok((await response.json()) as T);
  } catch {
    // A proxy's page, mostly: not our relay that answers here.
    return err(failure('internal', 'the answer is not JSON'));
  }
}

/** The bytes behind an address of the relay. */
async function callFor(path: string): Answer<Blob> {
  try {
    const response = await fetch(path);
    return response.ok ? ok(await response.blob()) : err(await failureOf(response));
  } catch {
    return err(failure('offline', 'the relay cannot be reached'));
  }
}

/** The HTTP API as pages use it. Nothing here throws for expected failures; `offline` when the relay cannot be reached. */
export const api = {
  workspace: () => call<{ setUp: boolean; name: string | null }>('GET', '/api/workspace'),
  session: () => call<unknown>('GET', '/api/session'),
  setUp: (form: Credentials & { token: string; workspace: string; name: string }, device: DeviceClaim) =>
    call<unknown>('POST', '/api/setup', { ...form, device }),
  signIn: (form: Credentials, device: DeviceClaim) =>
    call<unknown>('POST', '/api/sign-in', { ...form, device }),
  invitedTo: (code: string) => call<Offer>('GET', `/api/join/${encodeURIComponent(code)}`),
  /** `join-waiting` also when this very call made the request. */
  async join(code: string, form: Credentials & { name: string }, device: DeviceClaim): Answer<unknown> {
    const answer = await call<object>('POST', `/api/join/${encodeURIComponent(code)}`, { ...form, device });
    return answer.ok && Object.hasOwn(answer.value, 'waiting')
      ? err(failure('join-waiting', 'somebody has to let you in'))
      : answer;
  },
  signOut: () => call<void>('POST', '/api/sign-out'),
  signOutEverywhere: () => call<void>('POST', '/api/sign-out-everywhere'),
  sessions: () => call<readonly DeviceSession[]>('GET', '/api/sessions'),
  endSession: (id: string) => call<void>('DELETE', `/api/sessions/${encodeURIComponent(id)}`),
  changePassword: (current: string, next: string) => call<void>('POST', '/api/password', { current, next }),
  invitations: () => call<readonly Invitation[]>('GET', '/api/invitations'),
  invite: (form: { role: Role; maxUses: number | null; expiresInDays: number; approve: boolean }) =>
    call<MadeLink>('POST', '/api/invitations', form),
  /** At most 500 people at once. */
  invitePersonally: (members: readonly MemberId[], expiresInDays: number) =>
    call<{ links: readonly (MadeLink & { readonly member: MemberId })[] }>(
      'POST',
      '/api/invitations/personal',
      { members, expiresInDays },
    ),
  decideRequest: (id: string, approve: boolean) =>
    call<void>('POST', `/api/join-requests/${encodeURIComponent(id)}`, { approve }),
  groupLink: (group: string, key: string) =>
    call<GroupLinkAnswer>('GET', `/api/group-link?${new URLSearchParams({ group, key }).toString()}`),
  followGroupLink: (group: string, key: string) =>
    call<{ does: GroupLinkAnswer['does'] }>('POST', '/api/group-link', { group, key }),
  /** What a page says of itself; the relay asks it. */
  linkCard: (url: string) =>
    call<{ card: Omit<LinkCard, 'picture'> | null }>(
      'GET',
      `/api/card?${new URLSearchParams({ url }).toString()}`,
    ),
  /** How many customers somebody has; for who is set above them. */
  customersOf: (member: MemberId) =>
    call<{ customers: number }>('GET', `/api/handover/${encodeURIComponent(member)}`),
  broadcastFigures: (id: string) =>
    call<BroadcastFigures>('GET', `/api/broadcasts/${encodeURIComponent(id)}`),
  /** `after`: `next` of the answer before; empty at first. */
  broadcastCustomers: (id: string, of: string, after: string) =>
    call<{ customers: readonly BroadcastCustomer[]; next: string | null }>(
      'GET',
      `/api/broadcasts/${encodeURIComponent(id)}/customers?${new URLSearchParams({ of, ...(after && { after }) }).toString()}`,
    ),
  /** Customers of those whom one leads; `reached`: how many of them have a conversation. */
  broadcastRecipients: (wish: { stage: string | null; source: string | null; tags: readonly string[] }) =>
    call<{ customers: readonly CustomerId[]; reached: number }>('POST', '/api/broadcast-recipients', wish),
  /** Of all customers of the company, for who looks after all of them; told to administrators. */
  beginArchive: () => call<void>('POST', '/api/customers/archive'),
  /** `after`: `next` of the answer before. */
  archivedCustomers: (after: number | undefined) =>
    call<{ customers: readonly ArchivedCustomer[]; next: number | null }>(
      'GET',
      `/api/customers/archive${after === undefined ? '' : `?after=${after}`}`,
    ),
  archivedEntries: (id: string, from: { file?: number; chat?: number }) =>
    call<ArchivedEntries>(
      'GET',
      `/api/customers/archive/${encodeURIComponent(id)}?${new URLSearchParams(Object.entries(from).map(([of, seq]) => [of, String(seq)])).toString()}`,
    ),
  archivedFile: (id: string, hash: string) =>
    callFor(`/api/customers/archive/${encodeURIComponent(id)}/files/${hash}`),
  /** Figures of the caller's line: `from`, `to`, `step` and whose (`docs/interface.md`). */
  customerFigures: (question: Readonly<Record<string, string>>) =>
    call<CustomerFigures>('GET', `/api/customers/figures?${new URLSearchParams(question).toString()}`),
  /** The customers behind one of them, a page of them. */
  customersBehind: (question: Readonly<Record<string, string>>) =>
    call<{ readonly rows: readonly CustomerBehind[]; readonly next: string | null }>(
      'GET',
      `/api/customers/behind?${new URLSearchParams(question).toString()}`,
    ),
  /** It is told in the customer's history. */
  customerTalks: (question: Readonly<Record<string, string>>) =>
    call<{ rows: readonly SlowTalk[]; next: string | null }>(
      'GET',
      `/api/customers/talks?${new URLSearchParams(question).toString()}`,
    ),
  customersBroadcasts: (question: Readonly<Record<string, string>>) =>
    call<CustomersBroadcasts>('GET', `/api/customers/broadcasts?${new URLSearchParams(question).toString()}`),
  customersSent: (question: Readonly<Record<string, string>>) =>
    call<{ rows: readonly SentRow[]; next: string | null }>(
      'GET',
      `/api/customers/broadcasts/behind?${new URLSearchParams(question).toString()}`,
    ),
  /** That a command was kept here because its words are held. */
  noteHeld: (room: RoomId, type: string, data: unknown) =>
    call<void>('POST', '/api/word-hits', { room, type, data }),
  wordHits: (question: Readonly<Record<string, string>>) =>
    call<{ hits: readonly WordHit[]; count: number; next: number | null }>(
      'GET',
      `/api/word-hits?${new URLSearchParams(question).toString()}`,
    ),
  customerInside: (id: string, before: { fileBefore?: number; chatBefore?: number }) =>
    call<CustomerInside>('POST', `/api/customers/${encodeURIComponent(id)}/look`, before),
  revokeInvitation: (id: string) => call<void>('DELETE', `/api/invitations/${encodeURIComponent(id)}`),
} as const;
