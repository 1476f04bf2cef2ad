import * as z from 'zod/mini';
import { isAdmin, roles } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import type { LogKind } from '../../access/kind.ts';
import { idPattern, type MemberId } from '../../base/ids.ts';
import { webhookFacts, webhookFolds, webhookRevoking, type WithWebhooks } from './webhooks.ts';
import { memberId, type DirectoryState } from './schema.ts';

/*
 * What happens at the door of the workspace: invitations, and people who ask to come in. The relay alone says it, and
 * owners and administrators alone read it: whoever was turned away is nobody else's business.
 */

const reference = z.string().check(z.regex(idPattern));

export const invitationMade = z.object({
  invitations: z.array(reference),
  role: z.enum(roles),
  maxUses: z.nullable(z.number()),
  expiresAt: z.number(),
  approve: z.boolean(),
  /** Whom they are for, one each; empty for a link that lets anybody in. */
  members: z.array(memberId),
});
export const invitationRevoked = z.object({ invitation: reference });
export const joinAsked = z.object({
  request: reference,
  invitation: reference,
  name: z.string(),
  email: z.string(),
  /** Who of the directory this would be. */
  member: z.nullable(memberId),
});
export const joinDecided = z.object({ request: reference, approved: z.boolean() });

/** A guest complained: for administrators, whoever works with the customer. */
export const customerComplained = z.object({
  guest: memberId,
  owner: z.nullable(memberId),
  text: z.string().check(z.maxLength(2_000)),
});

/** Somebody looked into the file and the conversation of a customer of whoever they are set above. */
export const customerLookedInto = z.object({
  customer: reference,
  owner: z.nullable(memberId),
});

/** Somebody who looks after all customers took all of them along as a file. */
export const customersExported = z.object({});

/** Somebody who asked to come in and waits. */
export interface JoinRequest {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly member: MemberId | null;
  readonly invitedBy: MemberId;
  readonly at: number;
}

export interface AdminState extends WithWebhooks {
  requests: Record<string, JoinRequest>;
}

/** `by` is who did it; of a request, who made the invitation. */
export const directoryAdminKind: LogKind<AdminState, DirectoryState> = {
  class: 'log',
  kind: 'directory',
  part: 'admin',
  governedBy: null,
  initial: { requests: {} },
  fold: makeFold<AdminState>((state) => ({ ...state, requests: { ...state.requests } }), {
    'join.asked': entryRule(joinAsked, (draft, { request, name, email, member }, entry) => {
      draft.requests[request] = { id: request, name, email, member, invitedBy: entry.by, at: entry.at };
    }),
    'join.decided': entryRule(joinDecided, (draft, { request }) => {
      delete draft.requests[request];
    }),
    ...webhookFolds,
  }),
  exists: () => true,
  readers: ({ members }) =>
    Object.values(members)
      .filter(({ id, role, leftAt }) => leftAt === null && isAdmin({ member: id, role, active: true }))
      .map(({ id }) => id),
  commands: {},
  facts: {
    'invitation.made': invitationMade,
    'invitation.revoked': invitationRevoked,
    'join.asked': joinAsked,
    'join.decided': joinDecided,
    'customer.complained': customerComplained,
    'customer.looked': customerLookedInto,
    'customers.exported': customersExported,
    ...webhookFacts,
  },
  accessEntries: new Set(),
  revoking: webhookRevoking,
  noteworthy: new Set(),
};
