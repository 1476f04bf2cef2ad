import type { Clock } from '../../shared/base/clock.ts';
import type { AppTokens } from '../auth/app-tokens.ts';
import type { Auth } from '../auth/index.ts';
import type { Blobs } from '../blobs/contract.ts';
import type { BoundMetrics, Bounds } from '../bounds.ts';
import type { Cards } from '../cards/cards.ts';
import type { CustomersTable } from '../storage/customers-contract.ts';
import type { Push } from '../push/contract.ts';
import type { Relay } from '../relay/contract.ts';
import type { BroadcastsTable } from '../storage/broadcasts-contract.ts';
import type { WordHits } from '../storage/word-hits-contract.ts';
import type { Log } from './environment.ts';
import type { RequestMetrics } from './metrics.ts';
import type { OperatorRoutes } from './routes/operator.ts';
import type { RequestRate } from './request-rate.ts';
import type { Webhooks } from '../webhooks/contract.ts';
import type { StaticFiles } from './static-files.ts';

export interface AppOptions {
  readonly relay: Relay;
  readonly auth: Auth;
  readonly blobs: Blobs;
  readonly customers: CustomersTable;
  readonly cards: Cards;
  readonly broadcasts: BroadcastsTable;
  readonly wordHits: WordHits;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: RequestMetrics;
  readonly bounds: Bounds;
  readonly boundMetrics: BoundMetrics;
  /** Null when the client was not built (development: Vite serves it). */
  readonly files: StaticFiles | null;
  /** Without it nobody is told of anything while no page is open. */
  readonly push?: Push;
  /** Other systems of the company; without it there are none. */
  readonly apps?: AppTokens;
  /** Without it other systems are told nothing. */
  readonly webhooks?: Webhooks;
  /** For commands on the same machine; without it they cannot reach this relay. */
  readonly commands?: OperatorRoutes;
  readonly publicUrl: string | null;
  readonly trustedProxies: number;
}

/** Everything the routes work with. */
export interface AppDeps extends AppOptions {
  readonly rate: RequestRate;
}
