/* Everything this person may read, as files in one zip. Reads this device; asks the relay only for what is not here. */
import type { ChatRow, DocRow, WorkspaceData } from '../../../data/api.ts';
import { compareNames, fullDate } from '../../../i18n/index.ts';
import { chatTitle } from '../../chat/index.ts';
import { fileNameOf, loadMarkdown, pictureExtension } from '../../docs/index.ts';
import { asJsonLines, asMarkdown, entriesOf } from './conversations.ts';
import { csvFile } from '../../../ui/csv.ts';
import { t } from './strings.ts';
import { ZipFile } from '../../../ui/zip-file.ts';

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Title of what is being written. */
  readonly what: string;
}

export interface Exported {
  readonly file: Blob;
  readonly name: string;
  readonly files: number;
  /** What could not be included, a line each. */
  readonly missing: readonly string[];
}

/** Rejects with an `AbortError` when `signal` says stop; nothing is left behind then. */
export async function exportWorkspace(
  data: WorkspaceData,
  signal: AbortSignal,
  onprogress: (progress: Progress) => void,
): Promise<Exported> {
  const zip = new ZipFile();
  const missing: string[] = [];
  const total = data.chats.length + data.docs.length + 1;
  let done = 0;
  const step = async (what: string): Promise<void> => {
    signal.throwIfAborted();
    onprogress({ done, total, what });
    done += 1;
    // Lets the page draw and the cancel button answer.
    await new Promise((resolve) => setTimeout(resolve));
  };

  try {
    await step(t.directoryFile);
    await zip.addText('README.txt', readme(data));
    await zip.addText(`${t.directoryFile}.csv`, [directoryTable(data)]);
    const chatNames = new Set<string>();
    for (const row of data.chats) {
      const title = chatTitle(row.state, data.directory, data.me);
      await step(title);
      await addConversation(zip, data, row, fileNameOf(title, chatNames), missing);
    }
    const docNames = new Set<string>();
    for (const row of data.docs) {
      await step(row.state.title || t.untitled);
      await addDoc(zip, data, row, fileNameOf(row.state.title || t.untitled, docNames), missing);
    }
    signal.throwIfAborted();
    if (missing.length > 0)
      await zip.addText('export-report.txt', [`${t.reportTitle}\n\n${missing.join('\n')}\n`]);
  } catch (cause) {
    await zip.abandon();
    throw cause;
  }
  const files = zip.files;
  const file = await zip.finish();
  if (!file) throw new Error('the archive went elsewhere');
  const day = new Date().toISOString().slice(0, 10);
  return {
    file,
    name: `${fileNameOf(data.directory.name || 'Weft')} ${day}.zip`,
    files,
    missing,
  };
}

function readme(data: WorkspaceData): string[] {
  const name = data.directory.members[data.me]?.name ?? '';
  const head = t.readme({ workspace: data.directory.name, name, date: fullDate(Date.now()) });
  return [`${head}\n\n${t.readmeFiles}\n`];
}

function directoryTable(data: WorkspaceData): string {
  const day = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  const rows = Object.values(data.directory.members)
    .sort((a, b) => compareNames(a.name, b.name))
    .map((member) => [
      member.name,
      member.post,
      member.phone,
      member.email,
      member.role,
      member.about,
      day(member.joinedAt),
      day(member.leftAt),
    ]);
  return csvFile([[t.name, t.post, t.phone, t.email, t.role, t.about, t.joined, t.left], ...rows]);
}

async function addConversation(
  zip: ZipFile,
  data: WorkspaceData,
  row: ChatRow,
  name: string,
  missing: string[],
): Promise<void> {
  const path = `${t.conversationsFolder}/${name}`;
  await zip.addText(`${path}.jsonl`, asJsonLines(entriesOf(data, row)));
  await zip.addText(`${path}.md`, asMarkdown(data, row, entriesOf(data, row)));
  for await (const [first] of entriesOf(data, row)) {
    if (first && first.seq > 0) missing.push(`${path}: ${t.reportOlder({ count: first.seq })}`);
    break;
  }
}

async function addDoc(
  zip: ZipFile,
  data: WorkspaceData,
  row: DocRow,
  name: string,
  missing: string[],
): Promise<void> {
  const folder = row.state.deleted ? t.deletedFolder : t.docsFolder;
  const doc = await data.readText(row.room);
  try {
    const { docToMarkdown } = await loadMarkdown();
    const paths = new Map<string, string>();
    for (const hash of docToMarkdown(doc).blobs) {
      const blob = await data.getBlob(row.room, hash);
      const picture = `${name}/${hash.slice(0, 16)}${pictureExtension(blob?.type ?? '')}`;
      paths.set(hash, encodeURI(picture));
      if (blob) await zip.addBlob(`${folder}/${picture}`, blob);
      else missing.push(`${folder}/${name}.md: ${t.reportPicture({ hash })}`);
    }
    const { markdown } = docToMarkdown(doc, {
      title: row.state.title,
      picturePath: (hash) => paths.get(hash) ?? hash,
    });
    await zip.addText(`${folder}/${name}.md`, [markdown]);
  } catch (cause) {
    // One broken document must not cost the others.
    const reason = cause instanceof Error ? cause.message : String(cause);
    missing.push(`${folder}/${name}.md: ${t.reportDoc({ reason })}`);
  } finally {
    doc.destroy();
  }
}
