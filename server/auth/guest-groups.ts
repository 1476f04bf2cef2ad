import type { MemberId, RoomId, WorkspaceId } from '../../shared/base/ids.ts';
import { isGuest } from '../../shared/base/guests.ts';
import { isIn, mayWrite, ownerOf } from '../../shared/features/chat/membership.ts';
import { guestsIn, mayEnter, placeOf, readDoor } from '../../shared/features/chat/outside.ts';
import { groupsOf } from '../../shared/features/chat/places.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import type { ContactLink } from '../../shared/features/customers/settings-schema.ts';
import { roomId } from '../../shared/protocol/rooms.ts';

/** The link by which customers come into a group, as what a contact link would be: to whoever gave it out. */
export interface Door {
  readonly room: RoomId;
  readonly group: ChatState;
  readonly code: string;
  readonly link: ContactLink;
  readonly owner: MemberId;
}

/** A group as somebody may see it who is asked into it, or has its link. */
export interface GroupFace {
  readonly title: string;
  readonly staff: readonly MemberId[];
  /** Guests who are in it. */
  readonly customers: number;
}

/** A group of a guest. */
export interface GuestGroup extends GroupFace {
  readonly room: RoomId;
  readonly is: 'invited' | 'in';
  /** Who asked them. */
  readonly by: MemberId;
  /** Whether they may write there now. */
  readonly writes: boolean;
  /** Other guests who are or were in it, under the names they gave; none for whoever has not come in. */
  readonly guests: readonly { readonly id: MemberId; readonly name: string }[];
}

interface Deps {
  readonly workspace: WorkspaceId;
  state(room: RoomId): unknown;
  isActive(member: MemberId): boolean;
}

export const faceOf = (group: ChatState): GroupFace => ({
  title: group.title,
  staff: (Object.keys(group.members) as MemberId[]).filter((each) => !isGuest(each)),
  customers: guestsIn(group).length,
});

/** The group behind a link that lets customers in now; null where there is none, or nobody would answer. */
export function openDoor(address: string, at: number, { workspace, state, isActive }: Deps): Door | null {
  const named = readDoor(address);
  if (!named) return null;
  const { code } = named;
  const room = roomId(workspace, 'chat', named.group);
  const group = state(room) as ChatState;
  if (!mayEnter(group, code, null, at).ok) return null;
  const by = group.door!.by;
  const owner = isIn(group, by) && isActive(by) ? by : ownerOf(group, isActive);
  if (owner === null) return null;
  const link: ContactLink = {
    ...{
      id: named.group,
      code,
      name: group.title.slice(0, 60),
      on: true,
      until: null,
      to: { member: owner },
    },
    ...{ source: '', tags: [], welcome: '', hours: null, away: '', by: owner, begun: 0, turns: {} },
  };
  return { room, group, code, link, owner };
}

/** Groups in which a guest is, or to which they are asked, as their own conversation and the group both say. */
export function groupsOfGuest(
  guest: MemberId,
  own: ChatState,
  { workspace, state, isActive }: Deps,
): GuestGroup[] {
  return groupsOf(own).flatMap((id) => {
    const room = roomId(workspace, 'chat', id);
    const group = state(room) as ChatState;
    const is = placeOf(group, guest);
    if (is === 'out') return [];
    const { guests = {}, takenOut = {} } = group;
    const face = faceOf(group);
    const were = (Object.keys(takenOut) as MemberId[]).filter((each) => !isGuest(each));
    const writes = mayWrite({ member: guest, role: 'member', active: true, isGuest: true }, {
      governing: group,
      isActiveMember: isActive,
    } as Parameters<typeof mayWrite>[1]).ok;
    const others = (Object.keys(guests) as MemberId[]).filter(
      (each) => each !== guest && !guests[each]!.invited,
    );
    return [
      {
        ...{ room, is, by: own.groups![id]!.by, writes },
        ...face,
        staff: is === 'in' ? [...new Set([...face.staff, ...were])] : face.staff,
        guests: is === 'in' ? others.map((each) => ({ id: each, name: guests[each]!.name })) : [],
      },
    ];
  });
}
