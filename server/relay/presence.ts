import type { Bytes } from '../../shared/base/bytes.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import { encodeRelayMessage } from '../../shared/protocol/codec.ts';
import { spacing } from './spacing.ts';
import type { DeviceSession } from './session.ts';

/** Who is online, told to everybody. */
export interface Presence {
  arrived(session: DeviceSession): void;
  left(session: DeviceSession): void;
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
  let told = new Set<MemberId>();
  let newcomers = new Set<DeviceSession>();
  let sockets = 0;
  let scheduled = false;

  const tell = (): void => {
    scheduled = false;
    const online = [...devices.keys()];
    const isSame = online.length === told.size && online.every((member) => told.has(member));
    const frames = new Map<string, Bytes>();
    const frameFor = (member: MemberId): Bytes => {
      const { key, people } = unseen(member);
      let frame = frames.get(key);
      if (!frame) {
        const seen = online.filter((each) => !people.has(each));
        frames.set(key, (frame = encodeRelayMessage({ type: 'presence', online: seen })));
      }
      return frame;
    };
    // Ten thousand sockets of one person are one entry in the list: only who is new has not heard of it.
    for (const session of isSame ? newcomers : [...devices.values()].flatMap((each) => [...each]))
      session.send(frameFor(session.caller.member));
    told = new Set(online);
    newcomers = new Set();
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    later(Math.max(shortest, spacing(devices.size * sockets * perMember)), tell);
  };

  return {
    arrived(session) {
      sockets++;
      newcomers.add(session);
      schedule();
    },
    left(session) {
      sockets--;
      newcomers.delete(session);
      schedule();
    },
  };
}
