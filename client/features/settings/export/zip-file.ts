/*
 * A zip that is written while its contents come: only compressed bytes stay, and those in a Blob, which browsers keep on
 * disk when it grows.
 */
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';

const foldAt = 4 * 1024 * 1024;

export class ZipFile {
  #parts: BlobPart[] = [];
  #waiting = 0;
  #failure: Error | null = null;
  #files = 0;
  readonly #zip: Zip;
  readonly #encoder = new TextEncoder();

  constructor() {
    this.#zip = new Zip((failure, bytes) => {
      if (failure) this.#failure = failure;
      else this.#keep(new Uint8Array(bytes));
    });
  }

  get files(): number {
    return this.#files;
  }

  /** One text file, in pieces. Returns the number of UTF-16 units written. */
  async addText(path: string, pieces: Iterable<string> | AsyncIterable<string>): Promise<number> {
    const file = new ZipDeflate(path, { level: 6 });
    this.#begin(file);
    let length = 0;
    for await (const piece of pieces) {
      length += piece.length;
      file.push(this.#encoder.encode(piece));
    }
    file.push(new Uint8Array(), true);
    this.#check();
    return length;
  }

  /** A file that is packed already, as pictures are. */
  async addBlob(path: string, blob: Blob): Promise<void> {
    const file = new ZipPassThrough(path);
    this.#begin(file);
    file.push(new Uint8Array(await blob.arrayBuffer()), true);
    this.#check();
  }

  finish(): Blob {
    this.#zip.end();
    this.#check();
    return new Blob(this.#parts, { type: 'application/zip' });
  }

  /** Gives up: nothing of it stays. */
  abandon(): void {
    this.#zip.terminate();
    this.#parts = [];
  }

  #begin(file: ZipDeflate | ZipPassThrough): void {
    file.mtime = new Date();
    this.#zip.add(file);
    this.#files += 1;
  }

  #keep(bytes: Uint8Array<ArrayBuffer>): void {
    this.#parts.push(bytes);
    this.#waiting += bytes.length;
    if (this.#waiting < foldAt) return;
    this.#parts = [new Blob(this.#parts)];
    this.#waiting = 0;
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
  }
}
