import type { SearchQuery, SearchResult } from './contract.ts';
import { SearchHost, type SearchConfig } from './host.ts';

export type ToWorker =
  | { readonly type: 'begin'; readonly config: SearchConfig }
  | { readonly type: 'find'; readonly id: number; readonly query: SearchQuery; readonly asker: string }
  | { readonly type: 'bytes'; readonly id: number };

export interface FromWorker {
  readonly id: number;
  /** To what was found, or the bytes of the index. Null when the question was answered by nobody. */
  readonly result: SearchResult | number | null;
}

let host: SearchHost | null = null;

/** A dedicated worker per tab. It ends with its tab. */
self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'begin') {
    host = new SearchHost(data.config);
    return;
  }
  const answer = (result: SearchResult | number | null): void =>
    self.postMessage({ id: data.id, result } satisfies FromWorker);
  const asked = data.type === 'find' ? host?.find(data.query, data.asker) : host?.bytes();
  asked?.then(answer, () => answer(null));
});
