/* One change to many customers: put in the queue some at a time, so that a page with ten thousand of them stays quick. */
import { newId, type CommandId } from '../../../../shared/base/ids.ts';
import type { CustomerLine, WorkspaceData } from '../../../data/api.ts';

export interface Change {
  readonly type: string;
  readonly data: unknown;
}
/** What is sent to one customer; null where there is nothing to change. */
export type ChangeOf = (line: CustomerLine) => Change | null;

export interface Outcome {
  readonly changed: readonly CustomerLine[];
  /** Those that this person may not change so. */
  readonly refused: number;
}

/** Commands that are put in the queue together. */
const portion = 100;
/** So many may wait to be sent while the relay can be reached; without it all of them are kept at once. */
const mostWaiting = 400;
/** Between two looks at the queue. Milliseconds. */
const pause = 40;

const rest = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, milliseconds));

export class Bulk {
  total = $state(0);
  done = $state(0);
  running = $state(false);
  #stopped = false;

  stop(): void {
    this.#stopped = true;
  }

  /** What was put in the queue before it is stopped stays. Rejects when this device cannot store it. */
  async run(
    data: Pick<WorkspaceData, 'may' | 'sendEach' | 'sync'>,
    lines: readonly CustomerLine[],
    changeOf: ChangeOf,
  ): Promise<Outcome> {
    const changed: CustomerLine[] = [];
    let refused = 0;
    this.#stopped = false;
    [this.running, this.done, this.total] = [true, 0, lines.length];
    try {
      for (let from = 0; from < lines.length && !this.#stopped; from += portion) {
        const some = lines.slice(from, from + portion).flatMap((line) => {
          const change = changeOf(line);
          return change ? [{ line, change }] : [];
        });
        const allowed = some.filter(({ line, change }) => data.may(line.room, change.type, change.data).ok);
        refused += some.length - allowed.length;
        await data.sendEach(
          allowed.map(({ line, change }) => ({ ...change, room: line.room, id: newId<CommandId>() })),
        );
        for (const { line } of allowed) changed.push(line);
        this.done = Math.min(lines.length, from + portion);
        await rest(0);
        while (!this.#stopped && data.sync.connection === 'online' && data.sync.queue.length > mostWaiting)
          await rest(pause);
      }
    } finally {
      this.running = false;
    }
    return { changed, refused };
  }
}

export const addTags =
  (tags: readonly string[]): ChangeOf =>
  (line) => {
    const add = tags.filter((tag) => !line.tags.includes(tag));
    return add.length > 0 ? { type: 'customer.tag', data: { add, remove: [] } } : null;
  };

export const removeTags =
  (tags: readonly string[]): ChangeOf =>
  (line) => {
    const remove = tags.filter((tag) => line.tags.includes(tag));
    return remove.length > 0 ? { type: 'customer.tag', data: { add: [], remove } } : null;
  };

export const setStage =
  (stage: string): ChangeOf =>
  (line) =>
    line.stage === stage ? null : { type: 'customer.stage', data: { stage } };

export const addHelpers =
  (members: CustomerLine['helpers']): ChangeOf =>
  (line) => {
    const add = members.filter((member) => member !== line.owner && !line.helpers.includes(member));
    return add.length > 0 ? { type: 'customer.help', data: { add, remove: [] } } : null;
  };

/** What makes of a customer what they were before; `was` is as they were. */
export function undoOf(changeOf: ChangeOf, firstStage: string): ChangeOf {
  return (was) => {
    const change = changeOf(was);
    if (!change) return null;
    if (change.type === 'customer.stage')
      return { type: change.type, data: { stage: was.stage ?? firstStage } };
    const { add, remove } = change.data as { add: readonly string[]; remove: readonly string[] };
    return { type: change.type, data: { add: remove, remove: add } };
  };
}
