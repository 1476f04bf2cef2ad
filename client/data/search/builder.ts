import { SegmentWriter, type BlockSink, type SegmentInfo, type Units } from './segment.ts';

/** Numbers that grow. */
class Numbers {
  #values = new Uint32Array(4);
  length = 0;

  /** Numbers come ascending; one that is there already is not noted twice. */
  push(value: number): void {
    if (this.length > 0 && this.#values[this.length - 1] === value) return;
    if (this.length === this.#values.length) {
      const larger = new Uint32Array(this.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  get values(): Uint32Array {
    return this.#values.subarray(0, this.length);
  }
}

/** Units in memory, until there are enough for a segment or nothing more comes. */
export class Builder {
  readonly #tokens = new Map<string, Numbers>();
  #at: number[] = [];
  #room: number[] = [];
  #seq: number[] = [];
  /** Tokens of all units: what memory is measured by. */
  #size = 0;

  get units(): number {
    return this.#at.length;
  }

  get size(): number {
    return this.#size;
  }

  /** The tokens that follow belong to it. */
  unit(room: number, seq: number, at: number): void {
    this.#at.push(at);
    this.#room.push(room);
    this.#seq.push(seq);
  }

  readonly token = (token: string): void => {
    let numbers = this.#tokens.get(token);
    if (!numbers) this.#tokens.set(token, (numbers = new Numbers()));
    numbers.push(this.#at.length - 1);
    this.#size += 1;
  };

  write(id: number, sink: BlockSink): SegmentInfo {
    const at = this.#at;
    const order = Uint32Array.from(at.keys()).sort((a, b) => at[b]! - at[a]!);
    const numberOf = new Uint32Array(order.length);
    order.forEach((unit, number) => (numberOf[unit] = number));
    const units: Units = {
      at: Float64Array.from(order, (unit) => at[unit]!),
      room: Uint32Array.from(order, (unit) => this.#room[unit]!),
      seq: Uint32Array.from(order, (unit) => this.#seq[unit]!),
    };
    const writer = new SegmentWriter(id, sink);
    writer.units(units);
    for (const token of [...this.#tokens.keys()].sort()) {
      const numbers = this.#tokens.get(token)!.values.map((unit) => numberOf[unit]!);
      writer.token(token, numbers.sort());
    }
    return writer.finish();
  }
}
