/**
 * IndexedDB as `idb` shows it, held in memory, for simulated devices: `openDB` and `deleteDB` stand in for that library
 * in the bundle that the simulation runs. Requests are answered in microtasks; when a transaction begins and when it is
 * on disk is up to the schedule (`disk.step`), and a device that dies takes its unfinished transactions with it.
 */

import { copyOf } from '../../support/copy.ts';
import { compare, isKey, KeyRange, matches, placeOf, type Key, type Query } from './device-keys.ts';

type Value = Record<string, unknown>;

interface StoredRecord {
  readonly key: Key;
  readonly value: unknown;
}

interface StoreData {
  readonly keyPath: string | readonly string[] | null;
  readonly autoIncrement: boolean;
  readonly indexes: Map<string, { readonly path: string; readonly unique: boolean }>;
  /** By key. */
  records: StoredRecord[];
  nextKey: number;
}

interface Database {
  version: number;
  readonly stores: Map<string, StoreData>;
  /** Every transaction that has not ended, in the order of asking. */
  open: Transaction[];
  connections: Set<Connection>;
}

Object.assign(globalThis, { IDBKeyRange: KeyRange });

const aborted = (): DOMException => new DOMException('the transaction was aborted', 'AbortError');

class Transaction {
  readonly done: Promise<void>;
  state: 'waiting' | 'active' | 'ended' = 'waiting';
  readonly #database: Database;
  readonly #names: readonly string[] | null;
  readonly #writes: boolean;
  readonly #waiting: (() => void)[] = [];
  readonly #before = new Map<StoreData, { records: StoredRecord[]; nextKey: number }>();
  #resolve!: () => void;
  #reject!: (why: unknown) => void;

  /** `names`: the stores that it may use; null for all there are, also those that it makes itself. */
  constructor(database: Database, names: readonly string[] | null, writes: boolean) {
    this.#database = database;
    this.#writes = writes;
    this.#names = names;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get names(): readonly string[] {
    return this.#names ?? [...this.#database.stores.keys()];
  }
  get writes(): boolean {
    return this.#writes;
  }
  get store(): ObjectStore {
    return this.objectStore(this.names[0]!);
  }

  objectStore(name: string): ObjectStore {
    const data = this.names.includes(name) ? this.#database.stores.get(name) : undefined;
    if (!data) throw new DOMException(`no object store ${name}`, 'NotFoundError');
    return new ObjectStore(this, data);
  }

  /** Runs now when the transaction has begun, else in its turn. */
  request<T>(work: () => T): Promise<T> {
    if (this.state === 'ended') {
      const late = Promise.reject<T>(new DOMException('the transaction ended', 'TransactionInactiveError'));
      late.catch(() => undefined);
      return late;
    }
    return new Promise<T>((resolve, reject) => {
      const run = (): void => {
        if (this.state === 'ended') return reject(aborted());
        try {
          resolve(work());
        } catch (error) {
          this.end(error);
          reject(error);
        }
      };
      if (this.state === 'active') run();
      else this.#waiting.push(run);
    });
  }

