import type { Clock } from '../../shared/base/clock.ts';
import type { DeviceId } from '../../shared/base/ids.ts';

/** Reading a document of this size again is nothing to speak of. */
const cheap = 256 * 1024;
/** Milliseconds that a device has to wait after the first time, twice as many after each further one, up to `longest`. */
const first = 10_000;
const longest = 600_000;
const mostRemembered = 10_000;

/**
 * Devices whose updates were refused only when a large document had taken a part of them, so that it has to be read
 * again. No honest program gets there; who does waits longer each time.
 */
export interface Patience {
  /** It happened, with a document of so many bytes. */
  lost(device: DeviceId, bytes: number): void;
  isLost(device: DeviceId): boolean;
}

export function createPatience(clock: Clock): Patience {
  const known = new Map<DeviceId, { readonly until: number; readonly wait: number }>();
  return {
    lost(device, bytes) {
      if (bytes < cheap) return;
      const wait = Math.min(longest, 2 * (known.get(device)?.wait ?? first / 2));
      if (known.size >= mostRemembered) known.clear();
      known.set(device, { until: clock.now() + wait, wait });
    },
    isLost: (device) => (known.get(device)?.until ?? 0) > clock.now(),
  };
}
