import { readTable } from './read.ts';
import type { ReadTable } from './worker.ts';

/** `readTable` beside the page, so that a large file does not hold it up; on the page where there are no workers. */
export function readInWorker(bytes: Uint8Array, most: number): Promise<string[][] | null> {
  if (typeof Worker === 'undefined') return Promise.resolve(readTable(bytes, most));
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'table' });
    const finish = (rows: string[][] | null): void => {
      worker.terminate();
      resolve(rows);
    };
    worker.addEventListener('message', ({ data }: MessageEvent<string[][] | null>) => finish(data));
    // The script could not be loaded or is refused: the page does the work itself.
    worker.addEventListener('error', () => finish(readTable(bytes, most)));
    worker.postMessage({ bytes, most } satisfies ReadTable);
  });
}
