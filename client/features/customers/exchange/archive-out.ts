/* Writes customers with all that is known of them into files, on this device. */
import type { LogEntry } from '../../../../shared/access/kind.ts';
import type { MemberId } from '../../../../shared/base/ids.ts';
import { importedName, original } from '../../../../shared/features/customers/exchange.ts';
import type { ChatRow, CustomerRow, WorkspaceData } from '../../../data/api.ts';
import { ZipFile } from '../../../ui/zip-file.ts';
import { loadTaking } from '../../chat/index.ts';
import { customerName } from '../customers.ts';
import { archiveFormat, archiveHead, archiveVersion, type ArchiveHead, type EntryLine } from './archive.ts';

type Taking = Awaited<ReturnType<typeof loadTaking>>;
type Taken = Parameters<Taking['addConversation']>[2];

/** A customer to be written, from wherever they are read. */
export interface Source {
  readonly id: string;
  readonly name: string;
  readonly people: readonly (MemberId | null)[];
  /** Entries of the file before the first one that is to be had. */
  readonly older: number;
  readonly file: AsyncIterable<readonly LogEntry[]>;
  /** Null where there is none. */
  readonly chat: { readonly row: ChatRow; readonly from: Taken } | null;
}

export interface Sources {
  readonly total: number;
  /** One after the other, those who are a part of one of them behind that one. */
  all(signal: AbortSignal): AsyncIterable<Source>;
}

export interface Archived {
  readonly file: Blob;
  readonly customers: number;
  /** Each with what it belongs to. */
  readonly missing: readonly string[];
}

/** More goes into another archive: a zip has no room for more files, and browsers for more bytes. */
export const mostInArchive = { files: 50_000, bytes: 3_000_000_000 };

/** Those who are a part of one of them belong to it. */
export const withParts = (data: WorkspaceData, rows: readonly CustomerRow[]): readonly CustomerRow[] =>
  rows.flatMap((row) => [
    row,
    ...Object.keys(row.state.merged ?? {}).flatMap((id) => data.customer(id) ?? []),
  ]);

/** These customers, as this device has them and the relay what is older. */
export function ofDevice(data: WorkspaceData, rows: readonly CustomerRow[]): Sources {
  const all = withParts(data, rows);
  const firstOf = async (room: CustomerRow['room']): Promise<number> => {
    for await (const [entry] of data.readLog(room)) return entry?.seq ?? 0;
    return 0;
  };
  return {
    total: all.length,
    async *all(signal) {
      const { fetchOlder } = await loadTaking();
      for (const row of all) {
        const rooms = row.chat ? [row, row.chat] : [row];
        if (data.sync.connection === 'online')
          for (const each of rooms)
            if ((await firstOf(each.room)) > 0) await fetchOlder(data, each, signal, () => undefined);
        yield {
          id: row.id,
          name: customerName(row),
          people: [row.state.owner, ...row.state.helpers],
          older: await firstOf(row.room),
          file: data.readLog(row.room),
          chat: row.chat && { row: row.chat, from: data },
        };
      }
    },
  };
}

async function* linesOf(file: Source['file'], meet: (member: MemberId) => void): AsyncGenerator<string> {
  for await (const piece of file) {
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

/** One archive while it is written. */
class Writing {
  readonly zip = new ZipFile();
  readonly #data: WorkspaceData;
  readonly #people = new Map<MemberId, ArchiveHead['people'][number]>();
  readonly #missing: string[] = [];
  readonly #customers: ArchiveHead['customers'][number][] = [];

  constructor(data: WorkspaceData) {
    this.#data = data;
  }

  get isFull(): boolean {
    return this.zip.files >= mostInArchive.files || this.zip.size >= mostInArchive.bytes;
  }

  get isEmpty(): boolean {
    return this.#customers.length === 0;
  }

  async add({ id, name, people, older, file, chat }: Source, signal: AbortSignal): Promise<void> {
    const { addConversation } = await loadTaking();
    const path = `customers/${id}/`;
    for (const member of people) this.#meet(member);
    if (older > 0) this.#missing.push(`${name}: ${older}`);
    await this.zip.addText(
      `${path}file.jsonl`,
      linesOf(file, (member) => this.#meet(member)),
    );
    const lost = chat ? await addConversation(this.zip, path, chat.from, chat.row, signal) : [];
    this.#missing.push(...lost.map((each) => `${name}: ${each.name}: ${each.why}`));
    this.#customers.push({
      ...{ id, name, path, conversation: chat !== null },
      ...(older > 0 ? { olderMissing: older } : {}),
    });
  }

  async end(): Promise<Archived> {
    const data = this.#data;
    const head = {
      ...{ format: archiveFormat, version: archiveVersion, exported: { at: Date.now(), by: data.me } },
      workspace: { id: data.workspace, name: data.directory.name },
      settings: data.customerSettings,
      ...{ people: [...this.#people.values()], customers: this.#customers, missing: this.#missing },
    };
    await this.zip.addText(archiveHead, [`${JSON.stringify(head, null, 1)}\n`]);
    const file = await this.zip.finish();
    if (!file) throw new Error('the archive went elsewhere');
    return { file, customers: this.#customers.length, missing: this.#missing };
  }

  #meet(member: MemberId | null): void {
    const known = member === null ? undefined : this.#data.directory.members[member];
    if (!known || this.#people.has(known.id)) return;
    this.#people.set(known.id, {
      ...{ id: known.id, name: known.name },
      ...(known.email ? { email: known.email } : {}),
    });
  }
}

/**
 * Archives of these customers: one, or one after the other where that would be too large, each whole in itself. Rejects
 * with an `AbortError` when `signal` says stop; nothing of the one that is being written is left behind then.
 */
export async function* exportArchives(
  data: WorkspaceData,
  sources: Sources,
  signal: AbortSignal,
  progress: (done: number, total: number) => void,
): AsyncGenerator<Archived> {
  let writing = new Writing(data);
  let done = 0;
  try {
    for await (const source of sources.all(signal)) {
      signal.throwIfAborted();
      progress(done++, sources.total);
      if (writing.isFull) {
        const full = writing;
        writing = new Writing(data);
        yield await full.end();
      }
      await writing.add(source, signal);
      // Lets the page draw, and the button that stops answer.
      await new Promise((resolve) => setTimeout(resolve));
    }
    if (!writing.isEmpty) yield await writing.end();
  } catch (cause) {
    await writing.zip.abandon();
    throw cause;
  }
}
