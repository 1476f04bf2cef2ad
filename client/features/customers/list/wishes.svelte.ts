/* How this person narrowed the list, as long as the page lives. */
import { nothingNarrowed, type Narrowing, type Order, type View } from './arrange.ts';

class Wishes {
  view = $state<View>('all');
  order = $state<Order>('attention');
  narrowing = $state.raw<Narrowing>(nothingNarrowed);

  /** How much narrows the list besides the view. */
  get count(): number {
    return Object.values(this.narrowing).filter((each) => each !== null).length;
  }

  narrow(change: Partial<Narrowing>): void {
    this.narrowing = { ...this.narrowing, ...change };
  }

  reset(): void {
    this.narrowing = nothingNarrowed;
    this.order = 'attention';
  }
}

export const wishes = new Wishes();
