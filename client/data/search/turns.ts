/** Who asks comes before who indexes, on the thread that does both. */
export class Turns {
  #open = 0;
  readonly #waiting: (() => void)[] = [];

  /** Until it ends others wait. */
  async first<T>(work: () => Promise<T>): Promise<T> {
    this.#open += 1;
    try {
      return await work();
    } finally {
      this.#open -= 1;
      if (this.#open === 0) for (const go of this.#waiting.splice(0)) go();
    }
  }

  /** Resolves when nobody is first. */
  async others(): Promise<void> {
    while (this.#open > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
