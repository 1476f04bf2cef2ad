import { customerOf, isGuest } from '../../shared/base/guests.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import type { GuestGroup, GuestSession } from './contract.ts';
import type { ShownCopy } from './shown-copy.svelte.ts';
import { t } from './strings.ts';

const fieldOf = (data: unknown, name: string): unknown => (data as Record<string, unknown> | null)?.[name];

/** A guest's conversations: their own, and their groups. */
export class Talks {
  readonly #session: () => GuestSession | null;
  readonly #copy: ShownCopy;
  #chosen = $state<RoomId | null>(null);

  /** What the guest answered and the relay has not heard: the group, and whether they come. */
  readonly #answers = $derived.by(
    () =>
      new Map(
        this.#copy.outbox
          .filter(({ type }) => type === 'chat.consent')
          .map(({ data }) => [fieldOf(data, 'group'), fieldOf(data, 'accept') === true]),
      ),
  );

  /** Groups in which the guest is, or to which they are asked and have not said no. */
  readonly groups: readonly GuestGroup[] = $derived.by(
    () => this.#session()?.groups?.filter((group) => this.#answers.get(idOf(group)) !== false) ?? [],
  );

  /** The group that is looked at; null for their own conversation. */
  readonly group: GuestGroup | null = $derived.by(
    () => this.groups.find(({ room }) => room === this.#chosen) ?? null,
  );

  constructor(session: () => GuestSession | null, copy: ShownCopy) {
    this.#session = session;
    this.#copy = copy;
  }

  get room(): RoomId {
    return this.group?.room ?? this.#session()!.chat;
  }

  /** Groups in which the guest is. */
  get rooms(): readonly RoomId[] {
    return (this.#session()?.groups ?? []).filter(({ is }) => is === 'in').map(({ room }) => room);
  }

  choose(room: RoomId | null): void {
    this.#chosen = room;
  }

  /** The guest has said that they come, and the relay has not heard it. */
  isComing(group: GuestGroup): boolean {
    return this.#answers.get(idOf(group)) === true;
  }

  /** Whether something waits there for the guest. */
  isNew(group: GuestGroup | null): boolean {
    const session = this.#session();
    if (!session) return false;
    if (group?.is === 'invited') return !this.isComing(group);
    const { entries, progress } = this.#copy.of(group?.room ?? session.chat);
    const upTo = progress.positions[session.member] ?? -1;
    return entries.some(({ seq, type, by }) => type === 'chat.send' && by !== session.member && seq > upTo);
  }

  nameOf(id: MemberId): string {
    const { group } = this;
    const found = [...(this.#session()?.staff ?? []), ...(group?.staff ?? []), ...(group?.guests ?? [])].find(
      (each) => each.id === id,
    )?.name;
    if (found) return found;
    return isGuest(id)
      ? `${t.visitor} ${customerOf(id).slice(0, 4).toUpperCase()}`
      : (this.#session()?.company ?? '');
  }
}

export const idOf = ({ room }: GuestGroup): string => room.slice(room.lastIndexOf('/') + 1);
