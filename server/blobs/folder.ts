import { createHash, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { noBoundMetrics, type BoundMetrics, type Bounds } from '../bounds.ts';
import type { BlobIndex, BlobInfo, Blobs, Piece, Progress, Takes, Upload, UploadName } from './contract.ts';
import { faceRefusal, mostFace } from './face.ts';
import { pictureType, plainType, servedType, typeHead } from './file-type.ts';
import { createParts, type Part } from './parts.ts';
import { createUsage } from './usage.ts';

export interface FolderBlobsDeps {
  /** Made when absent. */
  readonly folder: string;
  readonly index: BlobIndex;
  readonly clock: Clock;
  readonly bounds: Pick<Bounds, 'blob' | 'file' | 'files' | 'memberFiles' | 'guestFiles' | 'memberUploads'>;
  readonly boundMetrics?: BoundMetrics;
}

const day = 86_400_000;
/** Unfinished uploads that nobody goes on with are kept so long. Milliseconds. */
const idleAge = 7 * day;
/** Files that are removed before others have their turn. */
const removedAtOnce = 50;

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Bytes of a part that nobody wants any more and that are read all the same. */
const drainedUpTo = 16 * 1024 * 1024;

/** A connection that is closed while its other end still sends takes the answer with it: the rest is read, within bounds. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    for (let size = 0; size < drainedUpTo;) {
      const { done, value } = await reader.read();
      if (done) return;
      size += value.length;
    }
    await reader.cancel();
  } catch {
    // The sender is gone.
  }
}

interface Read {
  readonly size: number;
  readonly hash: string;
  readonly head: Uint8Array;
}

async function readAll(file: FileHandle): Promise<Read> {
  const digest = createHash('sha256');
  let head: Uint8Array = new Uint8Array();
  let size = 0;
  for await (const chunk of file.createReadStream({
    start: 0,
    autoClose: false,
    highWaterMark: 256 * 1024,
  })) {
    const bytes = chunk as Uint8Array;
    if (head.length < typeHead) head = Buffer.concat([head, bytes.subarray(0, typeHead)]);
    digest.update(bytes);
    size += bytes.length;
  }
  return { size, hash: digest.digest('hex'), head };
}

/** Why a room does not take these bytes; null when it does. */
async function notTaken(takes: Takes, path: string, head: Uint8Array): Promise<Failure | null> {
  if (takes === 'files') return null;
  if (takes === 'faces') return faceRefusal(await readFile(path));
  return pictureType(head) === null ? notAPicture : null;
}

const notThese = failure('bad-request', 'hash: not the SHA-256 of these bytes');
const notAPicture = failure('not-a-picture', 'only PNG, JPEG, GIF, WebP and AVIF are kept');

/** Files `<2 digits>/<hash>` of one folder: written beside, synced, then renamed, so a file is whole or absent. */
export async function createFolderBlobs(deps: FolderBlobsDeps): Promise<Blobs> {
  const { folder, index, clock, bounds, boundMetrics = noBoundMetrics } = deps;
  const incoming = join(folder, 'incoming');
  await mkdir(incoming, { recursive: true });
  // Pictures that the end of an earlier process cut off.
  for (const name of await readdir(incoming)) await rm(join(incoming, name), { force: true });
  const parts = createParts(join(folder, 'parts'));
  const usage = createUsage(index, bounds, boundMetrics);
  const pathOf = (hash: string): string => join(folder, hash.slice(0, 2), hash);
  /** Files that are being renamed and are not in the index yet: their bytes must not be removed. */
  const keeping = new Map<string, number>();

  const largest = (takes: Takes): 'blob' | 'file' => (takes === 'files' ? 'file' : 'blob');
  const mostOf = (takes: Takes): number => (takes === 'faces' ? mostFace : bounds[largest(takes)]);
  const tooLarge = (takes: Takes): Failure => {
    const limit = mostOf(takes);
    if (takes !== 'faces') boundMetrics.struck(largest(takes));
    const what = takes === 'files' ? 'a file' : 'a picture';
    return failure('too-large', `${what} has at most ${limit} bytes`, { limit });
  };
  const kept = ({ room, hash }: UploadName): BlobInfo | null => {
    const found = index.find(room, hash);
    return found && found.removedAt === null ? found : null;
  };

  function insert(info: BlobInfo): BlobInfo {
    const { hash, by, size } = info;
    if (kept(info)) return info;
    // What nobody named any more, and was not removed yet, is counted as the new one.
    const old = index.unnamedAs(info.room, hash);
    if (old) {
      index.drop(old.room, old.hash);
      usage.removed(old.hash, old.by, old.size);
    }
    usage.added(hash, by, size);
    try {
      index.insert(info);
    } catch (error) {
      // Nothing has got into the index: the same difference the other way.
      usage.removed(hash, by, size);
      throw error;
    }
    return info;
  }

  /** Gives what was written and synced its place and its line. */
  async function keep(
    path: string,
    { room, hash, by }: UploadName,
    size: number,
    type: string,
  ): Promise<BlobInfo> {
    keeping.set(hash, (keeping.get(hash) ?? 0) + 1);
    try {
      const place = pathOf(hash);
      await mkdir(dirname(place), { recursive: true });
      await rename(path, place);
      await syncFolder(dirname(place));
      await syncFolder(folder);
      return insert({ room, hash, by, size, type, at: clock.now(), removedAt: null });
    } finally {
      const left = keeping.get(hash)! - 1;
      if (left === 0) keeping.delete(hash);
      else keeping.set(hash, left);
    }
  }

  async function receivePicture(file: FileHandle, { bytes, hash }: Upload): Promise<Result<Read, Failure>> {
    const digest = createHash('sha256');
    let head: Uint8Array = new Uint8Array();
    let size = 0;
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > bounds.blob) return err(tooLarge('pictures'));
      digest.update(chunk);
      if (head.length < typeHead) head = Buffer.concat([head, chunk.subarray(0, typeHead)]);
      if (head.length >= typeHead && pictureType(head) === null) break;
      // All of it or an error: a disk that is almost full takes a part without a word.
      await file.appendFile(chunk);
    }
    if (pictureType(head) === null) return err(notAPicture);
    if (digest.digest('hex') !== hash) return err(notThese);
    await file.sync();
    return ok({ size, hash, head });
  }

  /** Writes what comes at the end of the part until it ends or is cut; `onCut` is given the way to cut it. */
  async function append(
    part: Part,
    reader: ReadableStreamDefaultReader<Uint8Array>,
    size: number,
    onCut: (cut: () => void) => void,
  ): Promise<Result<true, Failure>> {
    let isOver = false;
    onCut(() => {
      isOver = true;
      void reader.cancel().catch(() => undefined);
    });
    const file = await open(part.path, 'a', 0o600);
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || isOver) return ok(true);
        if (part.size + value.length > size)
          return err(failure('bad-request', `size: more than ${size} bytes`));
        await file.appendFile(value);
        part.size += value.length;
      }
    } catch (error) {
      // A disk that is full may have taken some of it.
      part.size = await file.stat().then(
        (now) => now.size,
        () => part.size,
      );
      throw error;
    } finally {
      part.touchedAt = clock.now();
      await file.close();
    }
  }

  /** The part of this upload. Nobody writes to it now. */
  function claim(piece: Piece): Result<Part, Failure> {
    const { by, size, at } = piece;
    const found = parts.find(piece);
    const received = found?.size ?? 0;
    if (at !== received)
      return err(failure('out-of-order', `the next part begins at ${received}`, { received }));
    const waiting = parts.count(by);
    const allowed = usage.mayTake(by, size - received, waiting);
    if (!allowed.ok) return allowed;
    if (found) return ok(found);
    boundMetrics.reached('memberUploads', waiting.parts + 1);
    if (waiting.parts < bounds.memberUploads) return ok(parts.make(piece, clock.now()));
    boundMetrics.struck('memberUploads');
    return err(failure('too-many-requests', 'finish or cancel other uploads first', { retryAfter: 60 }));
  }

  /** All bytes are here: what they are is asked of the disk, not of who sent them. */
  async function finish(part: Part, piece: Piece): Promise<Result<true, Failure>> {
    const file = await open(part.path, 'r+');
    let read: Read;
    try {
      read = await readAll(file);
      await file.sync();
    } finally {
      await file.close();
    }
    const wrong = read.hash === piece.hash ? await notTaken(piece.takes, part.path, read.head) : notThese;
    if (wrong) {
      parts.forget(part);
      return err(wrong);
    }
    const allowed = piece.mayStill();
    if (!allowed.ok) return allowed;
    await keep(part.path, piece, read.size, servedType(read.head));
    parts.forget(part);
    return ok(true);
  }

  async function receive(piece: Piece): Promise<Result<Progress, Failure>> {
    const reader = piece.bytes.getReader();
    try {
      return await receiveFrom(reader, piece);
    } finally {
      await drain(reader);
    }
  }

  async function receiveFrom(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    piece: Piece,
  ): Promise<Result<Progress, Failure>> {
    const { size, takes } = piece;
    boundMetrics.reached(largest(takes), size);
    if (size > mostOf(takes)) return err(tooLarge(takes));
    for (let held = parts.find(piece); held?.takeOver; held = parts.find(piece)) await held.takeOver();
    if (kept(piece)) return ok({ received: size, stored: true });
    const claimed = claim(piece);
    if (!claimed.ok) return claimed;
    const part = claimed.value;
    let cut = (): void => undefined;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    part.takeOver = () => {
      cut();
      return released;
    };
    try {
      const appended = await append(part, reader, size, (way) => (cut = way));
      if (!appended.ok) return appended;
      if (part.size < size) return ok({ received: part.size, stored: false });
      const finished = await finish(part, piece);
      return finished.ok ? ok({ received: size, stored: true }) : finished;
    } finally {
      part.takeOver = null;
      release();
    }
  }

  function remove(info: BlobInfo, leave: (info: BlobInfo) => void): void {
    leave(info);
    usage.removed(info.hash, info.by, info.size);
    if (!index.has(info.hash) && !keeping.has(info.hash)) rmSync(pathOf(info.hash), { force: true });
  }

  const asOld = ({ room, hash }: BlobInfo): void => index.markRemoved(room, hash, clock.now());
  const asUnnamed = ({ room, hash }: BlobInfo): void => index.drop(room, hash);

  /** A few of them after the other, so that nobody is held up. */
  async function removeAll(some: () => BlobInfo[], leave: (info: BlobInfo) => void): Promise<void> {
    for (;;) {
      const found = some();
      for (const info of found) remove(info, leave);
      if (found.length < removedAtOnce) return;
      await new Promise(setImmediate);
    }
  }

  return {
    find: (room, hash) => index.find(room, hash),
    async put(upload) {
      const temporary = join(incoming, randomUUID());
      const file = await open(temporary, 'wx', 0o600);
      try {
        const received = await receivePicture(file, upload).finally(() => file.close());
        if (!received.ok) return received;
        const { size, head } = received.value;
        const allowed = upload.mayStill();
        if (!allowed.ok) return allowed;
        const room = kept(upload) ? ok(true) : usage.mayTake(upload.by, size, parts.count(upload.by));
        if (!room.ok) return room;
        return ok(await keep(temporary, upload, size, pictureType(head) ?? plainType));
      } finally {
        await rm(temporary, { force: true });
      }
    },
    receive,
    progress(upload) {
      const found = kept(upload);
      return found
        ? { received: found.size, stored: true }
        : { received: parts.find(upload)?.size ?? 0, stored: false };
    },
    arriving(room, hash) {
      const sizes = parts.of(room, hash).map(({ size }) => size);
      return sizes.length > 0 ? Math.max(...sizes) : null;
    },
    async cancel(upload) {
      for (let part = parts.find(upload); part; part = parts.find(upload)) {
        if (part.takeOver) await part.takeOver();
        else parts.forget(part);
      }
    },
    copy(from, to, takes) {
      // What is checked when it comes is not taken from elsewhere.
      if (takes === 'faces') return err(failure('forbidden', 'pictures of people are sent, not copied'));
      const found = kept({ ...to, room: from });
      if (!found) return err(failure('not-found', 'that room has no such file'));
      if (takes === 'pictures' && (found.size > bounds.blob || !found.type.startsWith('image/')))
        return err(notAPicture);
      const known = kept(to);
      if (known) return ok(known);
      const allowed = usage.mayTake(to.by, index.has(to.hash, to.by) ? 0 : found.size, parts.count(to.by));
      if (!allowed.ok) return allowed;
      return ok(insert({ ...found, room: to.room, by: to.by, at: clock.now() }));
    },
    async open(info, range) {
      const file = await open(pathOf(info.hash), 'r').catch(() => null);
      if (!file) return null;
      const options = range ? { start: range.first, end: range.last } : {};
      return Readable.toWeb(file.createReadStream(options)) as ReadableStream<Uint8Array>;
    },
    async tend(days, faces) {
      for (const part of parts.idle(clock.now() - idleAge)) parts.forget(part);
      if (faces)
        for (const info of index.of(faces.room, clock.now() - day))
          if (!faces.isShown(info.hash)) remove(info, asUnnamed);
      await removeAll(() => index.unnamed(removedAtOnce), asUnnamed);
      if (days === 0) return;
      const before = clock.now() - days * day;
      await removeAll(() => index.before('chat', before, removedAtOnce), asOld);
    },
  };
}
