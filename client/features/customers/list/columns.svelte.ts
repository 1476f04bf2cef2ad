/* What the table can show, and what this person wants to see of it. */
import type { Order } from './arrange.ts';
import { t } from './strings.ts';

export interface Column {
  readonly id: string;
  readonly title: () => string;
  /** Pixels. */
  readonly width: number;
  readonly order: Order | null;
}

export const columns: readonly Column[] = [
  { id: 'company', title: () => t.company, width: 170, order: 'company' },
  { id: 'stage', title: () => t.stage, width: 110, order: 'stage' },
  { id: 'tags', title: () => t.tags, width: 190, order: null },
  { id: 'next', title: () => t.next, width: 130, order: 'next' },
  { id: 'waits', title: () => t.waitsSince, width: 120, order: 'unanswered' },
  { id: 'said', title: () => t.lastSaid, width: 240, order: null },
  { id: 'newest', title: () => t.newest, width: 110, order: 'newest' },
  { id: 'phone', title: () => t.phone, width: 150, order: null },
  { id: 'mail', title: () => t.mail, width: 180, order: null },
  { id: 'owner', title: () => t.owner, width: 120, order: 'owner' },
  { id: 'source', title: () => t.source, width: 120, order: null },
  { id: 'since', title: () => t.since, width: 110, order: 'since' },
];

const usual: readonly string[] = ['company', 'stage', 'tags', 'next', 'waits', 'said', 'newest'];
const storageKey = 'weft.customer-columns';

function kept(): readonly string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey) ?? 'null');
    return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : usual;
  } catch {
    return usual; // storage switched off, or something else wrote there
  }
}

class Chosen {
  /** Ids of columns, those of the company's own fields among them. */
  ids = $state.raw<readonly string[]>(kept());

  flip(id: string): void {
    this.ids = this.ids.includes(id) ? this.ids.filter((each) => each !== id) : [...this.ids, id];
    try {
      localStorage.setItem(storageKey, JSON.stringify(this.ids));
    } catch {
      // Without storage they last as long as the page.
    }
  }
}

export const chosen = new Chosen();
