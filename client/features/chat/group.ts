/* What pages ask about a group. The rules themselves are in `shared/features/chat`. */
import type { MemberId } from '../../../shared/base/ids.ts';
import { roleIn, settingsOf, type GroupRole } from '../../../shared/features/chat/membership.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import type { WorkspaceData } from '../../data/api.ts';
import { shortDate } from '../../i18n/index.ts';
import { t } from './side/strings.ts';

export const isActive =
  (data: WorkspaceData) =>
  (member: MemberId): boolean =>
    data.directory.members[member]?.leftAt === null;

export const roleOf = (data: WorkspaceData, group: ChatState, member: MemberId): GroupRole | null =>
  roleIn(group, member, isActive(data));

export const isManagerOf = (data: WorkspaceData, group: ChatState): boolean => {
  const role = roleOf(data, group, data.me);
  return role === 'owner' || role === 'admin';
};

/** Why nothing can be written into the group, in words; null when something can. */
export function closedBecause(data: WorkspaceData, group: ChatState): string | null {
  if (group.dissolved) return t.dissolved({ date: shortDate(group.dissolved.at) });
  if (group.type !== 'group' || settingsOf(group).writes === 'everybody') return null;
  return isManagerOf(data, group) ? null : t.muted;
}
