import type { Role } from '../../../shared/access/actor.ts';
import type { MemberId } from '../../../shared/base/ids.ts';
import { directChatId } from '../../../shared/features/chat/kind.ts';
import type { DirectoryState, Member } from '../../../shared/features/directory/schema.ts';
import { compareNames, language } from '../../i18n/index.ts';
import { t } from './strings.ts';

const byName = (a: Member, b: Member): number => compareNames(a.name, b.name) || a.id.localeCompare(b.id);

interface Members {
  /** By name as the language sorts them. */
  readonly here: readonly Member[];
  /** People who left, the last one first. */
  readonly left: readonly Member[];
}

const sorted = new WeakMap<DirectoryState['members'], { language: string; members: Members }>();
let lastOrder: readonly Member[] = [];

/** Everybody in the order of the last time: most of them stand right already, and sorting what is sorted costs little. */
function inLastOrder(members: DirectoryState['members']): Member[] {
  const rest = new Set(Object.values(members));
  const known: Member[] = [];
  for (const { id } of lastOrder) {
    const member = Object.hasOwn(members, id) ? members[id] : undefined;
    if (member && rest.delete(member)) known.push(member);
  }
  return [...known, ...rest];
}

/** Members, and apart from them the people who left. Sorted once for each state of the directory. */
export function membersOf({ members }: DirectoryState): Members {
  const known = sorted.get(members);
  if (known?.language === language.current) return known.members;
  const here: Member[] = [];
  const left: Member[] = [];
  for (const member of inLastOrder(members)) (member.leftAt === null ? here : left).push(member);
  here.sort(byName);
  left.sort((a, b) => (b.leftAt ?? 0) - (a.leftAt ?? 0) || a.id.localeCompare(b.id));
  lastOrder = here;
  const found = { here, left };
  sorted.set(members, { language: language.current, members: found });
  return found;
}

/** The page of the conversation with this person. It exists from the first message on. */
export const messagePath = (me: MemberId, other: MemberId): string => `/messages/${directChatId(me, other)}`;

export const roleName = (role: Role): string =>
  ({ owner: t.roleOwner, admin: t.roleAdmin, member: t.roleMember })[role];

export const roleHelp = (role: Role): string =>
  ({ owner: t.roleHelpOwner, admin: t.roleHelpAdmin, member: t.roleHelpMember })[role];
