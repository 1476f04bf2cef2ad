import type { HttpBindings } from '@hono/node-server';
import type { AppState } from '../../shared/features/apps/schema.ts';
import type { Caller } from '../relay/contract.ts';

/** What routes know of a request. `incoming` is absent where a test calls the app without a network. */
export interface AppEnvironment {
  Bindings: Partial<HttpBindings>;
  Variables: {
    caller: Caller;
    /** Of requests that came with the key of an app. */
    app: AppState;
    /** Whether the session of the request has not ended since. */
    isStillSignedIn: () => boolean;
  };
}

/** The part of a logger that routes use; pino has it. */
export interface Log {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
