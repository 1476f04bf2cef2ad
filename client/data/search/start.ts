import type { SearchQuery, SearchResult, TabSearch } from './contract.ts';
import type { SearchConfig } from './host.ts';
import type { FromWorker, ToWorker } from './worker.ts';

/** Search of one tab, in a worker of its own. */
export class WorkerSearch implements TabSearch {
  readonly #config: SearchConfig;
  readonly #open = new Map<number, (result: FromWorker['result']) => void>();
  #worker: Worker | null = null;
  #stopped = false;
  #next = 1;

  constructor(config: SearchConfig) {
    this.#config = config;
  }

  begin(): void {
    if (this.#worker || this.#stopped || typeof Worker === 'undefined') return;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      type: 'module',
      name: 'weft-search',
    });
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      this.#open.get(data.id)?.(data.result);
      this.#open.delete(data.id);
    });
    // Its script could not be loaded, or it broke: nobody waits for it, and the next question tries again.
    worker.addEventListener('error', () => this.#end());
    this.#worker = worker;
    this.#tell({ type: 'begin', config: this.#config });
  }

  find(query: SearchQuery, asker: string): Promise<SearchResult | null> {
    return this.#ask((id) => ({ type: 'find', id, query, asker })) as Promise<SearchResult | null>;
  }

  bytes(): Promise<number | null> {
    return this.#ask((id) => ({ type: 'bytes', id })) as Promise<number | null>;
  }

  stop(): void {
    this.#stopped = true;
    this.#end();
  }

  #ask(message: (id: number) => ToWorker): Promise<FromWorker['result']> {
    this.begin();
    if (!this.#worker) return Promise.resolve(null);
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#open.set(id, resolve);
      this.#tell(message(id));
    });
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const resolve of this.#open.values()) resolve(null);
    this.#open.clear();
  }

  #tell(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }
}
