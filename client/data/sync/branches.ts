import { errorTable, type Failure } from '../../../shared/base/errors.ts';
import type { RoomId } from '../../../shared/base/ids.ts';
import type { DeviceStorage } from '../storage/contract.ts';
import { mergeInTree } from '../text/merge.ts';
import { writersOf } from '../text/rewrite.ts';
import type { Connection } from './connection.ts';
import type { InOrder } from './in-order.ts';

/**
 * What was written under a client id that something else was written under too (a copied profile, a disk put back to an
 * earlier day): the words are right, only the id is not. They are moved, exactly as they are, under ids of their own onto
 * what the relay has.
 */
export class Branches {
  readonly #connection: Connection;
  readonly #storage: DeviceStorage;
  readonly #order: InOrder;

  constructor(connection: Connection, storage: DeviceStorage, order: InOrder) {
    this.#connection = connection;
    this.#storage = storage;
    this.#order = order;
  }

  /**
   * False when that is not what is wrong, or the text cannot be fetched: then the branch is set aside. 'later' when the
   * relay cannot give what it takes just now.
   */
  async anew(room: RoomId, { code }: Failure): Promise<boolean | 'later'> {
    if (code !== 'update-forked' && code !== 'update-not-leased') return false;
    const { leases, texts } = this.#storage;
    // Another copy of this device may have any of them.
    await leases.retire(await leases.all());
    for (;;) {
      const pending = await texts.pending(room);
      if (pending.length === 0 || pending.some(({ moved }) => moved)) return false;
      const ids = await this.#draw(writersOf(mergeInTree(pending.map(({ bytes }) => bytes))).length);
      if (ids === null || ids === 'later') return ids ?? false;
      // A page that has a new id may have written meanwhile: then there are too few for all of it.
      const isDone = await this.#order.run(() => this.#beginAnew(room, ids));
      if (isDone !== 'too few') return isDone;
    }
  }

  async #beginAnew(room: RoomId, ids: readonly number[]): Promise<boolean | 'too few' | 'later'> {
    const answer = await this.#connection.ask({ type: 'pull', wants: [{ room, cursor: 0, have: 0 }] });
    if (answer.type === 'batch' && answer.damaged.includes(room)) return 'later';
    const content = answer.type === 'batch' ? answer.rooms[0] : undefined;
    if (content?.kind !== 'text' || !content.whole) return false;
    return (await this.#storage.texts.beginAnew(content, ids)) || 'too few';
  }

  /** Ids for this branch alone: no tab ever writes under them. */
  async #draw(count: number): Promise<readonly number[] | 'later' | null> {
    const answer = await this.#connection.ask({ type: 'lease', count });
    if (answer.type === 'refused' && errorTable[answer.code].retry) return 'later';
    if (answer.type !== 'leased' || answer.ids.length < count) return null;
    await this.#storage.leases.add(answer.ids, answer.receipts, 'retired');
    return answer.ids;
  }
}
