import type { WorkshopCalls, WorkshopHost } from './workshop.ts';

/** Too many people wait already. */
export class DeskFull extends Error {
  override readonly name = 'DeskFull';
}

/** Who hands work to the workshop: one job at a time, people before housekeeping. */
export interface Desk {
  /** @throws DeskFull when somebody else would have to wait behind too many */
  forSomebody<T>(job: (calls: WorkshopCalls) => Promise<T>): Promise<T>;
  forLater<T>(job: (calls: WorkshopCalls) => Promise<T>): Promise<T>;
}

/** People that may wait; one job takes some seconds at most. */
const mostWaiting = 32;

export function createDesk(host: WorkshopHost, waiting: (jobs: number) => void): Desk {
  const people: (() => Promise<void>)[] = [];
  const housekeeping: (() => Promise<void>)[] = [];
  let busy = false;

  const next = (): void => {
    const job = busy ? undefined : (people.shift() ?? housekeeping.shift());
    waiting(people.length + housekeeping.length + (busy || job ? 1 : 0));
    if (!job) return;
    busy = true;
    void job().then(() => {
      busy = false;
      if (people.length + housekeeping.length === 0) host.rest();
      next();
    });
  };

  const queue = <T>(line: (() => Promise<void>)[], job: (calls: WorkshopCalls) => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      line.push(async () => {
        try {
          resolve(await job(host.calls));
        } catch (error) {
          reject(error as Error);
        } finally {
          await host.calls.clear().catch(() => {});
        }
      });
      next();
    });

  return {
    async forSomebody(job) {
      if (people.length >= mostWaiting) throw new DeskFull('too many wait for the history already');
      return queue(people, job);
    },
    forLater: (job) => queue(housekeeping, job),
  };
}
