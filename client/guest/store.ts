/* The guest's own copy: a database of its own, apart from whatever members keep in the same browser. */
import type { LogEntry } from '../../shared/access/kind.ts';
import type { CommandId, RoomId } from '../../shared/base/ids.ts';
import {
  noProgress,
  type ContactCard,
  type GuestSession,
  type GuestStore,
  type KeptFile,
  type Outgoing,
  type Progress,
} from './contract.ts';
import { asked, change, openDatabase } from './database.ts';
import { filesOf, targetOf } from './messages.ts';

/** What is known of the company and of this guest; each is absent until it was said. */
export interface Facts {
  readonly session: GuestSession;
  readonly card: ContactCard;
  /** The link by which this browser came last. */
  readonly code: string;
  /** The company's key as it was at the first visit: another one later is told. */
  readonly firstKey: string;
  /** Whether they want to be told of answers while the page is closed; absent until they were asked. */
  readonly notices: 'on' | 'off';
  /** The guest ended it without a network: the relay is to be told. */
  readonly leaving: true;
  /** Why the conversation is over. */
  readonly ended: 'by-company' | 'by-guest';
  /** How far this device's copy of a room goes. */
  readonly [progress: `progress ${string}`]: Progress;
  /** What was typed in a room and not sent. */
  readonly [draft: `draft ${string}`]: string;
}

export const databaseName = 'weft-guest';
const version = 2;
const all = ['facts', 'lines', 'outbox', 'files'];
const progressOf = (room: RoomId) => `progress ${room}` as const;
/** All entries of a room, by their places. */
const linesIn = (room: RoomId): IDBKeyRange => IDBKeyRange.bound([room], [room, []]);

export class LocalCopy implements GuestStore {
  readonly #name: string;
  #opening: Promise<IDBDatabase> | null = null;

  constructor(name = databaseName) {
    this.#name = name;
  }

  /** Opens again what the browser closed. */
  #db(): Promise<IDBDatabase> {
    this.#opening ??= openDatabase(this.#name, version, (db, tx) => {
      // Before groups entries were kept without their room: the relay gives them again.
      if (db.objectStoreNames.contains('entries')) {
        db.deleteObjectStore('entries');
        const facts = tx.objectStore('facts');
        facts.delete('progress');
        const session = facts.get('session') as IDBRequest<GuestSession | undefined>;
        const draft = facts.get('draft');
        draft.onsuccess = () => {
          if (session.result && draft.result) facts.put(draft.result, `draft ${session.result.chat}`);
        };
      } else {
        db.createObjectStore('facts');
        db.createObjectStore('outbox', { autoIncrement: true }).createIndex('id', 'id');
        db.createObjectStore('files', { keyPath: 'hash' });
      }
      db.createObjectStore('lines');
    }).then((db) => {
      // Another tab wants it gone, or a newer page another shape.
      db.onversionchange = () => void this.close();
      db.onclose = () => (this.#opening = null);
      return db;
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
    await asked(indexedDB.deleteDatabase(this.#name));
  }

  async #read<T>(name: string, work: (store: IDBObjectStore) => IDBRequest): Promise<T> {
    return (await asked(work((await this.#db()).transaction(name).objectStore(name)))) as T;
  }

  async #change(work: (tx: IDBTransaction) => Promise<void>): Promise<void> {
    await change(await this.#db(), all, work);
  }

  fact<Key extends keyof Facts>(key: Key): Promise<Facts[Key] | undefined> {
    return this.#read('facts', (facts) => facts.get(key));
  }

  setFact<Key extends keyof Facts>(key: Key, value: Facts[Key]): Promise<void> {
    return this.#change(async (tx) => void (await asked(tx.objectStore('facts').put(value, key))));
  }

  dropFact(key: keyof Facts): Promise<void> {
    return this.#change((tx) => asked(tx.objectStore('facts').delete(key)));
  }

  async progress(room: RoomId): Promise<Progress> {
    return (await this.fact(progressOf(room))) ?? noProgress;
  }

  add(room: RoomId, entries: readonly LogEntry[], progress: Partial<Progress>, anew = false): Promise<void> {
    return this.#change(async (tx) => {
      const [facts, lines, outbox] = [
        tx.objectStore('facts'),
        tx.objectStore('lines'),
        tx.objectStore('outbox'),
      ];
      if (anew) await asked(lines.delete(linesIn(room)));
      for (const entry of entries) {
        await asked(lines.put(entry, [room, entry.seq]));
        const waiting = await asked(outbox.index('id').getKey(entry.id));
        if (waiting !== undefined) await asked(outbox.delete(waiting));
      }
      for (const entry of entries) await takeBack(tx, room, entry);
      const before = (await asked(facts.get(progressOf(room)))) as Progress | undefined;
      await asked(facts.put({ ...(before ?? noProgress), ...progress }, progressOf(room)));
    });
  }

  drop(room: RoomId): Promise<void> {
    return this.#change(async (tx) => {
      const [facts, files, outbox] = [
        tx.objectStore('facts'),
        tx.objectStore('files'),
        tx.objectStore('outbox'),
      ];
      await asked(tx.objectStore('lines').delete(linesIn(room)));
      await asked(facts.delete(progressOf(room)));
      await asked(facts.delete(`draft ${room}`));
      for (const file of (await asked(files.getAll())) as KeptFile[])
        if (file.room === room) await asked(files.delete(file.hash));
      for (const key of await asked(outbox.getAllKeys()))
        if (((await asked(outbox.get(key))) as Outgoing).room === room) await asked(outbox.delete(key));
    });
  }

  entries(room: RoomId): Promise<readonly LogEntry[]> {
    return this.#read('lines', (lines) => lines.getAll(linesIn(room)));
  }

  outbox(): Promise<readonly Outgoing[]> {
    return this.#read('outbox', (outbox) => outbox.getAll());
  }

  push(command: Outgoing): Promise<void> {
    return this.#change(async (tx) => void (await asked(tx.objectStore('outbox').put(command))));
  }

  settle(id: CommandId, how: Pick<Outgoing, 'seq' | 'failure'> | 'done'): Promise<void> {
    return this.#change(async (tx) => {
      const outbox = tx.objectStore('outbox');
      const key = await asked(outbox.index('id').getKey(id));
      if (key === undefined) return; // its entry came first
      const record = (await asked(outbox.get(key))) as Outgoing;
      if (how === 'done') await asked(outbox.delete(key));
      else await asked(outbox.put({ ...record, ...how }, key));
    });
  }

  files(): Promise<readonly KeptFile[]> {
    return this.#read('files', (files) => files.getAll());
  }

  async file(hash: string): Promise<KeptFile | null> {
    return (await this.#read<KeptFile | undefined>('files', (files) => files.get(hash))) ?? null;
  }

  keep(file: KeptFile): Promise<void> {
    return this.#change(async (tx) => void (await asked(tx.objectStore('files').put(file))));
  }
}

/** A recalled message loses its words and files here too, whenever it came. */
async function takeBack(tx: IDBTransaction, room: RoomId, entry: LogEntry): Promise<void> {
  if (entry.type !== 'chat.recall') return;
  const target = targetOf(entry);
  const [lines, files] = [tx.objectStore('lines'), tx.objectStore('files')];
  const message = target && ((await asked(lines.get([room, target.seq]))) as LogEntry | undefined);
  if (!message || message.id !== target.id) return;
  for (const { hash, small } of filesOf(message))
    for (const each of [hash, small ?? hash]) await asked(files.delete(each));
  await asked(lines.put({ ...message, data: { erased: true } }, [room, target.seq]));
}
