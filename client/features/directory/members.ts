import type { Role } from '../../../shared/access/actor.ts';
import type { MemberId } from '../../../shared/base/ids.ts';
import { directChatId } from '../../../shared/features/chat/kind.ts';
import type { DirectoryState, Member } from '../../../shared/features/directory/schema.ts';
import { compareNames } from '../../i18n/index.ts';
import { t } from './strings.ts';

const byName = (a: Member, b: Member): number => compareNames(a.name, b.name) || a.id.localeCompare(b.id);

/** Members by name as the language sorts them, and apart from them the people who left, the last one first. */
export function membersOf(directory: DirectoryState): { readonly here: Member[]; readonly left: Member[] } {
  const here: Member[] = [];
  const left: Member[] = [];
  for (const member of Object.values(directory.members)) (member.leftAt === null ? here : left).push(member);
  return { here: here.sort(byName), left: left.sort((a, b) => (b.leftAt ?? 0) - (a.leftAt ?? 0)) };
}

/** The page of the conversation with this person. It exists from the first message on. */
export const messagePath = (me: MemberId, other: MemberId): string => `/messages/${directChatId(me, other)}`;

export const roleName = (role: Role): string =>
  ({ owner: t.roleOwner, admin: t.roleAdmin, member: t.roleMember })[role];

export const roleHelp = (role: Role): string =>
  ({ owner: t.roleHelpOwner, admin: t.roleHelpAdmin, member: t.roleHelpMember })[role];
