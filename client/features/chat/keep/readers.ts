import type { MemberId } from '../../../../shared/base/ids.ts';
import type { ChatState, ReadsState } from '../../../../shared/features/chat/schema.ts';

/** Who of the others has read up to a message and who has not; who came after it was said is asked of neither. */
export function readersOf(
  state: ChatState,
  reads: ReadsState,
  others: readonly MemberId[],
  seq: number,
): { readonly read: MemberId[]; readonly waiting: MemberId[] } {
  const asked = others.filter((id) => (state.members[id]?.since ?? 0) <= seq);
  const hasRead = (id: MemberId): boolean => (reads.positions[id] ?? -1) >= seq;
  return { read: asked.filter(hasRead), waiting: asked.filter((id) => !hasRead(id)) };
}
