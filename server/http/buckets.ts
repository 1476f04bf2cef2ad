/** So many seconds of the rate may come at once after a pause. */
const burst = 10;

/** Lets so much through in a second, and after a pause ten times that at once. */
export interface Bucket {
  /** Takes out what has come; milliseconds to wait until some is left, 0 mostly. */
  spend(amount: number): number;
  /** As if nothing had ever been taken out. */
  readonly isFull: boolean;
}

export function createBucket(perSecond: number, now: () => number = () => performance.now()): Bucket {
  const most = perSecond * burst;
  let left = most;
  let filledAt = now();
  const fill = (): void => {
    const at = now();
    left = Math.min(most, left + ((at - filledAt) / 1000) * perSecond);
    filledAt = at;
  };
  return {
    spend(amount) {
      left -= amount;
      if (left >= 0) return 0;
      // The clock is asked only when what was left at the last look is used up.
      fill();
      return left >= 0 ? 0 : Math.ceil((-left / perSecond) * 1000);
    },
    get isFull() {
      fill();
      return left >= most;
    },
  };
}
