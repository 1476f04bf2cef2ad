/* Makes docs of Markdown files. Each file is one step: read whole, then stored whole, so none is ever half there. */
import type * as Y from 'yjs';
import type { TextView, WorkspaceData } from '../../../data/api.ts';
import { aboutRoom, docRoom } from '../documents.ts';
import { writeContent } from '../markdown/index.ts';
import { srcOfHash } from '../page/picture-source.ts';
import { isPicture } from '../editor/images-in.ts';
import { takePictures, type PictureNote } from './pictures.ts';
import { planImport, type PlannedDoc } from './plan.ts';
import type { FileProblem } from './read-file.ts';
import type { SourceFile } from './source-files.ts';
import { until } from './until.svelte.ts';

export interface ImportResult {
  readonly imported: readonly { readonly path: string; readonly id: string; readonly title: string }[];
  readonly problems: readonly { readonly path: string; readonly problem: FileProblem }[];
  readonly notes: readonly (PictureNote & { readonly path: string })[];
  readonly ignored: number;
  readonly stopped: boolean;
}

export type ImportStage = {
  readonly stage: 'reading' | 'importing';
  readonly done: number;
  readonly total: number;
};

async function fill(view: TextView, write: (doc: Y.Doc) => void): Promise<void> {
  try {
    // Before it is ready it has no client id to write with and says that it is locked.
    await until(() => view.ready);
    if (view.locked) throw new Error(view.locked.message);
    write(view.doc);
    await until(() => view.saved !== 'saving');
  } finally {
    await view.close();
  }
}

async function importOne(
  data: WorkspaceData,
  doc: PlannedDoc,
  files: ReadonlyMap<string, SourceFile>,
): Promise<readonly PictureNote[]> {
  const room = docRoom(data, doc.id);
  const about = aboutRoom(data, doc.id);
  await data.send(about, 'doc.create', { title: doc.title });
  try {
    const keep = async (picture: Blob): Promise<string> => {
      if (!isPicture(picture)) throw new Error('not a picture that browsers can show');
      return srcOfHash(await data.putBlob(room, picture));
    };
    const { blocks, notes } = await takePictures(doc.path, doc.blocks, files, keep);
    await fill(data.openText(room), (target) => writeContent(target, blocks));
    return notes;
  } catch (cause) {
    // An empty doc would look like an imported one; it goes to the trash.
    await data.send(about, 'doc.delete', {});
    throw cause;
  }
}

/** One file after the other. Stopping keeps what is done; a file that fails is reported and the others go on. */
export async function importDocs(
  data: WorkspaceData,
  files: readonly SourceFile[],
  signal: AbortSignal,
  onStage: (stage: ImportStage) => void,
): Promise<ImportResult> {
  const plan = await planImport(files, {
    signal,
    step: (done, total) => onStage({ stage: 'reading', done, total }),
  });
  const byPath = new Map(files.map((source) => [source.path, source]));
  const problems = [...plan.problems];
  const imported: { path: string; id: string; title: string }[] = [];
  const notes: (PictureNote & { path: string })[] = [];
  for (const [index, doc] of plan.docs.entries()) {
    if (signal.aborted) break;
    onStage({ stage: 'importing', done: index, total: plan.docs.length });
    try {
      for (const note of await importOne(data, doc, byPath)) notes.push({ ...note, path: doc.path });
      imported.push({ path: doc.path, id: doc.id, title: doc.title });
    } catch {
      problems.push({ path: doc.path, problem: 'refused' });
    }
  }
  return { imported, problems, notes, ignored: plan.ignored, stopped: signal.aborted };
}
