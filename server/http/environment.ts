import type { HttpBindings } from '@hono/node-server';
import type { Clock } from '../../shared/base/clock.ts';
import type { Auth } from '../auth/index.ts';
import type { Blobs } from '../blobs/contract.ts';
import type { Caller, Relay } from '../relay/contract.ts';
import type { RequestMetrics } from './metrics.ts';
import type { StaticFiles } from './static-files.ts';

/** What routes know of a request. `incoming` is absent where a test calls the app without a network. */
export interface AppEnvironment {
  Bindings: Partial<HttpBindings>;
  Variables: { caller: Caller };
}

/** The part of a logger that routes use; pino has it. */
export interface Log {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

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
