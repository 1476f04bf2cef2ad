import { Archive } from './archive.ts';
import { openSlack } from './slack.ts';
import type { Source } from './source.ts';
import { openWeft } from './weft.ts';

/** What a file has to import, told by what is in it and not by its name; null: nothing we can read. */
export async function openSource(file: Blob): Promise<Source | null> {
  const archive = await Archive.open(file);
  const own = await openWeft(file, archive);
  return own ?? (archive ? openSlack(archive) : null);
}
