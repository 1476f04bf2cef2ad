/** What happened, as one number, and in words when somebody wants to read it. */
export class Trace {
  #hash = 0x811c9dc5;
  readonly #tell: ((line: string) => void) | null;

  constructor(tell: ((line: string) => void) | null) {
    this.#tell = tell;
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  note(number: number): void {
    this.#hash = Math.imul(this.#hash ^ (number & 0xffffffff), 0x01000193);
    this.#hash = (this.#hash << 13) | (this.#hash >>> 19);
  }

  /** `what` is the same for the same seed; `words` may say more, and is called only when somebody reads. */
  say(what: string, words: () => string = () => ''): void {
    for (let i = 0; i < what.length; i++) this.note(what.charCodeAt(i));
    this.#tell?.(`${what} ${words()}`);
  }
}
