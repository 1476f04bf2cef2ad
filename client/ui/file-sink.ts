/** Where a file goes while it is made. */
export interface FileSink {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** The whole file to be handed to the person; null where it is on their disk already. */
  finish(type: string): Promise<Blob | null>;
  /** Nothing of it stays. */
  abandon(): Promise<void>;
}

const foldAt = 4 * 1024 * 1024;

/** Keeps it in a Blob, which browsers put on disk when it grows. */
export function blobSink(): FileSink {
  let parts: BlobPart[] = [];
  let waiting = 0;
  return {
    write(bytes) {
      parts.push(bytes);
      waiting += bytes.length;
      if (waiting >= foldAt) {
        parts = [new Blob(parts)];
        waiting = 0;
      }
      return Promise.resolve();
    },
    finish: (type) => Promise.resolve(new Blob(parts, { type })),
    abandon() {
      parts = [];
      return Promise.resolve();
    },
  };
}

interface Picking {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
}

/**
 * Straight into a file that the person names, for what may be larger than a browser keeps. Undefined where browsers
 * cannot; null when the person changed their mind.
 */
export async function diskSink(name: string): Promise<FileSink | null | undefined> {
  const { showSaveFilePicker } = globalThis as Picking;
  if (!showSaveFilePicker) return undefined;
  let file: FileSystemWritableFileStream;
  try {
    const handle = await showSaveFilePicker.call(globalThis, { suggestedName: name });
    file = await handle.createWritable();
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') return null;
    throw cause;
  }
  return {
    write: (bytes) => file.write(bytes),
    async finish() {
      await file.close();
      return null;
    },
    abandon: () => file.abort(),
  };
}
