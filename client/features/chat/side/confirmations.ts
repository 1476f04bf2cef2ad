import type { MemberId } from '../../../../shared/base/ids.ts';
import type { Conversation } from '../conversation.ts';

/** Who has confirmed the announcement that is up and who has not; whoever put it up is not asked. */
export function confirmations({ state, reads }: Pick<Conversation, 'state' | 'reads'>): {
  confirmed: MemberId[];
  waiting: MemberId[];
} {
  const { announcement } = state;
  const asked = announcement
    ? (Object.keys(state.members) as MemberId[]).filter((member) => member !== announcement.by)
    : [];
  const has = (member: MemberId): boolean => reads.confirmed?.[member] === announcement?.id;
  return { confirmed: asked.filter(has), waiting: asked.filter((member) => !has(member)) };
}
