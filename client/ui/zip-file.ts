/* A zip that is written while its contents come: what is packed goes on to where the file goes. */
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { blobSink, type FileSink } from './file-sink.ts';

/** What a zip without extensions can hold, with room for its list of files. */
export const largestZip = 4_000_000_000;
export const mostZipped = 60_000;

export class ZipFile {
  readonly #sink: FileSink;
  #written: Promise<void> = Promise.resolve();
  #failure: Error | null = null;
  #files = 0;
  #size = 0;
  readonly #zip: Zip;
  readonly #encoder = new TextEncoder();

  constructor(sink: FileSink = blobSink()) {
    this.#sink = sink;
    this.#zip = new Zip((failure, bytes) => {
      if (failure) this.#failure = failure;
      else this.#keep(new Uint8Array(bytes));
    });
  }

  get files(): number {
    return this.#files;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** One text file, in pieces. Returns the number of UTF-16 units written. */
  async addText(path: string, pieces: Iterable<string> | AsyncIterable<string>): Promise<number> {
    const file = new ZipDeflate(path, { level: 6 });
    this.#begin(file);
    let length = 0;
    for await (const piece of pieces) {
      length += piece.length;
      file.push(this.#encoder.encode(piece));
      await this.#settle();
    }
    file.push(new Uint8Array(), true);
    await this.#settle();
    return length;
  }

  /** A file that is packed already, as pictures are. */
  async addBlob(path: string, blob: Blob): Promise<void> {
    const file = new ZipPassThrough(path);
    this.#begin(file);
    const reader = blob.stream().getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      file.push(value);
      await this.#settle();
    }
    file.push(new Uint8Array(), true);
    await this.#settle();
  }

  /** Null where the file is on the person's disk already. */
  async finish(): Promise<Blob | null> {
    this.#zip.end();
    await this.#settle();
    return this.#sink.finish('application/zip');
  }

  /** Gives up: nothing of it stays. */
  async abandon(): Promise<void> {
    this.#zip.terminate();
    await this.#written.catch(() => undefined);
    await this.#sink.abandon();
  }

  #begin(file: ZipDeflate | ZipPassThrough): void {
    file.mtime = new Date();
    this.#zip.add(file);
    this.#files += 1;
  }

  #keep(bytes: Uint8Array<ArrayBuffer>): void {
    this.#size += bytes.length;
    this.#written = this.#written.then(() => this.#sink.write(bytes));
  }

  /** Waits until the disk has it: what is made faster than it is written would pile up. */
  async #settle(): Promise<void> {
    await this.#written;
    if (this.#failure) throw this.#failure;
  }
}
