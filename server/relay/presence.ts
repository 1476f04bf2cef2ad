import type { Bytes } from '../../shared/base/bytes.ts';
import { isGuest } from '../../shared/base/guests.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import { encodeRelayMessage } from '../../shared/protocol/codec.ts';
import { spacing } from './spacing.ts';
import type { DeviceSession } from './session.ts';

/** Who is online, told to everybody. */
export interface Presence {
  /** A session was added to the devices, or taken out. */
  arrived(): void;
  left(): void;
  /** The directory changed, and with it perhaps who may see whom. */
  sightMoved(): void;
}

export interface PresenceDeps {
  /** Members with a live device socket, with those sockets. */
  readonly devices: ReadonlyMap<MemberId, ReadonlySet<DeviceSession>>;
  later(milliseconds: number, run: () => void): void;
  /** The people whom a member may not see; under one key they are the same. */
  unseen(member: MemberId): { readonly key: string; readonly people: ReadonlySet<MemberId> };
}

/** Gathered for this long at least: a thousand people coming back are one message. Milliseconds. */
const shortest = 100;
/** Bytes of one member in the list. */
const perMember = 26;

export function createPresence({ devices, later, unseen }: PresenceDeps): Presence {
  /** In the order they came, so that who comes back within one gathering changes nothing. */
  let online = new Set<MemberId>();
  /** Lists that were told last, by what they say, and what each socket has. */
  let lists = new Map<string, Bytes>();
  const told = new WeakMap<DeviceSession, Bytes>();
  let sockets = 0;
  let scheduled = false;

  const tell = (): void => {
    scheduled = false;
    // Guests are told of nobody, and nobody of them.
    const members = [...devices.keys()].filter((each) => !isGuest(each));
    online = new Set([...[...online].filter((each) => devices.has(each)), ...members]);
    const before = lists;
    const all = [...online];
    lists = new Map();
    const byKey = new Map<string, Bytes>();
    const listFor = (member: MemberId): Bytes => {
      const { key, people } = unseen(member);
      let list = byKey.get(key);
      if (list) return list;
      const seen = people.size === 0 ? all : all.filter((each) => !people.has(each));
      const said = seen.join();
      list = lists.get(said) ?? before.get(said) ?? encodeRelayMessage({ type: 'presence', online: seen });
      lists.set(said, list);
      byKey.set(key, list);
      return list;
    };
    // Ten thousand sockets of one person are one entry in the list: only who is new has not heard of it.
    for (const member of members) {
      const list = listFor(member);
      for (const session of devices.get(member)!) {
        if (told.get(session) === list) continue;
        told.set(session, list);
        session.send(list);
      }
    }
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    later(Math.max(shortest, spacing(devices.size * sockets * perMember)), tell);
  };

  return {
    arrived() {
      sockets++;
      schedule();
    },
    left() {
      sockets--;
      schedule();
    },
    sightMoved: schedule,
  };
}
