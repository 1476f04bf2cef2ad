import type { MemberId } from '../../../shared/base/ids.ts';

interface Coming {
  /** Where in the log they came. */
  readonly seq: number;
  /** What was first said before this, of all that was ever said, is not for them; null: everything is. */
  readonly hearsFrom: number | null;
}

/** Who is in a conversation, whose it is, and what is not for somebody who came later. */
export class ChatModel {
  readonly members = new Map<MemberId, Coming>();
  /** Whose it is as long as they are with the company. */
  by: MemberId;
  /** Newcomers hear what is said from then on. */
  isLimited = false;
  readonly #maker: MemberId;

  constructor(maker: MemberId, members: readonly MemberId[], seq: number) {
    this.by = this.#maker = maker;
    for (const member of [maker, ...members]) this.members.set(member, { seq, hearsFrom: null });
  }

  /** `order`: which of all that was ever said their coming is. */
  add(members: readonly MemberId[], seq: number, order: number): void {
    const hearsFrom = this.isLimited ? order : null;
    for (const member of members) if (!this.members.has(member)) this.members.set(member, { seq, hearsFrom });
  }

  leave(member: MemberId): void {
    const left = this.members.delete(member);
    if (left && member === this.by) this.by = this.#byAge()[0] ?? this.by;
  }

  /** Whose it is while those who have left the company do not count. */
  ownerAmong(isActive: (member: MemberId) => boolean): MemberId | undefined {
    return [this.by, ...this.#byAge()].find(isActive);
  }

  #byAge(): MemberId[] {
    return [...this.members]
      .sort(
        ([a, one], [b, other]) =>
          one.seq - other.seq || Number(b === this.#maker) - Number(a === this.#maker) || (a < b ? -1 : 1),
      )
      .map(([member]) => member);
  }

  /** Whether what was first said as the `order`th of everything may be known by this member. */
  mayKnow(member: MemberId, order: number): boolean {
    const from = this.members.get(member)?.hearsFrom ?? null;
    return from === null || order >= from;
  }
}
