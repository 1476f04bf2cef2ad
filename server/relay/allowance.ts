import type { Clock } from '../../shared/base/clock.ts';
import type { KeptUses } from '../storage/day-counts.ts';

const day = 24 * 3_600_000;
/** Whoever has used nothing for a day needs not be remembered. */
const mostRemembered = 50_000;

/** How much each of many may use up in a day: all of it at once, if they like, and then as it comes back. */
export interface Allowance {
  left(who: string): number;
  /** Uses that much of what is left. */
  use(who: string, amount: number): void;
}

/** `kept`: goes on with what was used before the relay was started. */
export function createAllowance(perDay: number, clock: Clock, kept?: KeptUses): Allowance {
  const known = new Map<string, { readonly used: number; readonly at: number }>();
  for (const { who, used, at } of kept?.read() ?? []) known.set(who, { used, at });

  /** What was used and has not come back yet. A clock that was set back gives nothing back, and takes nothing. */
  const usedBy = (who: string, now: number): number => {
    const last = known.get(who);
    return last ? Math.max(0, last.used - (Math.max(0, now - last.at) / day) * perDay) : 0;
  };

  const makePlace = (now: number): void => {
    for (const who of known.keys()) if (usedBy(who, now) === 0) known.delete(who);
    // Those who used something longest ago.
    for (const who of known.keys()) if (known.size >= mostRemembered) known.delete(who);
  };

  return {
    left: (who) => perDay - usedBy(who, clock.now()),
    use(who, amount) {
      const now = clock.now();
      const used = usedBy(who, now) + amount;
      if (!known.delete(who) && known.size >= mostRemembered) makePlace(now);
      known.set(who, { used, at: now });
      kept?.changed({ who, used, at: now });
    },
  };
}
