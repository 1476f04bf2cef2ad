/* Files as a person gave them: chosen one by one, a folder chosen, or either dropped. */
export interface SourceFile {
  /** Path inside what was chosen, with `/`; the bare name for single files. */
  readonly path: string;
  readonly file: File;
}

/** Folders that no person wrote notes in. */
const skipped = (path: string): boolean =>
  path
    .split('/')
    .some((part) => part === 'node_modules' || (part.startsWith('.') && part !== '.' && part !== '..'));

export const filesOfInput = (list: FileList | null): SourceFile[] =>
  [...(list ?? [])]
    .map((file) => ({ path: file.webkitRelativePath || file.name, file }))
    .filter(({ path }) => !skipped(path));

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** A reader gives a hundred entries at a time and an empty list at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function collect(entry: FileSystemEntry, into: SourceFile[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, '');
  if (skipped(path)) return;
  if (entry.isFile) into.push({ path, file: await fileOf(entry as FileSystemFileEntry) });
  else if (entry.isDirectory)
    for (const child of await entriesOf(entry as FileSystemDirectoryEntry)) await collect(child, into);
}

/** Everything dropped, folders with all that is in them. Must be called while the drop event is being handled. */
export function filesOfDrop(transfer: DataTransfer): Promise<SourceFile[]> {
  // The transfer is empty again once the event is over, so the entries are taken out at once.
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length === 0) {
    const files = [...transfer.files].map((file) => ({ path: file.name, file }));
    return Promise.resolve(files);
  }
  return (async () => {
    const files: SourceFile[] = [];
    for (const entry of entries) await collect(entry, files);
    return files;
  })();
}
