/*
 * SHA-256 as FIPS 180-4 has it, of what comes in pieces: browsers hash only what is whole, and pages that were not loaded
 * over https nothing at all. In the place of the library that members' pages load when they need it (`data/sha256.ts`):
 * a quarter of its size, at a third of its speed, for a page that loads all of it at once.
 */

/** The first 32 bits behind the point of the roots of the first primes. */
function bitsOf(root: number, count: number): Int32Array {
  const bits: number[] = [];
  for (let n = 2; bits.length < count; n++) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) isPrime = false;
    if (isPrime) bits.push((n ** (1 / root) % 1) * 2 ** 32);
  }
  return Int32Array.from(bits, (each) => each | 0);
}

const block = 64;
const constants = bitsOf(3, block);
const right = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

class Sha256 {
  readonly #state = bitsOf(2, 8);
  readonly #rest = new Uint8Array(block);
  readonly #view = new DataView(this.#rest.buffer);
  readonly #words = new Int32Array(block);
  #length = 0;

  update(bytes: Uint8Array): this {
    for (let from = 0; from < bytes.length;) {
      const filled = this.#length % block;
      const piece = bytes.subarray(from, from + block - filled);
      this.#rest.set(piece, filled);
      this.#length += piece.length;
      from += piece.length;
      if (this.#length % block === 0) this.#take();
    }
    return this;
  }

  /** Nothing more is hashed after it. */
  digest(): Uint8Array {
    const bits = this.#length * 8;
    this.update(Uint8Array.of(0x80));
    this.update(new Uint8Array((2 * block - 8 - (this.#length % block)) % block));
    const end = new DataView(new ArrayBuffer(32));
    end.setBigUint64(0, BigInt(bits));
    this.update(new Uint8Array(end.buffer, 0, 8));
    this.#state.forEach((word, at) => end.setInt32(4 * at, word));
    return new Uint8Array(end.buffer);
  }

  #take(): void {
    const words = this.#words;
    const state = this.#state;
    for (let i = 0; i < 16; i++) words[i] = this.#view.getInt32(4 * i);
    for (let i = 16; i < block; i++) {
      const early = words[i - 15]!;
      const late = words[i - 2]!;
      const mixed = right(early, 7) ^ right(early, 18) ^ (early >>> 3);
      words[i] = words[i - 16]! + words[i - 7]! + mixed + (right(late, 17) ^ right(late, 19) ^ (late >>> 10));
    }
    let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!];
    let [e, f, g, h] = [state[4]!, state[5]!, state[6]!, state[7]!];
    for (let i = 0; i < block; i++) {
      const chosen = (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + ((e & f) ^ (~e & g));
      const most = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      const next = (h + chosen + constants[i]! + words[i]!) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + next) | 0;
      d = c;
      c = b;
      b = a;
      a = (next + most) | 0;
    }
    state[0]! += a;
    state[1]! += b;
    state[2]! += c;
    state[3]! += d;
    state[4]! += e;
    state[5]! += f;
    state[6]! += g;
    state[7]! += h;
  }
}

export const sha256 = { create: (): Sha256 => new Sha256() };
