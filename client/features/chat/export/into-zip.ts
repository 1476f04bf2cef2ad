/* One conversation of many in an archive: as it is exported alone, without the pages to read it. */
import type { ChatRow } from '../../../data/api.ts';
import type { ZipFile } from '../../../ui/zip-file.ts';
import { Contents, type FilePlace, type Taken } from './contents.ts';
import { addFile, type MissingFile } from './export-conversation.ts';
import { asJson } from './json.ts';
import { t } from './strings.ts';

/** Writes `conversation.json` and its files into the folder, which ends with `/`. Resolves to what could not be included. */
export async function addConversation(
  zip: ZipFile,
  folder: string,
  data: Taken,
  row: ChatRow,
  signal: AbortSignal,
): Promise<readonly MissingFile[]> {
  const contents = new Contents(data, row, { from: null, to: null });
  const { files } = await contents.survey(signal, () => signal.throwIfAborted());
  const places = new Map<string, FilePlace>();
  const missing: MissingFile[] = [];
  for (const [index, file] of files.entries()) {
    signal.throwIfAborted();
    const place = await addFile(zip, data, row.room, file, index, folder);
    places.set(file.hash, place);
    if ('missing' in place) missing.push({ name: file.name, why: place.missing });
  }
  const head = {
    ...{ data, contents, period: { from: null, to: null }, at: Date.now() },
    older: await contents.older(),
    place: ({ hash }: { hash: string }): FilePlace => places.get(hash) ?? { missing: t.left },
  };
  await zip.addText(
    `${folder}conversation.json`,
    asJson(head, () => signal.throwIfAborted()),
  );
  return missing;
}
