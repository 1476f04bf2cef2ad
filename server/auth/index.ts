import type { Clock } from '../../shared/base/clock.ts';
import { defaultBounds, noBoundMetrics, type BoundMetrics, type Bounds } from '../bounds.ts';
import type { Relay } from '../relay/contract.ts';
import type { DayCounts } from '../storage/day-counts.ts';
import { createAdmission, type Admission } from './admission.ts';
import type { AuthStore } from './contract.ts';
import { createGuests, type Guests } from './guests.ts';
import { createInvitations, type Invitations } from './invitations.ts';
import { createRequests, type Requests } from './requests.ts';
import { createSessions, defaultSessionLimits, type AuthSessions, type SessionLimits } from './sessions.ts';
import { createSetup, type Setup } from './setup.ts';
import { createSignIn, type SignIn } from './sign-in.ts';
import { createTurns } from './turns.ts';
import { createThrottle, defaultThrottle, type Throttle, type ThrottleLimits } from './throttle.ts';

export type { AuthStore } from './contract.ts';

/** Everything about who may come in. */
export interface Auth {
  readonly sessions: AuthSessions;
  readonly guests: Guests;
  readonly signIn: SignIn;
  readonly invitations: Invitations;
  readonly setup: Setup;
  readonly requests: Requests;
  readonly admit: Admission['admit'];
  /** For guesses at secrets in addresses: invitation codes, the set-up link. */
  readonly throttle: Throttle;
}

export interface AuthDeps {
  readonly store: AuthStore;
  readonly relay: Relay;
  readonly clock: Clock;
  readonly limits?: ThrottleLimits;
  readonly sessionLimits?: SessionLimits;
  readonly bounds?: Bounds;
  readonly metrics?: BoundMetrics;
  readonly dayCounts?: DayCounts;
}

/**
 * So many passwords are hashed at once, whoever asks: it takes memory, and a thread that files wait for too. An attempt
 * counts until it succeeds, so a whole office that signs in must not all be on the way.
 */
const atOnce = 4;
const mostWaiting = 2_000;

export function createAuth(deps: AuthDeps): Auth {
  const { store, relay, clock, limits = defaultThrottle, sessionLimits = defaultSessionLimits } = deps;
  const { bounds = defaultBounds, metrics = noBoundMetrics } = deps;
  const turns = createTurns(atOnce, mostWaiting);
  const admission = createAdmission({ store, relay, clock, turns });
  const { admit } = admission;
  const requests = createRequests({ store, relay, clock, admission });
  return {
    admit,
    sessions: createSessions({ store, clock, relay, limits: sessionLimits }),
    guests: createGuests({ store, relay, clock, bounds, metrics, dayCounts: deps.dayCounts }),
    signIn: createSignIn({ store, relay, throttle: createThrottle(limits), turns }),
    requests,
    invitations: createInvitations({ store, relay, clock, admission, requests }),
    setup: createSetup({ relay, admit }),
    throttle: createThrottle(limits),
  };
}
