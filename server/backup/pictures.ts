import { constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { copyFile, link, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from './journal.ts';
import { hashOf } from './manifest.ts';

/** Where a picture lies in a folder of pictures. */
export const pictureFile = (folder: string, hash: string): string => join(folder, hash.slice(0, 2), hash);

export interface CopiedPictures {
  count: number;
  bytes: number;
  readonly missing: string[];
}

/**
 * Brings pictures into a new folder: as a link from `linked` where it has them, else as a copy from `from`, whose bytes
 * are compared with their name. What neither has, or has wrongly, is `missing`. Durable when it resolves.
 */
export async function copyPictures(
  pictures: readonly { readonly hash: string; readonly size: number }[],
  { from, to, linked }: { readonly from: string; readonly to: string; readonly linked: string | null },
): Promise<CopiedPictures> {
  const copied: CopiedPictures = { count: 0, bytes: 0, missing: [] };
  const folders = new Set<string>([to]);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const { hash, size } of pictures) {
    const target = pictureFile(to, hash);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    folders.add(dirname(target));
    const before = linked && pictureFile(linked, hash);
    if (before && existsSync(before) && statSync(before).size === size && (await linkTo(before, target))) {
      copied.count++;
      copied.bytes += size;
    } else if (await copyTo(pictureFile(from, hash), target, hash)) {
      copied.count++;
      copied.bytes += size;
    } else copied.missing.push(hash);
  }
  for (const folder of folders) syncFolder(folder);
  return copied;
}

const linkTo = (from: string, to: string): Promise<boolean> =>
  link(from, to).then(
    () => true,
    () => false,
  );

async function copyTo(from: string, to: string, hash: string): Promise<boolean> {
  if (!existsSync(from)) return false;
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  const file = await open(to, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  if ((await hashOf(to)) === hash) return true;
  await rm(to);
  return false;
}
