import { Worker } from 'node:worker_threads';
import { DamagedBytes } from './packs.ts';
import { callsBy, type Workshop, type WorkshopHost } from './workshop.ts';

export interface Call {
  readonly name: keyof Workshop;
  readonly parameters: unknown[];
}
export type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly kind: string; readonly message: string };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A thread without work ends after this long. */
const restAfter = 5_000;
/** Of the thread's heap, in megabytes: a text of the largest size and what is made of it. */
const mostHeap = 1_024;

/** The built relay has its worker beside it; from the sources it is started by the loader of the tools. */
function startThread(): Worker {
  const options = { name: 'history', resourceLimits: { maxOldGenerationSizeMb: mostHeap } };
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./history-worker.mjs', import.meta.url), options);
  const file = JSON.stringify(new URL('./worker.ts', import.meta.url).href);
  const load = `import('tsx/esm/api').then(({ tsImport }) => tsImport(${file}, ${file}));`;
  return new Worker(load, { ...options, eval: true });
}

/** The workshop in a thread with the lowest priority, started when there is work. Calls are answered in order. */
export function createThreadWorkshop(start: () => Worker = startThread): WorkshopHost {
  let thread: Worker | null = null;
  let waiting: Waiting[] = [];
  let resting: NodeJS.Timeout | undefined;

  const ended = (worker: Worker, why: Error): void => {
    if (worker !== thread) return;
    thread = null;
    const left = waiting;
    waiting = [];
    for (const { reject } of left) reject(why);
  };

  const running = (): Worker => {
    if (thread) return thread;
    const worker = start();
    // A relay that stops does not wait for what only saves work.
    worker.unref();
    worker.on('message', (reply: Reply) => {
      const next = waiting.shift();
      if (reply.ok) next?.resolve(reply.value);
      else
        next?.reject(
          reply.kind === 'DamagedBytes' ? new DamagedBytes(reply.message) : new Error(reply.message),
        );
    });
    worker.on('error', (error) => ended(worker, error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => ended(worker, new Error('the history thread ended')));
    return (thread = worker);
  };

  return {
    calls: callsBy(
      (name, parameters) =>
        new Promise((resolve, reject) => {
          clearTimeout(resting);
          running().postMessage({ name, parameters } satisfies Call);
          waiting.push({ resolve, reject });
        }),
    ),
    rest() {
      clearTimeout(resting);
      resting = setTimeout(() => {
        const idle = thread;
        thread = null;
        void idle?.terminate();
      }, restAfter);
      resting.unref();
    },
  };
}
