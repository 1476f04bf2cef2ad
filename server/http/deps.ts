import type { Clock } from '../../shared/base/clock.ts';
import type { Auth } from '../auth/index.ts';
import type { Blobs } from '../blobs/contract.ts';
import type { Relay } from '../relay/contract.ts';
import type { Log } from './environment.ts';
import type { RequestMetrics } from './metrics.ts';
import type { StaticFiles } from './static-files.ts';

/** Everything the routes work with. */
export interface AppDeps {
  readonly relay: Relay;
  readonly auth: Auth;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: RequestMetrics;
  /** Null when the client was not built (development: Vite serves it). */
  readonly files: StaticFiles | null;
  readonly publicUrl: string | null;
  readonly trustedProxies: number;
}
