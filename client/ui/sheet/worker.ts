import { readTable } from './read.ts';

/** What the page asks: the file's bytes, and how many rows at most. The answer is what `readTable` gives. */
export interface ReadTable {
  readonly bytes: Uint8Array;
  readonly most: number;
}

addEventListener('message', ({ data }: MessageEvent<ReadTable>) => {
  postMessage(readTable(data.bytes, data.most));
});
