import { anyPlace, postingOf, round, SegmentWriter, type BlockSink, type SegmentInfo } from './segment.ts';

/** Numbers that grow in count. */
class Column<Kind extends Uint32Array | Uint8Array> {
  values: Kind;
  length = 0;

  constructor(values: Kind) {
    this.values = values;
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new (this.values.constructor as new (length: number) => Kind)(this.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }
}

const some = 1_024;
/** Of a token that stands at more places of a unit only this is kept. */
const mostPlaces = 4;

/** Units in memory, until there are enough for a segment or nothing more comes. */
export class Builder {
  readonly #ids = new Map<string, number>();
  readonly #at: number[] = [];
  readonly #room: number[] = [];
  readonly #seq: number[] = [];
  /** Of every unit where its tokens begin in what was told. */
  readonly #begin: number[] = [];
  /** Tokens by their id, as units told them, and where they stand in the unit. */
  readonly #told = new Column(new Uint32Array(some));
  readonly #places = new Column(new Uint8Array(some));
  /** Of every token where it was told last, and how often by that unit. */
  readonly #last = new Column(new Uint32Array(some));
  readonly #times = new Column(new Uint8Array(some));

  get units(): number {
    return this.#at.length;
  }

  /** Tokens of all units: what memory is measured by. */
  get size(): number {
    return this.#told.length;
  }

  /** The tokens that follow belong to it. */
  unit(room: number, seq: number, at: number): void {
    this.#at.push(at);
    this.#room.push(room);
    this.#seq.push(seq);
    this.#begin.push(this.#told.length);
  }

  /** `turn` counts the tokens of one text; what stands in none has no turn. */
  readonly token = (token: string, turn?: number): void => {
    const place = turn === undefined ? anyPlace : turn % round;
    let id = this.#ids.get(token);
    if (id === undefined) {
      this.#ids.set(token, (id = this.#ids.size));
      this.#last.push(0);
      this.#times.push(0);
    } else if (this.#last.values[id]! < this.#begin[this.#begin.length - 1]!) this.#times.values[id] = 0;
    const times = ++this.#times.values[id]!;
    if (times > mostPlaces) {
      this.#times.values[id] = mostPlaces;
      this.#places.values[this.#last.values[id]!] = anyPlace;
      return;
    }
    this.#last.values[id] = this.#told.length;
    this.#told.push(id);
    this.#places.push(place);
  };

  /** `rest` is waited for every now and then. */
  async write(id: number, sink: BlockSink, rest: () => Promise<void>): Promise<SegmentInfo> {
    const at = this.#at;
    const order = Uint32Array.from(at.keys()).sort((a, b) => at[b]! - at[a]!);
    const writer = new SegmentWriter(id, id, sink);
    writer.units({
      at: Float64Array.from(order, (unit) => at[unit]!),
      room: Uint32Array.from(order, (unit) => this.#room[unit]!),
      seq: Uint32Array.from(order, (unit) => this.#seq[unit]!),
    });
    await rest();
    const { postings, ends } = this.#byToken(order);
    await rest();
    const byBeginning = this.#tokens();
    await rest();
    for (const beginning of [...byBeginning.keys()].sort()) {
      for (const token of byBeginning.get(beginning)!.sort()) {
        const id = this.#ids.get(token)!;
        writer.token(token, postings.subarray(id === 0 ? 0 : ends[id - 1]!, ends[id]!));
      }
      await rest();
    }
    return writer.finish();
  }

  /** By their beginnings, which are sorted one after another: all at once would take long. */
  #tokens(): ReadonlyMap<string, string[]> {
    const byBeginning = new Map<string, string[]>();
    for (const token of this.#ids.keys()) {
      const beginning = token.slice(0, 2);
      const others = byBeginning.get(beginning);
      if (others) others.push(token);
      else byBeginning.set(beginning, [token]);
    }
    return byBeginning;
  }

  /** What was told by units, in the order of tokens' ids, and where each token's ends. */
  #byToken(order: Uint32Array): { postings: Uint32Array; ends: Uint32Array } {
    const told = this.#told.values;
    const places = this.#places.values;
    const ends = new Uint32Array(this.#ids.size);
    for (let i = 0; i < this.#told.length; i++) ends[told[i]!]! += 1;
    let sum = 0;
    // Each begins where it will end when all of it is there.
    for (let token = 0; token < ends.length; token++) {
      const count = ends[token]!;
      ends[token] = sum;
      sum += count;
    }
    const begins = ends.slice();
    const postings = new Uint32Array(sum);
    for (let number = 0; number < order.length; number++) {
      const unit = order[number]!;
      const end = this.#begin[unit + 1] ?? this.#told.length;
      for (let i = this.#begin[unit]!; i < end; i++) {
        const token = told[i]!;
        const posting = postingOf(number, places[i]!);
        let at = ends[token]!++;
        // Turns ascend, places are counted round.
        for (; at > begins[token]! && postings[at - 1]! > posting; at--) postings[at] = postings[at - 1]!;
        postings[at] = posting;
      }
    }
    return { postings, ends };
  }
}
