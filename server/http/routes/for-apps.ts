import type { AppRight } from '../../../shared/access/actor.ts';
import type { SettingsState } from '../../../shared/features/customers/settings-schema.ts';
import type { AppTokens } from '../../auth/app-tokens.ts';
import type { appSignedIn } from '../app-guard.ts';
import type { CustomersView } from '../customers-view.ts';
import { refusals } from '../schemas.ts';

/** What every route for other systems may refuse with. */
export const appRefusals = refusals('not-signed-in', 'session-ended', 'forbidden', 'too-many-requests');

/** What all of them work with. */
export interface ForApps {
  readonly apps: AppTokens;
  may(right: AppRight): ReturnType<typeof appSignedIn>;
  readonly view: CustomersView;
  settings(): SettingsState;
}
