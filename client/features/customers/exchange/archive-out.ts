/* Writes customers with all that is known of them into one file, on this device. */
import type { MemberId } from '../../../../shared/base/ids.ts';
import { importedName, original } from '../../../../shared/features/customers/exchange.ts';
import type { CustomerRow, WorkspaceData } from '../../../data/api.ts';
import { ZipFile } from '../../../ui/zip-file.ts';
import { loadTaking } from '../../chat/index.ts';
import { customerName } from '../customers.ts';
import { archiveFormat, archiveHead, archiveVersion, type ArchiveHead, type EntryLine } from './archive.ts';

export interface Archived {
  readonly file: Blob;
  readonly customers: number;
  /** Each with what it belongs to. */
  readonly missing: readonly string[];
}

/** Those who are a part of one of them belong to it. */
export const withParts = (data: WorkspaceData, rows: readonly CustomerRow[]): readonly CustomerRow[] =>
  rows.flatMap((row) => [
    row,
    ...Object.keys(row.state.merged ?? {}).flatMap((id) => data.customer(id) ?? []),
  ]);

async function* fileOf(
  data: WorkspaceData,
  { room }: CustomerRow,
  meet: (member: MemberId) => void,
): AsyncGenerator<string> {
  for await (const piece of data.readLog(room)) {
    let text = '';
    for (const entry of piece) {
      const { seq, id, type, by, at, data: said } = original(entry);
      const name = importedName(entry);
      meet(by);
      const line = { seq, id, type, by, at, data: said, ...(name === null ? {} : { name }) } as EntryLine;
      text += `${JSON.stringify(line)}\n`;
    }
    yield text;
  }
}

async function firstOf(data: WorkspaceData, room: CustomerRow['room']): Promise<number> {
  for await (const [entry] of data.readLog(room)) return entry?.seq ?? 0;
  return 0;
}

/** Rejects with an `AbortError` when `signal` says stop; nothing is left behind then. */
export async function exportArchive(
  data: WorkspaceData,
  rows: readonly CustomerRow[],
  signal: AbortSignal,
  progress: (done: number, total: number) => void,
): Promise<Archived> {
  const { addConversation, fetchOlder } = await loadTaking();
  const all = withParts(data, rows);
  const zip = new ZipFile();
  const people = new Map<MemberId, ArchiveHead['people'][number]>();
  const meet = (member: MemberId | null): void => {
    const known = member === null ? undefined : data.directory.members[member];
    if (!known || people.has(known.id)) return;
    people.set(known.id, {
      ...{ id: known.id, name: known.name },
      ...(known.email ? { email: known.email } : {}),
    });
  };
  const missing: string[] = [];
  const customers: ArchiveHead['customers'][number][] = [];
  try {
    for (const [index, row] of all.entries()) {
      signal.throwIfAborted();
      progress(index, all.length);
      const name = customerName(row);
      const path = `customers/${row.id}/`;
      for (const member of [row.state.owner, ...row.state.helpers]) meet(member);
      const rooms = row.chat ? [row, row.chat] : [row];
      if (data.sync.connection === 'online')
        for (const each of rooms)
          if ((await firstOf(data, each.room)) > 0) await fetchOlder(data, each, signal, () => undefined);
      const older = await firstOf(data, row.room);
      if (older > 0) missing.push(`${name}: ${older}`);
      await zip.addText(`${path}file.jsonl`, fileOf(data, row, meet));
      const lost = row.chat ? await addConversation(zip, path, data, row.chat, signal) : [];
      missing.push(...lost.map((each) => `${name}: ${each.name}: ${each.why}`));
      customers.push({
        ...{ id: row.id, name, path, conversation: row.chat !== null },
        ...(older > 0 ? { olderMissing: older } : {}),
      });
      // Lets the page draw, and the button that stops answer.
      await new Promise((resolve) => setTimeout(resolve));
    }
    const head = {
      ...{ format: archiveFormat, version: archiveVersion, exported: { at: Date.now(), by: data.me } },
      workspace: { id: data.workspace, name: data.directory.name },
      settings: data.customerSettings,
      ...{ people: [...people.values()], customers, missing },
    };
    await zip.addText(archiveHead, [`${JSON.stringify(head, null, 1)}\n`]);
  } catch (cause) {
    await zip.abandon();
    throw cause;
  }
  const file = await zip.finish();
  if (!file) throw new Error('the archive went elsewhere');
  return { file, customers: all.length, missing };
}
