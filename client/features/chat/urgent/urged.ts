import type { MemberId } from '../../../../shared/base/ids.ts';
import type { MessageMarks } from '../../../../shared/features/chat/marks.ts';
import { readsFrom } from '../../../../shared/features/chat/membership.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import { compareNames } from '../../../i18n/index.ts';
import type { Conversation } from '../conversation.ts';
import { isActive } from '../group.ts';
import { otherMembers, personName } from '../people.ts';

export interface Urged {
  readonly member: MemberId;
  /** When they confirmed it, milliseconds since 1970; null while they have not. */
  readonly at: number | null;
}

/** Whom the author of a message asks to confirm it, and who did; empty while it is not urgent. */
export function urgedOf(marks: MessageMarks | null): readonly Urged[] {
  const { urged, confirmed = {} } = marks ?? {};
  if (!urged) return [];
  return urged.members.map((member) => {
    const answer = Object.hasOwn(confirmed, member) ? confirmed[member] : undefined;
    // What was confirmed before it was asked anew does not count.
    return { member, at: answer && answer.seq > urged.seq ? answer.at : null };
  });
}

/** Who may be asked to confirm the message with that seq, by name; without one: a message that is not sent yet. */
export function askable(data: WorkspaceData, { state }: Conversation, seq = Infinity) {
  return otherMembers(state, data.me)
    .filter(isActive(data))
    .filter((id) => readsFrom(state, id) <= seq)
    .map((id) => ({ id, name: personName(data.directory, id) }))
    .sort((a, b) => compareNames(a.name, b.name));
}
