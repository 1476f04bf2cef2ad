/* How this person narrowed the list, as long as the page lives: list, board and table show the same customers. */
import { countOf, everyone } from '../../../../shared/features/customers/segments.ts';
import type { SegmentFilter } from '../../../../shared/features/segments/schema.ts';
import type { Order, View } from './arrange.ts';

class Wishes {
  text = $state('');
  view = $state<View>('all');
  order = $state<Order>('attention');
  backwards = $state(false);
  filter = $state.raw<SegmentFilter>(everyone);
  /** The segment that the filter was taken from, as long as it is as it was. */
  segment = $state<string | null>(null);

  /** How much narrows the list besides the view. */
  get count(): number {
    return countOf(this.filter);
  }

  narrow(change: Partial<SegmentFilter>): void {
    this.filter = { ...this.filter, ...change };
    this.segment = null;
  }

  take(id: string, filter: SegmentFilter): void {
    this.view = 'all';
    this.filter = filter;
    this.segment = id;
  }

  /** The same column again turns it round. */
  sortBy(order: Order): void {
    this.backwards = this.order === order && !this.backwards;
    this.order = order;
  }

  reset(): void {
    this.filter = everyone;
    this.segment = null;
    this.order = 'attention';
    this.backwards = false;
  }
}

export const wishes = new Wishes();
