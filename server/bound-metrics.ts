import { Counter, Gauge, type Registry } from 'prom-client';
import { boundNames, boundTable, type Bound, type BoundMetrics, type Bounds } from './bounds.ts';

/** Every bound as series: where it lies, how far it was reached, how often it struck. */
export function createBoundMetrics(registry: Registry, bounds: Bounds): BoundMetrics {
  const registers = [registry];
  const labelNames = ['bound'] as const;
  const reached = Object.fromEntries(boundNames.map((bound) => [bound, 0])) as Record<Bound, number>;
  const set = new Gauge({ name: 'weft_bound', help: 'The bounds of this relay', labelNames, registers });
  new Gauge({
    name: 'weft_bound_reached',
    help: 'How far: of sockets, strangers and connections those now, of everything else the most so far',
    labelNames,
    registers,
    collect() {
      for (const bound of boundNames)
        if (boundTable[bound].shown !== null) this.set({ bound }, reached[bound]);
    },
  });
  const struck = new Counter({
    name: 'weft_bound_struck_total',
    help: 'How often a bound refused, cut off or slowed somebody down',
    labelNames,
    registers,
  });
  for (const bound of boundNames) {
    set.set({ bound }, bounds[bound]);
    struck.inc({ bound }, 0);
  }
  return {
    reached(bound, value) {
      if (value > reached[bound] || boundTable[bound].shown === 'now') reached[bound] = value;
    },
    struck: (bound) => struck.inc({ bound }),
  };
}