  /** To be called before a store is changed. */
  touch(data: StoreData): void {
    if (this.#before.has(data)) return;
    this.#before.set(data, { records: data.records, nextKey: data.nextKey });
    data.records = data.records.slice();
  }

  begin(): void {
    this.state = 'active';
    for (const run of this.#waiting.splice(0)) run();
  }

  /** On disk, or undone for a reason. */
  end(why?: unknown): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.#database.open = this.#database.open.filter((each) => each !== this);
    if (why === undefined) return this.#resolve();
    for (const [data, { records, nextKey }] of this.#before) Object.assign(data, { records, nextKey });
    for (const run of this.#waiting.splice(0)) run();
    this.#reject(why);
  }

  abort(): void {
    if (this.state === 'ended') throw new DOMException('the transaction ended', 'InvalidStateError');
    this.end(aborted());
  }

  /** Its process died: nobody hears of it any more. */
  die(): void {
    this.state = 'ended';
    this.#database.open = this.#database.open.filter((each) => each !== this);
    for (const [data, { records, nextKey }] of this.#before) Object.assign(data, { records, nextKey });
    this.#waiting.length = 0;
  }
}

/** Where records are found: by their key, or by a field. */
class Source {
  protected readonly tx: Transaction;
  protected readonly data: StoreData;
  readonly #path: string | null;

  constructor(tx: Transaction, data: StoreData, path: string | null) {
    this.tx = tx;
    this.data = data;
    this.#path = path;
  }

  #found(query: Query, count = Infinity): { key: Key; record: StoredRecord }[] {
    const found: { key: Key; record: StoredRecord }[] = [];
    const { data } = this;
    const path = this.#path;
    if (path === null) {
      for (const record of data.records) {
        if (found.length >= count) break;
        if (matches(query, record.key)) found.push({ key: record.key, record });
      }
      return found;
    }
    for (const record of data.records) {
      const key = (record.value as Value)[path];
      if (isKey(key) && matches(query, key)) found.push({ key, record });
    }
    if (query == null || query instanceof KeyRange) found.sort((a, b) => compare(a.key, b.key));
    return found.slice(0, count);
  }

  get(query: Query): Promise<unknown> {
    return this.tx.request(() => copyOf(this.#found(query, 1)[0]?.record.value));
  }
  getKey(query: Query): Promise<Key | undefined> {
    return this.tx.request(() => this.#found(query, 1)[0]?.record.key);
  }
  getAll(query?: Query, count?: number): Promise<unknown[]> {
    return this.tx.request(() => this.#found(query, count).map(({ record }) => copyOf(record.value)));
  }
  getAllKeys(query?: Query, count?: number): Promise<Key[]> {
    return this.tx.request(() => this.#found(query, count).map(({ record }) => record.key));
  }
  count(query?: Query): Promise<number> {
    return this.tx.request(() => this.#found(query).length);
  }
  openCursor(query?: Query, direction = 'next'): Promise<Cursor | null> {
    return this.tx.request(() => {
      const found = this.#found(query);
      if (direction.startsWith('prev')) found.reverse();
      const all = direction.endsWith('unique')
        ? found.filter(({ key }, i) => i === 0 || compare(found[i - 1]!.key, key) !== 0)
        : found;
      return all.length > 0 ? new Cursor(this.tx, this.data, all, 0) : null;
    });
  }
  openKeyCursor(query?: Query, direction = 'next'): Promise<Cursor | null> {
    return this.openCursor(query, direction);
  }
}

class Cursor {
  readonly #tx: Transaction;
  readonly #data: StoreData;
  readonly #all: readonly { key: Key; record: StoredRecord }[];
  readonly #at: number;

  constructor(
    tx: Transaction,
    data: StoreData,
    all: readonly { key: Key; record: StoredRecord }[],
    at: number,
  ) {
    this.#tx = tx;
    this.#data = data;
    this.#all = all;
    this.#at = at;
  }

  get key(): Key {
    return this.#all[this.#at]!.key;
  }
  get primaryKey(): Key {
    return this.#all[this.#at]!.record.key;
  }
  get value(): unknown {
    return copyOf(this.#all[this.#at]!.record.value);
  }
  continue(): Promise<Cursor | null> {
    const next = this.#at + 1;
    return this.#tx.request(() =>
      next < this.#all.length ? new Cursor(this.#tx, this.#data, this.#all, next) : null,
    );
  }
  delete(): Promise<void> {
    return new ObjectStore(this.#tx, this.#data).delete(this.primaryKey);
  }
  update(value: unknown): Promise<Key> {
    const key = this.#data.keyPath === null ? this.primaryKey : undefined;
    return new ObjectStore(this.#tx, this.#data).put(value, key);
  }
}

class ObjectStore extends Source {
  constructor(tx: Transaction, data: StoreData) {
    super(tx, data, null);
  }
  index(name: string): Source {
    const index = this.data.indexes.get(name);
    if (!index) throw new DOMException(`no index ${name}`, 'NotFoundError');
    return new Source(this.tx, this.data, index.path);
  }
  createIndex(name: string, path: string, { unique = false } = {}): void {
    this.data.indexes.set(name, { path, unique });
  }

  #write(value: unknown, key: Key | undefined, replaces: boolean): Key {
    if (!this.tx.writes) throw new DOMException('read only', 'ReadOnlyError');
    const { data } = this;
    this.tx.touch(data);
    const { keyPath, autoIncrement } = data;
    const record = value as Value;
    let own = key;
    if (typeof keyPath === 'string') own = record[keyPath] as Key | undefined;
    else if (keyPath) own = keyPath.map((part) => record[part] as Key);
    if (own === undefined && autoIncrement) {
      own = data.nextKey;
      if (typeof keyPath === 'string') record[keyPath] = own;
    }
    if (!isKey(own)) throw new DOMException('not a key', 'DataError');
    if (autoIncrement && typeof own === 'number') data.nextKey = Math.max(data.nextKey, Math.floor(own) + 1);
    const at = placeOf(data.records, own);
    const taken = at < data.records.length && compare(data.records[at]!.key, own) === 0;
    if (taken && !replaces) throw new DOMException('the key exists', 'ConstraintError');
    for (const { path, unique } of data.indexes.values())
      if (unique)
        for (const other of data.records)
          if (
            (other.value as Value)[path] === record[path] &&
            isKey(record[path]) &&
            compare(other.key, own) !== 0
          )
            throw new DOMException('the index has it', 'ConstraintError');
    data.records.splice(at, taken ? 1 : 0, { key: own, value: record });
    return own;
  }

  put(value: unknown, key?: Key): Promise<Key> {
    const copied = copyOf(value);
    return this.tx.request(() => this.#write(copied, key, true));
  }
  add(value: unknown, key?: Key): Promise<Key> {
    const copied = copyOf(value);
    return this.tx.request(() => this.#write(copied, key, false));
  }
  delete(query: Query): Promise<void> {
    return this.tx.request(() => {
      if (!this.tx.writes) throw new DOMException('read only', 'ReadOnlyError');
      this.tx.touch(this.data);
      this.data.records = this.data.records.filter(({ key }) => !matches(query, key));
    });
  }
  clear(): Promise<void> {
    return this.delete(null);
  }
}

interface OpenCallbacks {
  upgrade?(db: Connection, from: number, to: number | null, tx: Transaction): void;
  blocked?(): void;
  blocking?(current: number, next: number | null): void;
  terminated?(): void;
}

class Connection {
  closed = false;
  readonly database: Database;
  readonly callbacks: OpenCallbacks;

  constructor(database: Database, callbacks: OpenCallbacks) {
    this.database = database;
    this.callbacks = callbacks;
  }

  get objectStoreNames() {
    const { stores } = this.database;
    return { contains: (name: string) => stores.has(name), [Symbol.iterator]: () => stores.keys() };
  }
  get version(): number {
    return this.database.version;
  }
  createObjectStore(
    name: string,
    {
      keyPath = null,
      autoIncrement = false,
    }: { keyPath?: string | string[] | null; autoIncrement?: boolean } = {},
  ): ObjectStore {
    const data: StoreData = { keyPath, autoIncrement, indexes: new Map(), records: [], nextKey: 1 };
    this.database.stores.set(name, data);
    return new ObjectStore(new Transaction(this.database, [name], true), data);
  }
  deleteObjectStore(name: string): void {
    this.database.stores.delete(name);
  }

  transaction(names: string | readonly string[], mode: 'readonly' | 'readwrite' = 'readonly'): Transaction {
    if (this.closed) throw new DOMException('the connection is closed', 'InvalidStateError');
    const list = typeof names === 'string' ? [names] : [...names];
    for (const name of list)
      if (!this.database.stores.has(name)) throw new DOMException(`no object store ${name}`, 'NotFoundError');
    const tx = new Transaction(this.database, list, mode === 'readwrite');
    this.database.open.push(tx);
    if (disk.isQuick() && mayBegin(this.database, tx)) tx.begin();
    return tx;
  }
  close(): void {
    this.closed = true;
    this.database.connections.delete(this);
  }
  #alone<T>(name: string, mode: 'readonly' | 'readwrite', work: (store: ObjectStore) => Promise<T>) {
    const tx = this.transaction(name, mode);
    tx.done.catch(() => undefined);
    return Promise.all([work(tx.store), tx.done]).then(([value]) => value);
  }
  get(name: string, query: Query) {
    return this.#alone(name, 'readonly', (store) => store.get(query));
  }
  getAll(name: string, query?: Query, count?: number) {
    return this.#alone(name, 'readonly', (store) => store.getAll(query, count));
  }
  getAllKeys(name: string, query?: Query, count?: number) {
    return this.#alone(name, 'readonly', (store) => store.getAllKeys(query, count));
  }
  count(name: string, query?: Query) {
    return this.#alone(name, 'readonly', (store) => store.count(query));
  }
  put(name: string, value: unknown, key?: Key) {
    return this.#alone(name, 'readwrite', (store) => store.put(value, key));
  }
  add(name: string, value: unknown, key?: Key) {
    return this.#alone(name, 'readwrite', (store) => store.add(value, key));
  }
  delete(name: string, query: Query) {
    return this.#alone(name, 'readwrite', (store) => store.delete(query));
  }
}

/** Nothing older that has not ended may use the same stores, unless both only read. */
const mayBegin = (database: Database, tx: Transaction): boolean => {
  for (const other of database.open) {
    if (other === tx) return true;
    if ((other.writes || tx.writes) && other.names.some((name) => tx.names.includes(name))) return false;
  }
  return true;
};

/** The disks of all devices of one schedule. */
class Disk {
  #databases = new Map<string, Database>();
  #random: () => number = () => 0;
  /** Whose commits fail. */
  readonly full = new Set<string>();

  reset(random: () => number): void {
    this.#databases = new Map();
    this.#random = random;
    this.full.clear();
  }

  /** Whether a transaction that nothing holds up begins at once. */
  isQuick(): boolean {
    return this.#random() < 0.6;
  }

  /** One transaction begins or ends, whichever the seed says; false when there is none. */
  step(): boolean {
    const ways: (() => void)[] = [];
    for (const [name, database] of this.#databases)
      for (const tx of database.open)
        if (tx.state === 'active') ways.push(() => this.#commit(name, tx));
        else if (mayBegin(database, tx)) ways.push(() => tx.begin());
    const way = ways[Math.floor(this.#random() * ways.length)];
    way?.();
    return way !== undefined;
  }

  #commit(name: string, tx: Transaction): void {
    if (tx.writes && this.full.has(name)) tx.end(new DOMException('the disk is full', 'QuotaExceededError'));
    else tx.end();
  }

  /** The process that had this database, and what it kept aside, open is gone with what it had not committed. */
  kill(name: string): void {
    for (const [each, { open, connections }] of this.#databases) {
      if (each !== name && !each.startsWith(`${name}:`)) continue;
      for (const tx of [...open]) tx.die();
      for (const connection of [...connections]) connection.close();
    }
  }

  /** The browser threw it away. Only while nobody has it open. */
  remove(name: string): void {
    this.kill(name);
    this.#databases.delete(name);
  }

  /** A profile was copied to another machine. */
  clone(from: string, to: string): void {
    const { version, stores } = this.database(from);
    const copies = [...stores].map(([name, data]): [string, StoreData] => [
      name,
      { ...data, records: data.records.slice() },
    ]);
    Object.assign(this.database(to), { version, stores: new Map(copies) });
  }

  database(name: string): Database {
    let found = this.#databases.get(name);
    if (!found)
      this.#databases.set(
        name,
        (found = { version: 0, stores: new Map(), open: [], connections: new Set() }),
      );
    return found;
  }

  drop(name: string): void {
    const found = this.#databases.get(name);
    for (const { callbacks } of [...(found?.connections ?? [])]) callbacks.blocking?.(found!.version, null);
    this.#databases.delete(name);
  }
}

export const disk = new Disk();

/** As in `idb`. */
export async function openDB(
  name: string,
  version?: number,
  callbacks: OpenCallbacks = {},
): Promise<Connection> {
  await Promise.resolve();
  const database = disk.database(name);
  const from = database.version;
  if (version !== undefined && version < from) throw new DOMException('newer', 'VersionError');
  const connection = new Connection(database, callbacks);
  const wanted = version ?? Math.max(1, from);
  if (wanted > from) {
    for (const other of [...database.connections]) other.callbacks.blocking?.(from, wanted);
    database.version = wanted;
    const tx = new Transaction(database, null, true);
    tx.begin();
    callbacks.upgrade?.(connection, from, wanted, tx);
    tx.end();
  }
  database.connections.add(connection);
  return connection;
}

/** As in `idb`. */
export async function deleteDB(name: string): Promise<void> {
  await Promise.resolve();
  disk.drop(name);
}
