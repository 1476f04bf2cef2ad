import type { MemberId } from '../../../shared/base/ids.ts';
import { appOf, isOutsider } from '../../../shared/base/apps.ts';
import { isGuest } from '../../../shared/base/guests.ts';
import type { AppsState } from '../../../shared/features/apps/schema.ts';
import type { DirectoryState, Member } from '../../../shared/features/directory/schema.ts';
import type { ChatRow } from '../api.ts';

type Names = ReadonlyMap<MemberId, string>;

/**
 * Guests and apps have no card in the directory: what guests are called stands in their conversation. They are found under their
 * ids as members are, so that every place that shows somebody's name shows theirs, and they are in no list of people.
 */
export class Guests {
  readonly #nameless: (guest: MemberId) => string;
  #names: Names = new Map();

  /** `nameless` says what somebody is called who told no name, in the person's language. */
  constructor(nameless: (guest: MemberId) => string) {
    this.#nameless = nameless;
  }

  /** What they told, by their ids; the same map as before while nothing is different. */
  namesIn(chats: readonly ChatRow[]): Names {
    const names = new Map<MemberId, string>();
    // Asked whenever a list changes, and most conversations have none.
    for (const { state } of chats)
      if (state.guests)
        for (const [guest, { name }] of Object.entries(state.guests) as [MemberId, { name: string }][])
          // Their own conversation says what the company calls them, and groups what they call themselves.
          if (!names.get(guest) || (state.type === 'customer' && name !== '')) names.set(guest, name);
    const known = this.#names;
    const isSame = names.size === known.size && [...names].every(([id, name]) => known.get(id) === name);
    if (!isSame) this.#names = names;
    return this.#names;
  }

  /** The directory, with them where somebody asks for one of them. */
  in(directory: DirectoryState, names: Names, { apps }: AppsState): DirectoryState {
    if (names.size === 0 && Object.keys(apps).length === 0) return directory;
    const members = new Proxy(directory.members, {
      get: (all, id): unknown => {
        if (typeof id !== 'string' || !isOutsider(id)) return Reflect.get(all, id);
        const member = id as MemberId;
        if (isGuest(id)) return this.#guest(member, names);
        const app = Object.hasOwn(apps, appOf(member)) ? apps[appOf(member)] : undefined;
        return app && card(member, app.name);
      },
    });
    return { ...directory, members };
  }

  #guest(id: MemberId, names: Names): Member | undefined {
    const name = names.get(id);
    if (name === undefined) return undefined;
    return card(id, name || this.#nameless(id));
  }
}

/** Somebody who has no card in the directory, as one. */
export const card = (id: MemberId, name: string): Member => ({
  ...{ id, name, email: '', post: '', phone: '', about: '', role: 'member' },
  ...{ joinedAt: 0, leftAt: null },
});
