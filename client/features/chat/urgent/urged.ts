import type { MemberId } from '../../../../shared/base/ids.ts';
import type { MessageMarks } from '../../../../shared/features/chat/marks.ts';

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
