import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { BlobIndex, BlobInfo, Blobs, Upload } from './contract.ts';
import { pictureHead, pictureType } from './picture-type.ts';

export interface FolderBlobsDeps {
  /** Made when absent. */
  readonly folder: string;
  readonly index: BlobIndex;
  readonly clock: Clock;
  /** Largest picture in bytes. */
  readonly largest: number;
}

interface Received {
  readonly size: number;
  readonly type: string;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Pictures as files `<2 digits>/<hash>` of one folder: written beside, synced, then renamed, so a file is whole or absent. */
export async function createFolderBlobs({ folder, index, clock, largest }: FolderBlobsDeps): Promise<Blobs> {
  const incoming = join(folder, 'incoming');
  await mkdir(incoming, { recursive: true });
  // Uploads that the end of an earlier process cut off.
  for (const name of await readdir(incoming)) await rm(join(incoming, name), { force: true });
  const pathOf = (hash: string): string => join(folder, hash.slice(0, 2), hash);

  async function receive(file: FileHandle, { bytes, hash }: Upload): Promise<Result<Received, Failure>> {
    const digest = createHash('sha256');
    let head: Uint8Array = new Uint8Array();
    let size = 0;
    let type: string | null = null;
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > largest)
        return err(failure('too-large', `a picture has at most ${largest} bytes`, { limit: largest }));
      digest.update(chunk);
      if (type === null) {
        head = Buffer.concat([head, chunk.subarray(0, pictureHead)]);
        type = pictureType(head);
        if (type === null && head.length >= pictureHead) break;
      }
      // All of it or an error: a disk that is almost full takes a part without a word.
      await file.appendFile(chunk);
    }
    if (type === null) return err(failure('not-a-picture', 'only PNG, JPEG, GIF, WebP and AVIF are kept'));
    if (digest.digest('hex') !== hash)
      return err(failure('bad-request', 'hash: not the SHA-256 of these bytes'));
    await file.sync();
    return ok({ size, type });
  }

  async function keep(temporary: string, hash: string): Promise<void> {
    const path = pathOf(hash);
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
    await syncFolder(dirname(path));
    await syncFolder(folder);
  }

  return {
    find: (room, hash) => index.find(room, hash),
    async put(upload) {
      const temporary = join(incoming, randomUUID());
      const file = await open(temporary, 'wx', 0o600);
      try {
        const received = await receive(file, upload).finally(() => file.close());
        if (!received.ok) return received;
        const allowed = upload.mayStill();
        if (!allowed.ok) return allowed;
        await keep(temporary, upload.hash);
        const { room, hash, by } = upload;
        const info: BlobInfo = { room, hash, by, at: clock.now(), ...received.value };
        index.insert(info);
        return ok(info);
      } finally {
        await rm(temporary, { force: true });
      }
    },
    async open(info) {
      const file = await open(pathOf(info.hash), 'r').catch(() => null);
      return file && (Readable.toWeb(file.createReadStream()) as ReadableStream<Uint8Array>);
    },
  };
}
