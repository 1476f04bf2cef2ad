/* The guest's own copy: a database of its own, apart from whatever members keep in the same browser. */
import { deleteDB, openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from 'idb';
import type { LogEntry } from '../../shared/access/kind.ts';
import type { CommandId } from '../../shared/base/ids.ts';
import {
  noProgress,
  type ContactCard,
  type GuestSession,
  type GuestStore,
  type KeptFile,
  type Outgoing,
  type Progress,
} from './contract.ts';
import { filesOf, targetOf } from './messages.ts';

/** What is known of the company and of this guest; each is absent until it was said. */
export interface Facts {
  readonly session: GuestSession;
  readonly card: ContactCard;
  /** The link by which this browser came last. */
  readonly code: string;
  /** The company's key as it was at the first visit: another one later is told. */
  readonly firstKey: string;
  readonly progress: Progress;
  /** What was typed and not sent. */
  readonly draft: string;
  /** Whether they want to be told of answers while the page is closed; absent until they were asked. */
  readonly notices: 'on' | 'off';
  /** The guest ended it without a network: the relay is to be told. */
  readonly leaving: true;
  /** Why the conversation is over. */
  readonly ended: 'by-company' | 'by-guest';
}

interface Schema extends DBSchema {
  facts: { key: keyof Facts; value: Facts[keyof Facts] };
  entries: { key: number; value: LogEntry };
  outbox: { key: number; value: Outgoing; indexes: { id: string } };
  files: { key: string; value: KeptFile };
}

type Name = 'facts' | 'entries' | 'outbox' | 'files';
type Change = IDBPTransaction<Schema, Name[], 'readwrite'>;

export const databaseName = 'weft-guest';
const all: Name[] = ['facts', 'entries', 'outbox', 'files'];

export class LocalCopy implements GuestStore {
  readonly #name: string;
  #opening: Promise<IDBPDatabase<Schema>> | null = null;

  constructor(name = databaseName) {
    this.#name = name;
  }

  /** Opens again what the browser closed. */
  #db(): Promise<IDBPDatabase<Schema>> {
    this.#opening ??= openDB<Schema>(this.#name, 1, {
      upgrade(db) {
        db.createObjectStore('facts');
        db.createObjectStore('entries', { keyPath: 'seq' });
        db.createObjectStore('outbox', { autoIncrement: true }).createIndex('id', 'id');
        db.createObjectStore('files', { keyPath: 'hash' });
      },
      // Another tab wants it gone, or a newer page another shape.
      blocking: () => void this.close(),
      terminated: () => (this.#opening = null),
    });
    this.#opening.catch(() => (this.#opening = null));
    return this.#opening;
  }

  async close(): Promise<void> {
    const opened = this.#opening;
    this.#opening = null;
    (await opened)?.close();
  }

  /** Everything of the conversation leaves this device. */
  async wipe(): Promise<void> {
    await this.close();
    await deleteDB(this.#name);
  }

  async fact<Key extends keyof Facts>(key: Key): Promise<Facts[Key] | undefined> {
    return (await (await this.#db()).get('facts', key)) as Facts[Key] | undefined;
  }

  async setFact<Key extends keyof Facts>(key: Key, value: Facts[Key]): Promise<void> {
    await (await this.#db()).put('facts', value, key);
  }

  async dropFact(key: keyof Facts): Promise<void> {
    await (await this.#db()).delete('facts', key);
  }

  async #change(work: (tx: Change) => Promise<void>): Promise<void> {
    const tx = (await this.#db()).transaction(all, 'readwrite', { durability: 'strict' });
    tx.done.catch(() => undefined);
    try {
      await work(tx);
    } catch (error) {
      tx.abort();
      throw error;
    }
    await tx.done;
  }

  async progress(): Promise<Progress> {
    return (await this.fact('progress')) ?? noProgress;
  }

  add(entries: readonly LogEntry[], progress: Partial<Progress>, anew = false): Promise<void> {
    return this.#change(async (tx) => {
      const [facts, stored, outbox] = [
        tx.objectStore('facts'),
        tx.objectStore('entries'),
        tx.objectStore('outbox'),
      ];
      if (anew) await stored.clear();
      for (const entry of entries) {
        await stored.put(entry);
        const waiting = await outbox.index('id').getKey(entry.id);
        if (waiting !== undefined) await outbox.delete(waiting);
      }
      for (const entry of entries) await takeBack(tx, entry);
      const before = ((await facts.get('progress')) as Progress | undefined) ?? noProgress;
      await facts.put({ ...before, ...progress }, 'progress');
    });
  }

  async entries(): Promise<readonly LogEntry[]> {
    return (await this.#db()).getAll('entries');
  }

  async outbox(): Promise<readonly Outgoing[]> {
    return (await this.#db()).getAll('outbox');
  }

  /** A read position takes the place of one that still waits. */
  push(command: Outgoing): Promise<void> {
    return this.#change(async (tx) => {
      await tx.objectStore('outbox').put(command);
    });
  }

  settle(id: CommandId, change: Pick<Outgoing, 'seq' | 'failure'> | 'done'): Promise<void> {
    return this.#change(async (tx) => {
      const outbox = tx.objectStore('outbox');
      const key = await outbox.index('id').getKey(id);
      const record = key === undefined ? undefined : await outbox.get(key);
      if (key === undefined || !record) return; // its entry came first
      if (change === 'done') await outbox.delete(key);
      else await outbox.put({ ...record, ...change }, key);
    });
  }

  async files(): Promise<readonly KeptFile[]> {
    return (await this.#db()).getAll('files');
  }

  async file(hash: string): Promise<KeptFile | null> {
    return (await (await this.#db()).get('files', hash)) ?? null;
  }

  async keep(file: KeptFile): Promise<void> {
    await (await this.#db()).put('files', file);
  }
}

/** A recalled message loses its words and files here too, whenever it came. */
async function takeBack(tx: Change, entry: LogEntry): Promise<void> {
  if (entry.type !== 'chat.recall') return;
  const target = targetOf(entry);
  const message = target ? await tx.objectStore('entries').get(target.seq) : undefined;
  if (!target || !message || message.id !== target.id) return;
  for (const { hash, small } of filesOf(message)) {
    await tx.objectStore('files').delete(hash);
    if (small) await tx.objectStore('files').delete(small);
  }
  await tx.objectStore('entries').put({ ...message, data: { erased: true } });
}
