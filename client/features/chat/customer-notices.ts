/* One sentence for what happened in a conversation with a customer. The relay says all of it, as the file says. */
import type { LogEntry } from '../../../shared/access/kind.ts';
import { isFactId, type MemberId } from '../../../shared/base/ids.ts';
import { chatMember, chatMembers } from '../../../shared/features/chat/group-schema.ts';
import { chatCustomer, chatGuest } from '../../../shared/features/chat/schema.ts';
import { formatList } from '../../i18n/index.ts';
import { t } from './strings.ts';

/** Null for what is no news, and for what happens in groups. */
export function customerNotice(
  { id, type, by, data }: LogEntry,
  nameOf: (id: MemberId) => string,
  me: MemberId,
): string | null {
  if (type === 'chat.customer') {
    const parsed = chatCustomer.safeParse(data);
    return parsed.success ? t.customerBegan({ name: nameOf(parsed.data.guest) }) : null;
  }
  if (type === 'chat.guest') {
    const parsed = chatGuest.safeParse(data);
    if (!parsed.success) return null;
    const { name, ended } = parsed.data;
    if (ended) return t.customerOver;
    return name === '' ? null : t.customerNamed({ name });
  }
  if (!isFactId(id)) return null;
  const named = (member: MemberId): string => (member === me ? t.yourself : nameOf(member));
  if (type === 'chat.addMembers') {
    const parsed = chatMembers.safeParse(data);
    if (!parsed.success) return null;
    const people = formatList(parsed.data.members.map(named));
    if (parsed.data.members.includes(by)) return t.entered({ people });
    return by === me ? t.enteredByMe({ people }) : t.enteredBy({ who: nameOf(by), people });
  }
  if (type === 'chat.removeMember') {
    const parsed = chatMember.safeParse(data);
    return parsed.success ? t.wentOut({ people: named(parsed.data.member) }) : null;
  }
  return null;
}
