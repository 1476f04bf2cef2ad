import type { LogEntry } from '../../../shared/access/kind.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { must } from './broken.ts';

/** Who has which rights now. */
interface Known {
  readonly people: ReadonlyMap<MemberId, { readonly role: string; readonly active: boolean }>;
  readonly chats: ReadonlyMap<RoomId, { readonly members: ReadonlyMap<MemberId, unknown> }>;
}

/** What was done about a right last, by somebody who might: true when it was given. Restores do not change it. */
export class Rights {
  readonly #given = new Map<string, { readonly isGiven: boolean; readonly has: () => boolean }>();
  readonly #known: Known;

  constructor(known: Known) {
    this.#known = known;
  }

  #person(member: MemberId, isGiven: boolean): void {
    const has = (): boolean => this.#known.people.get(member)?.active ?? false;
    this.#given.set(`${member} is in the workspace`, { isGiven, has });
  }

  #power(member: MemberId, role: string): void {
    const has = (): boolean => {
      const known = this.#known.people.get(member);
      return known?.active === true && known.role !== 'member';
    };
    this.#given.set(`${member} is an administrator`, { isGiven: role !== 'member', has });
  }

  #chat(room: RoomId, member: MemberId, isGiven: boolean): void {
    const has = (): boolean => this.#known.chats.get(room)?.members.has(member) ?? false;
    this.#given.set(`${member} is in ${room}`, { isGiven, has });
  }

  /**
   * An entry that is new, not one that came back; a command that its device never had a receipt for is said once more.
   * `isFact`: made by the relay, which takes away again what came back.
   */
  note(room: RoomId, { type, by, data }: LogEntry, isFact: boolean): void {
    const said = data as { member: MemberId; members: MemberId[]; role: string };
    if (isFact && type !== 'member.join') return;
    switch (type) {
      case 'member.join':
        this.#person(said.member, true);
        return this.#power(said.member, said.role);
      case 'member.role':
        return this.#power(said.member, said.role);
      case 'member.remove':
        return this.#person(said.member, false);
      case 'chat.create':
      case 'chat.addMembers':
        for (const member of new Set([...said.members, ...(type === 'chat.create' ? [by] : [])]))
          this.#chat(room, member, true);
        return;
      case 'chat.removeMember':
        return this.#chat(room, said.member, false);
      case 'chat.leave':
        return this.#chat(room, by, false);
      default:
        return;
    }
  }

  check(): void {
    for (const [what, { isGiven, has }] of this.#given)
      must(isGiven || !has(), () => `${what} again, which was taken away`);
  }
}
