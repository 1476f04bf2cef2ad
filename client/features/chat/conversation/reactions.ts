import type { MemberId } from '../../../../shared/base/ids.ts';
import type { MessageMarks } from '../../../../shared/features/chat/marks.ts';

export interface Reaction {
  readonly emoji: string;
  /** In the order they came. */
  readonly people: readonly MemberId[];
}

/** What stands under a message: each emoji with who put it there, the first that came first. */
export function reactionsOf(marks: MessageMarks | null): readonly Reaction[] {
  if (!marks) return [];
  const people = (
    Object.entries(marks.reactions) as [MemberId, { seq: number; emoji: readonly string[] }][]
  ).sort((a, b) => a[1].seq - b[1].seq);
  const found = new Map<string, MemberId[]>();
  for (const [member, { emoji }] of people)
    for (const each of emoji) {
      const others = found.get(each);
      if (others) others.push(member);
      else found.set(each, [member]);
    }
  return [...found].map(([emoji, by]) => ({ emoji, people: by }));
}
