import type { SearchQuery, SearchResult } from './contract.ts';
import { SearchHost, type SearchConfig } from './host.ts';

export type ToWorker =
  | { readonly type: 'begin'; readonly config: SearchConfig }
  | { readonly type: 'find'; readonly id: number; readonly query: SearchQuery; readonly asker: string };

export interface FromWorker {
  readonly id: number;
  /** Null when the question was answered by nobody. */
  readonly result: SearchResult | null;
}

let host: SearchHost | null = null;

/** A dedicated worker per tab. It ends with its tab. */
self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'begin') {
    host = new SearchHost(data.config);
    return;
  }
  const answer = (result: SearchResult | null): void =>
    self.postMessage({ id: data.id, result } satisfies FromWorker);
  host?.find(data.query, data.asker).then(answer, () => answer(null));
});
