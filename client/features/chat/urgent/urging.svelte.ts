import type { EntryTarget } from '../../../../shared/access/kind.ts';

/** The message of which is asked who is to confirm it; one at a time, shown by the page of the conversation. */
class Urging {
  at = $state.raw<EntryTarget | null>(null);
}
export const urging = new Urging();
