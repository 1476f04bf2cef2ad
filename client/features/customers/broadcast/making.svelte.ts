/* A message to many that is being written: it stays while one looks at something else. */
import type { CustomerId } from '../../../../shared/base/ids.ts';
import type { OfficeHours } from '../../../../shared/features/customers/settings-schema.ts';
import { mostBroadcast } from '../../../../shared/features/customers/broadcast-schema.ts';
import { ChosenFiles } from '../../chat/index.ts';
import { navigate } from '../../../ui/location.svelte.ts';
import { broadcastsPath } from './path.ts';
import { everyone, type Narrowed } from './recipients.ts';
import { t } from './strings.ts';

export type Scope = 'chosen' | 'mine' | 'line';

export class Making {
  name = $state('');
  text = $state('');
  nameless = $state(t.namelessDefault);
  /** The link that is to go without a card. */
  uncarded = $state<string | null>(null);
  readonly files = new ChosenFiles(mostBroadcast.files);
  /** Picked in the list of customers. */
  readonly chosen: readonly CustomerId[];
  scope = $state<Scope>('mine');
  narrowed = $state.raw<Narrowed>(everyone);
  isLater = $state(false);
  /** As the field for it writes it. */
  from = $state('');
  hours = $state.raw<OfficeHours | null>(null);

  constructor(chosen: readonly CustomerId[] = []) {
    this.chosen = chosen;
    if (chosen.length > 0) this.scope = 'chosen';
  }

  get isEmpty(): boolean {
    return this.text.trim() === '' && this.files.count === 0;
  }

  close(): void {
    this.files.close();
  }
}

class Draft {
  current = $state.raw<Making | null>(null);
}
export const draft = new Draft();

/** Opens the page for a new message to these customers; without any, to those that one chooses there. */
export function startBroadcast(customers: readonly CustomerId[] = []): void {
  if (!draft.current || customers.length > 0) {
    draft.current?.close();
    draft.current = new Making(customers);
  }
  navigate(`${broadcastsPath}?new`);
}
