/**
 * Runs work one after the other, in the order asked for. What the relay says is stored in the order it was said: a room
 * that was lost right after its contents came must not be written back by the slower of the two.
 */
export class InOrder {
  #last: Promise<unknown> = Promise.resolve();

  /** Failed work does not hold up what comes after it. Never wait in `work` for other work of the same order. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
