/*
 * The relay's HTTP routes as the pages use them. Answers are checked before anybody trusts them; what can go wrong is a
 * `Failure`: with the relay's own code, or `stopping` when there is no relay to be reached.
 */
import * as z from 'zod/mini';
import { roles } from '../../shared/access/actor.ts';
import { failure, isErrorCode, type Failure } from '../../shared/base/errors.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { DeviceId, MemberId, WorkspaceId } from '../../shared/base/ids.ts';

const role = z.enum(roles);
const text = z.string();
const time = z.number();

const account = z.object({
  member: z.object({ id: text, name: text, email: text, role }),
  workspace: z.object({ id: text, name: text }),
  session: z.object({ id: text, device: text }),
});
const publicWorkspace = z.object({ setUp: z.boolean(), name: z.nullable(text) });
const joinOffer = z.object({ workspace: z.object({ name: text }), invitedBy: text, role });
const deviceSession = z.object({
  id: text,
  device: z.object({ id: z.nullish(text), name: z.nullish(text) }),
  createdAt: time,
  seenAt: time,
  current: z.boolean(),
});
const invitation = z.object({
  id: text,
  role,
  uses: z.number(),
  maxUses: z.nullable(z.number()),
  expiresAt: time,
  createdBy: text,
  createdAt: time,
  revokedAt: z.nullish(time),
});
const newInvitation = z.object({ id: text, code: text, url: text });
const errorBody = z.object({
  error: z.object({
    code: text,
    message: text,
    details: z.optional(z.record(text, z.union([text, z.number()]))),
  }),
});

export interface Account {
  readonly member: MemberId;
  readonly workspace: WorkspaceId;
  readonly device: DeviceId;
  readonly name: string;
  readonly email: string;
  readonly workspaceName: string;
}

/** What this device says of itself. Without an id the relay gives it one. */
export interface DeviceName {
  readonly id?: DeviceId;
  readonly name: string;
}

export type PublicWorkspace = z.infer<typeof publicWorkspace>;
export type JoinOffer = z.infer<typeof joinOffer>;
export type DeviceSession = z.infer<typeof deviceSession>;
export type Invitation = z.infer<typeof invitation>;
export type NewInvitation = z.infer<typeof newInvitation>;

export interface InvitationWish {
  readonly role: z.infer<typeof role>;
  /** Null for any number of people. */
  readonly maxUses: number | null;
  readonly expiresInDays: number;
}

export interface NewMember {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

export type Answer<T> = Promise<Result<T, Failure>>;

/** No connection, a proxy's page instead of an answer, a relay that is just starting: trying again can help. */
const unreachable = failure('stopping', 'the relay could not be reached');

async function call<T>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  schema: z.ZodMiniType<T> | null,
  body?: unknown,
): Answer<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch {
    return err(unreachable);
  }
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const told = errorBody.safeParse(answer);
    if (!told.success || !isErrorCode(told.data.error.code)) return err(unreachable);
    const { code, message, details } = told.data.error;
    return err(failure(code, message, details));
  }
  if (!schema) return ok(undefined as T);
  const parsed = schema.safeParse(answer);
  return parsed.success ? ok(parsed.data) : err(unreachable);
}

const toAccount = async (answer: Answer<z.infer<typeof account>>): Answer<Account> => {
  const result = await answer;
  if (!result.ok) return result;
  const { member, workspace, session } = result.value;
  return ok({
    member: member.id as MemberId,
    workspace: workspace.id as WorkspaceId,
    device: session.device as DeviceId,
    name: member.name,
    email: member.email,
    workspaceName: workspace.name,
  });
};

const part = encodeURIComponent;

export const relayApi = {
  /** Whether somebody has set the workspace up, and its name; open to everybody. */
  workspace: (): Answer<PublicWorkspace> => call('GET', '/api/workspace', publicWorkspace),
  setUp: (token: string, workspace: string, owner: NewMember, device: DeviceName): Answer<Account> =>
    toAccount(call('POST', '/api/setup', account, { token, workspace, ...owner, device })),
  signIn: (email: string, password: string, device: DeviceName): Answer<Account> =>
    toAccount(call('POST', '/api/sign-in', account, { email, password, device })),
  joinOffer: (code: string): Answer<JoinOffer> => call('GET', `/api/join/${part(code)}`, joinOffer),
  join: (code: string, member: NewMember, device: DeviceName): Answer<Account> =>
    toAccount(call('POST', `/api/join/${part(code)}`, account, { ...member, device })),
  /** Who this browser's cookie belongs to. */
  account: (): Answer<Account> => toAccount(call('GET', '/api/session', account)),
  signOut: (): Answer<void> => call<void>('POST', '/api/sign-out', null),
  signOutEverywhere: (): Answer<void> => call<void>('POST', '/api/sign-out-everywhere', null),
  changePassword: (current: string, next: string): Answer<void> =>
    call<void>('POST', '/api/password', null, { current, next }),
  sessions: (): Answer<DeviceSession[]> => call('GET', '/api/sessions', z.array(deviceSession)),
  endSession: (id: string): Answer<void> => call<void>('DELETE', `/api/sessions/${part(id)}`, null),
  invitations: (): Answer<Invitation[]> => call('GET', '/api/invitations', z.array(invitation)),
  /** The code is told once, here. */
  invite: (wish: InvitationWish): Answer<NewInvitation> =>
    call('POST', '/api/invitations', newInvitation, wish),
  revokeInvitation: (id: string): Answer<void> => call<void>('DELETE', `/api/invitations/${part(id)}`, null),
} as const;
