import type { DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import type { Clock } from '../../shared/base/clock.ts';
import { directoryRoomId } from '../../shared/features/directory/kind.ts';
import type { Member } from '../../shared/features/directory/schema.ts';
import { partOf, roomId } from '../../shared/protocol/rooms.ts';
import type { AuthStore } from '../auth/contract.ts';
import type { Caller, Relay } from '../relay/contract.ts';
import type { SeedPerson } from './people.ts';
import type { Random } from './random.ts';

/** A member of the seeded workspace with a device of their own. */
export interface Colleague extends SeedPerson {
  readonly member: MemberId;
  readonly email: string;
  readonly caller: Caller;
  /** The Yjs client id of the device; 0 for somebody who only listens. */
  readonly client: number;
  /** Number of the last command. */
  n: number;
}

export interface OfficeDeps {
  readonly relay: Relay;
  readonly authStore: AuthStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** Does things as people would, through the relay: what it would refuse to a person it refuses here. */
export interface Office {
  room(kind: string, id: string): RoomId;
  hire(person: SeedPerson, role: 'owner' | 'admin' | 'member', passwordHash: string): Promise<Colleague>;
  /** Somebody who is a member already, at a device of the seed's. */
  meet(member: Member): Colleague;
  rename(by: Colleague, name: string): Promise<void>;
  /** Resolves to the position of the entry. */
  command(by: Colleague, room: RoomId, type: string, data: unknown): Promise<number>;
  write(by: Colleague, room: RoomId, update: Uint8Array): Promise<void>;
}

/** Where mail to these people goes: nowhere, by RFC 2606. */
export const mailDomain = 'nanhe.example';

export function createOffice({ relay, authStore, clock, random }: OfficeDeps): Office {
  const directory = roomId(relay.workspace, 'directory', directoryRoomId);
  const office: Office = {
    room: (kind, id) => roomId(relay.workspace, kind, id),
    async hire(person, role, passwordHash) {
      const member = random.id() as MemberId;
      const email = `${person.mailbox}@${mailDomain}`;
      const joined = { member, name: person.name, email, role };
      await relay.appendFact(directory, 'member.join', member, joined, () =>
        authStore.insertAccount({ member, email, password: passwordHash, createdAt: clock.now() }),
      );
      const device = random.id() as DeviceId;
      authStore.claimDevice(device, member);
      const caller: Caller = { member, session: 'seed', device };
      const [client] = await relay.lease(caller, 1);
      if (client === undefined) throw new Error('the relay leased no client id');
      const colleague: Colleague = { ...person, member, email, caller, client, n: 0 };
      const { post, about } = person;
      await office.command(colleague, directory, 'member.profile', { post, about });
      return colleague;
    },
    meet({ id, name, email }) {
      const caller: Caller = { member: id, session: 'seed', device: random.id() as DeviceId };
      authStore.claimDevice(caller.device, id);
      const asPerson = { name, mailbox: '', post: '', about: '', language: 'en' } as const;
      return { ...asPerson, member: id, email, caller, client: 0, n: 0 };
    },
    rename: (by, name) => relay.appendFact(directory, 'workspace.rename', by.member, { name }),
    async command(by, room, type, data) {
      const id = random.id() as Parameters<Relay['command']>[1]['id'];
      const result = await relay.command(by.caller, { id, n: ++by.n, room, type, data });
      if (!result.ok) throw new Error(`${type} in ${room}: ${result.code}, ${result.message}`);
      return result.seq ?? -1;
    },
    async write(by, room, update) {
      const written = await relay.update(by.caller, room, update);
      if (!written.ok) throw new Error(`text of ${room}: ${written.error.code}, ${written.error.message}`);
    },
  };
  return office;
}

export const readsOf = (chat: RoomId): RoomId => partOf(chat, 'reads');
export const aboutOf = (doc: RoomId): RoomId => partOf(doc, 'about');
