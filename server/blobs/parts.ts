import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import type { UploadName } from './contract.ts';

/** What one member has sent of one file to one room. */
export interface Part {
  readonly path: string;
  /** Bytes in the file. */
  size: number;
  /** Milliseconds since 1970. */
  touchedAt: number;
  /** Ends the request that is writing now and resolves when it has let go; null while nobody writes. */
  takeOver: (() => Promise<void>) | null;
}

/** Unfinished uploads as files `<room and hash>.<member>` of one folder. */
export interface Parts {
  /** Null when nothing of it is here. */
  find(upload: UploadName): Part | null;
  make(upload: UploadName, now: number): Part;
  /** Those of one file, from everybody. */
  of(room: RoomId, hash: string): readonly Part[];
  /** Those of one member, the bytes in them, and the bytes in everybody's. */
  count(by: MemberId): { readonly parts: number; readonly bytes: number; readonly all: number };
  forget(part: Part): void;
  /** Parts that nobody writes to and that were last touched before. */
  idle(before: number): readonly Part[];
}

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 40);
// Names of rooms and members are bounded, but not made for every file system.
const fileOf = (room: RoomId, hash: string): string => short(`${room}\0${hash}`);
const ownerOf = (by: MemberId): string => short(by);

export function createParts(folder: string): Parts {
  mkdirSync(folder, { recursive: true });
  const files = new Map<string, Map<string, Part>>();
  const put = (file: string, owner: string, part: Part): void => {
    const owners = files.get(file) ?? new Map<string, Part>();
    files.set(file, owners.set(owner, part));
  };
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const [file, owner] = name.split('.');
    const { size, mtimeMs } = statSync(path);
    if (file && owner) put(file, owner, { path, size, touchedAt: mtimeMs, takeOver: null });
  }
  return {
    find: ({ room, hash, by }) => files.get(fileOf(room, hash))?.get(ownerOf(by)) ?? null,
    make({ room, hash, by }, now) {
      const [file, owner] = [fileOf(room, hash), ownerOf(by)];
      const part: Part = { path: join(folder, `${file}.${owner}`), size: 0, touchedAt: now, takeOver: null };
      put(file, owner, part);
      return part;
    },
    of: (room, hash) => [...(files.get(fileOf(room, hash))?.values() ?? [])],
    count(by) {
      const owner = ownerOf(by);
      let [parts, bytes, all] = [0, 0, 0];
      for (const owners of files.values())
        for (const [each, { size }] of owners) {
          all += size;
          if (each !== owner) continue;
          parts++;
          bytes += size;
        }
      return { parts, bytes, all };
    },
    forget(part) {
      rmSync(part.path, { force: true });
      const [file = '', owner = ''] = basename(part.path).split('.');
      const owners = files.get(file);
      owners?.delete(owner);
      if (owners?.size === 0) files.delete(file);
    },
    idle: (before) =>
      [...files.values()]
        .flatMap((owners) => [...owners.values()])
        .filter((part) => !part.takeOver && part.touchedAt < before),
  };
}
