/*
 * Reads a zip without reading all of it: first the list at its end, then each file where it stands. So an archive of many
 * gigabytes is opened on a phone, and what is not asked for is never unpacked.
 */
export interface Packed {
  readonly path: string;
  /** Bytes, unpacked, as the archive says. */
  readonly size: number;
}

interface Place extends Packed {
  readonly method: number;
  readonly packedSize: number;
  readonly at: number;
}

const endMark = 0x06054b50;
const end64Mark = 0x06064b50;
const listMark = 0x02014b50;
const fileMark = 0x04034b50;
/** The end has a comment of at most 64 KiB behind it. */
const endArea = 22 + 65_535;
/** An archive may be made to list without end. */
const mostEntries = 500_000;
const largestList = 256 * 1024 * 1024;
const zip64 = 0xffff_ffff;

const view = async (file: Blob, from: number, to: number): Promise<DataView> =>
  new DataView(await file.slice(from, to).arrayBuffer());
const long = (bytes: DataView, at: number): number => Number(bytes.getBigUint64(at, true));

/** Sizes and place that did not fit into 32 bits stand in an extra field, in this order. */
function widened(bytes: DataView, from: number, to: number, values: readonly number[]): readonly number[] {
  for (let at = from; at + 4 <= to;) {
    const length = bytes.getUint16(at + 2, true);
    if (bytes.getUint16(at, true) === 1) {
      let place = at + 4;
      return values.map((value) => {
        if (value !== zip64 || place + 8 > to) return value;
        place += 8;
        return long(bytes, place - 8);
      });
    }
    at += 4 + length;
  }
  return values;
}

export class Archive {
  readonly #file: Blob;
  readonly #places: ReadonlyMap<string, Place>;

  private constructor(file: Blob, places: ReadonlyMap<string, Place>) {
    this.#file = file;
    this.#places = places;
  }

  /** Null where the file is no zip, or a damaged one. */
  static async open(file: Blob): Promise<Archive | null> {
    try {
      const places = await listOf(file);
      return places && new Archive(file, places);
    } catch (cause) {
      // Places outside the file: it was cut off.
      if (cause instanceof RangeError) return null;
      throw cause;
    }
  }

  /** Files in it, without folders. */
  get files(): readonly Packed[] {
    return [...this.#places.values()];
  }

  has(path: string): boolean {
    return this.#places.has(path);
  }

  /** The bytes of a file as they are unpacked; null where it is not there or not readable. Never more than `most`. */
  async read(path: string, most: number): Promise<Blob | null> {
    const place = this.#places.get(path);
    if (!place || place.size > most || (place.method !== 0 && place.method !== 8)) return null;
    const head = await view(this.#file, place.at, place.at + 30);
    if (head.byteLength < 30 || head.getUint32(0, true) !== fileMark) return null;
    const from = place.at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
    const packed = this.#file.slice(from, from + place.packedSize);
    if (place.method === 0) return packed.size === place.size ? packed : null;
    try {
      return await unpacked(packed, most);
    } catch {
      return null;
    }
  }

  /** The same as text; null also where it is no UTF-8. */
  async text(path: string, most: number): Promise<string | null> {
    const found = await this.read(path, most);
    if (!found) return null;
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(await found.arrayBuffer());
    } catch {
      return null;
    }
  }
}

async function unpacked(packed: Blob, most: number): Promise<Blob | null> {
  const reader = packed.stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    size += value.length;
    // It says that it is smaller than it is.
    if (size > most) {
      await reader.cancel();
      return null;
    }
    parts.push(value as Uint8Array<ArrayBuffer>);
  }
}

async function listOf(file: Blob): Promise<Map<string, Place> | null> {
  const base = Math.max(0, file.size - endArea);
  const tail = await view(file, base, file.size);
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== endMark) end -= 1;
  if (end < 0) return null;
  let [count, size, from] = [
    tail.getUint16(end + 10, true),
    tail.getUint32(end + 12, true),
    tail.getUint32(end + 16, true),
  ];
  if ((count === 0xffff || size === zip64 || from === zip64) && end >= 20) {
    const end64 = await view(file, long(tail, end - 12), long(tail, end - 12) + 56);
    if (end64.getUint32(0, true) !== end64Mark) return null;
    [count, size, from] = [long(end64, 32), long(end64, 40), long(end64, 48)];
  }
  if (count > mostEntries || size > largestList) return null;
  const list = await view(file, from, from + size);
  const places = new Map<string, Place>();
  const decoder = new TextDecoder();
  let at = 0;
  for (let n = 0; n < count; n++) {
    if (list.getUint32(at, true) !== listMark) return null;
    const nameEnd = at + 46 + list.getUint16(at + 28, true);
    const extraEnd = nameEnd + list.getUint16(at + 30, true);
    const path = decoder.decode(new Uint8Array(list.buffer, at + 46, nameEnd - at - 46));
    const [unpackedSize = 0, packedSize = 0, place = 0] = widened(list, nameEnd, extraEnd, [
      list.getUint32(at + 24, true),
      list.getUint32(at + 20, true),
      list.getUint32(at + 42, true),
    ]);
    const method = list.getUint16(at + 10, true);
    // Folders have no content, and what systems put beside files is nobody's.
    if (!path.endsWith('/') && !path.startsWith('__MACOSX/'))
      places.set(path, { path, size: unpackedSize, packedSize, method, at: place });
    at = extraEnd + list.getUint16(at + 32, true);
  }
  return places;
}
