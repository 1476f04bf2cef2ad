import * as z from 'zod/mini';
import type { MemberId } from '../../base/ids.ts';
import { idPattern } from '../../base/ids.ts';
import { roles, type Role } from '../../access/actor.ts';

/** Members are keys of plain objects, so an id must not be a name that every object has. */
export const memberId = z.string().check(
  z.regex(idPattern),
  z.refine((id) => !(id in {})),
) as unknown as z.ZodMiniType<MemberId>;
const line = (longest: number) => z.string().check(z.trim(), z.maxLength(longest));
/** A name that is shown alone must not be empty. */
export const displayName = z.string().check(z.trim(), z.minLength(1), z.maxLength(60));

/** What a person says of themselves; a field that is absent stays as it is. */
export const profileChange = z.object({
  name: z.optional(displayName),
  post: z.optional(line(60)),
  phone: z.optional(line(40)),
  about: z.optional(line(300)),
});
export type ProfileChange = z.infer<typeof profileChange>;

export const memberJoined = z.object({
  member: memberId,
  name: displayName,
  email: z.string().check(z.maxLength(254)),
  role: z.enum(roles),
});
export const memberRole = z.object({ member: memberId, role: z.enum(roles) });
export const memberRef = z.object({ member: memberId });
export const workspaceName = z.object({ name: displayName });

/** A person of the company as the directory shows them. People who left stay, with `leftAt`. */
export interface Member {
  readonly id: MemberId;
  name: string;
  email: string;
  post: string;
  phone: string;
  about: string;
  role: Role;
  readonly joinedAt: number;
  leftAt: number | null;
}

export interface DirectoryState {
  name: string;
  members: Record<MemberId, Member>;
}
