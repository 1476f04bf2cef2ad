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
}

/** Gathered for this long at least: a thousand people coming back are one message. Milliseconds. */
const shortest = 100;
/** Bytes of one member in the list. */
const perMember = 26;

export function createPresence({ devices, later }: PresenceDeps): Presence {
  let told = new Set<MemberId>();
  let newcomers = new Set<DeviceSession>();
  let sockets = 0;
  let scheduled = false;

  const tell = (): void => {
    scheduled = false;
    const online = [...devices.keys()];
    const isSame = online.length === told.size && online.every((member) => told.has(member));
    const frame = encodeRelayMessage({ type: 'presence', online });
    // Ten thousand sockets of one person are one entry in the list: only who is new has not heard of it.
    for (const session of isSame ? newcomers : [...devices.values()].flatMap((each) => [...each]))
      session.send(frame);
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
