import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { afterEach, expect, test, vi } from 'vitest';
import { Indexer } from '../../../client/data/search/indexer.ts';
import type { Hit, SearchQuery } from '../../../client/data/search/contract.ts';
import { contentsOf } from '../../../client/data/search/contents.ts';
import { Searcher } from '../../../client/data/search/searcher.ts';
import { SearchStore } from '../../../client/data/search/store.ts';
import { askedFor, isIn } from '../../../client/data/search/words.ts';
import type { DeviceStorage } from '../../../client/data/storage/contract.ts';
import { openStorage } from '../../../client/data/storage/idb/open.ts';
import { searchName } from '../../../client/data/storage/idb/search-name.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import {
  newId,
  type CommandId,
  type MemberId,
  type RoomId,
  type WorkspaceId,
} from '../../../shared/base/ids.ts';
import type { MessageMarks } from '../../../shared/features/chat/marks.ts';
import { seededRandom, seedFromEnvironment } from '../../shared/random.ts';

const me = 'ann' as MemberId;
const people = [me, 'bo', 'cai'] as MemberId[];

/** A device's copy and its index, and what stands on the device to compare with. */
class Rig {
  readonly name = newId();
  readonly storage: DeviceStorage = openStorage({
    workspace: 'w' as WorkspaceId,
    member: me,
    name: this.name,
    exclusively: null,
  });
  store = new SearchStore(searchName(this.name));
  indexer = this.#newIndexer();
  searcher = new Searcher(this.storage, this.store, me);
  left = 0;
  readonly logs = new Map<RoomId, LogEntry[]>();
  #cursor = 0;

  #newIndexer(): Indexer {
    return new Indexer({
      storage: this.storage,
      store: this.store,
      progress: (left) => (this.left = left),
      // Small, so that few messages are written and merged as very many would be.
      bounds: { units: 40, tokens: 300, tail: 6, most: 25 },
    });
  }

  /** As after a reload: only what is on the disk is known. */
  reload(): void {
    this.indexer.stop();
    this.store.close();
    this.store = new SearchStore(searchName(this.name));
    this.indexer = this.#newIndexer();
    this.searcher = new Searcher(this.storage, this.store, me);
  }

  async begin(): Promise<void> {
    await this.storage.rooms.newEpoch('one', 0);
  }

  /** The relay gives these, the next of their room. */
  async append(room: RoomId, entries: readonly LogEntry[]): Promise<void> {
    const log = this.logs.get(room) ?? [];
    log.push(...entries);
    this.logs.set(room, log);
    this.#cursor += 1;
    await this.storage.rooms.storeContents([
      {
        kind: 'log',
        room,
        cursor: this.#cursor,
        from: entries[0]!.seq,
        head: log.at(-1)!.seq + 1,
        base: null,
        entries: [...entries],
        receipts: entries.map(() => new Uint8Array(16)),
      },
    ]);
  }

  async history(room: RoomId, entries: readonly LogEntry[]): Promise<void> {
    this.logs.set(room, [...entries, ...this.logs.get(room)!]);
    await this.storage.rooms.storeHistory([
      {
        kind: 'log',
        room,
        cursor: 0,
        from: entries[0]!.seq,
        head: entries.at(-1)!.seq + 1,
        base: null,
        entries: [...entries],
        receipts: entries.map(() => new Uint8Array(16)),
      },
    ] as never);
  }

  async forget(room: RoomId): Promise<void> {
    this.logs.delete(room);
    await this.storage.rooms.forget([room], 1);
  }

  async indexed(...rooms: RoomId[]): Promise<void> {
    this.indexer.touch(rooms.length > 0 ? rooms : undefined);
    await this.indexer.idle();
  }

  async find(query: Partial<SearchQuery>): Promise<readonly Hit[]> {
    const found = await this.searcher.find({ ...anything, ...query }, () => false);
    return found!.hits;
  }

  /** What a search without an index finds. */
  async naive(query: SearchQuery): Promise<string[]> {
    const asked = askedFor(query.text);
    const found: LogEntry[] = [];
    for (const [room, log] of this.logs) {
      const marks = await this.storage.rooms.marks(
        room,
        log.map(({ id }) => id),
      );
      for (const entry of log) {
        const contents = contentsOf(entry, (marks.get(entry.id) ?? null) as MessageMarks | null);
        if (!contents || (query.room !== null && query.room !== room)) continue;
        if (query.by !== null && query.by !== entry.by) continue;
        if ((query.from !== null && entry.at < query.from) || (query.to !== null && entry.at >= query.to))
          continue;
        const texts = query.kind === 'file' ? contents.files : contents.text.trim() ? [contents.text] : [];
        if (texts.some((text) => isIn(text, asked))) found.push(entry);
      }
    }
    return found.map(({ id }) => id).sort();
  }
}

const anything: SearchQuery = {
  kind: 'message',
  text: '',
  room: null,
  by: null,
  from: null,
  to: null,
  limit: 100_000,
};

let rig: Rig | null = null;
afterEach(async () => {
  rig?.indexer.stop();
  rig?.store.close();
  await rig?.storage.destroy();
});
async function newRig(): Promise<Rig> {
  rig = new Rig();
  await rig.begin();
  return rig;
}

const chat = (id: string): RoomId => `w/chat/${id}` as RoomId;
let clock = 1_000;
const send = (seq: number, text: string, more: Partial<LogEntry> & { data?: object } = {}): LogEntry => ({
  seq,
  id: newId<CommandId>(),
  type: 'chat.send',
  by: 'bo' as MemberId,
  at: (clock += 10),
  ...more,
  data: { text, ...more.data },
});
const say = (seq: number, type: string, target: LogEntry, more: object = {}): LogEntry => ({
  seq,
  id: newId<CommandId>(),
  type,
  by: target.by,
  at: (clock += 10),
  data: { target: { seq: target.seq, id: target.id }, ...more },
});
const texts = (hits: readonly Hit[]): string[] => hits.map(({ text }) => text);

test('what was edited is found by its new words alone, what was recalled not at all', async () => {
  const world = await newRig();
  const room = chat('a');
  const [first, second] = [send(0, '报价单在这里'), send(1, 'old words')];
  await world.append(room, [first, second]);
  await world.indexed();
  expect(texts(await world.find({ text: '价单' }))).toEqual(['报价单在这里']);
  await world.append(room, [
    say(2, 'chat.edit', second, { text: 'new words' }),
    say(3, 'chat.recall', first),
  ]);
  // Before the index knows of it the old words are not found any more.
  expect(await world.find({ text: 'old' })).toEqual([]);
  expect(await world.find({ text: '报价' })).toEqual([]);
  await world.indexed(room);
  expect(await world.find({ text: 'old' })).toEqual([]);
  expect(texts(await world.find({ text: 'new' }))).toEqual(['new words']);
  expect(texts(await world.find({ text: 'words' }))).toEqual(['new words']);
});

test('a room that is given away is not found in the same moment, and its words leave the disk', async () => {
  const world = await newRig();
  await world.append(chat('a'), [send(0, 'secret plan')]);
  await world.append(chat('b'), [send(0, 'open plan')]);
  await world.indexed();
  expect(await world.find({ text: 'plan' })).toHaveLength(2);
  await world.forget(chat('a'));
  expect(texts(await world.find({ text: 'plan' }))).toEqual(['open plan']);
  await world.indexed(chat('a'));
  const bytes = await world.store.read((tx) => tx.objectStore('postings').getAll());
  const disk = bytes.map((block) => new TextDecoder().decode(block)).join('');
  expect(disk).toContain('open');
  expect(disk).not.toContain('secret');
});

test('a conversation that comes back under the same places with other messages is indexed anew', async () => {
  const world = await newRig();
  await world.append(chat('a'), [send(0, 'one'), send(1, 'two')]);
  await world.indexed();
  await world.forget(chat('a'));
  await world.append(chat('a'), [send(0, 'three'), send(1, 'four')]);
  await world.indexed(chat('a'));
  expect(texts(await world.find({ text: 'thr' }))).toEqual(['three']);
  expect(await world.find({ text: 'one' })).toEqual([]);
});

test('own messages that wait are found, edited and recalled as they will be', async () => {
  const world = await newRig();
  const stored = send(0, 'stored words', { by: me });
  await world.append(chat('a'), [stored, send(1, 'others')]);
  await world.indexed();
  const add = (type: string, data: unknown): Promise<unknown> =>
    world.storage.outbox.add({ id: newId<CommandId>(), room: chat('a'), type, data, at: (clock += 10) });
  await add('chat.send', { text: 'still waiting' });
  expect(await world.find({ text: 'waiting' })).toMatchObject([{ seq: null, by: me }]);
  await add('chat.recall', { target: { seq: 0, id: stored.id } });
  expect(await world.find({ text: 'stored' })).toEqual([]);
});

test('files are found by their names, docs by what is written in them', async () => {
  const world = await newRig();
  const file = { hash: 'a'.repeat(64), name: '合同-Final_v2.pdf', size: 1, type: 'application/pdf' };
  await world.append(chat('a'), [send(0, '', { data: { files: [file] } })]);
  await world.indexed();
  for (const text of ['同', 'final', 'v2.pdf'])
    expect((await world.find({ kind: 'file', text }))[0]?.files, text).toEqual([file.name]);
  expect(await world.find({ text: 'final' })).toEqual([]);
  expect(await world.find({ kind: 'file', text: '', by: 'bo' as MemberId })).toHaveLength(1);
});

test('only the newest are read, and more are told of', async () => {
  const world = await newRig();
  await world.append(
    chat('a'),
    Array.from({ length: 300 }, (_, i) => send(i, `note ${i}`)),
  );
  await world.indexed();
  const found = await world.searcher.find({ ...anything, text: 'note', limit: 20 }, () => false);
  expect(found?.hits[0]?.text).toBe('note 299');
  expect(found?.hits).toHaveLength(20);
  expect(found?.more).toBe(true);
  expect((await world.searcher.find({ ...anything, text: 'note 7', limit: 20 }, () => false))?.more).toBe(
    false,
  );
});

test.each(['destroy', 'keepOnlyUnsent'] as const)('the index goes with the copy (%s)', async (how) => {
  const world = await newRig();
  await world.append(chat('a'), [send(0, 'secret plan')]);
  await world.indexed();
  const here = async (): Promise<boolean> =>
    (await indexedDB.databases()).some(({ name }) => name === searchName(world.name));
  expect(await here()).toBe(true);
  await world.storage[how]();
  expect(await here()).toBe(false);
  // A worker that has not heard of it makes none again.
  world.indexer.touch();
  await world.indexer.idle();
  expect(await here()).toBe(false);
});

test('of what only has the same parts nothing is read', async () => {
  const world = await newRig();
  const others = Array.from({ length: 200 }, (_, i) => send(i + 1, `甲乙 ${i} 乙丙, out ${i} of office`));
  await world.append(chat('a'), [send(0, '写在甲乙丙的末尾, out of office'), ...others]);
  await world.indexed();
  const { rooms } = world.storage;
  let read = 0;
  const counting: DeviceStorage = {
    ...world.storage,
    rooms: { ...rooms, single: (places) => ((read += places.length), rooms.single(places)) },
  };
  const searcher = new Searcher(counting, world.store, me);
  for (const text of ['甲乙丙', '"out of off']) {
    read = 0;
    const found = await searcher.find({ ...anything, text, limit: 5 }, () => false);
    expect(texts(found!.hits), text).toEqual(['写在甲乙丙的末尾, out of office']);
    expect(read, text).toBeLessThan(30);
  }
});

test('what is newest is found without a look at all that is older', async () => {
  const world = await newRig();
  for (let i = 0; i < 30; i++) {
    const entries = Array.from({ length: 20 }, (_, n) => send(i * 20 + n, `note ${i} ${n}`));
    await world.append(chat('a'), entries);
    await world.indexed(chat('a'));
  }
  const { segments } = await world.store.state();
  expect(segments.length).toBeGreaterThan(10);
  const read = vi.spyOn(IDBObjectStore.prototype, 'getAll');
  const found = await world.searcher.find({ ...anything, text: 'note', limit: 3 }, () => false);
  const looked = read.mock.calls.filter(
    (_, call) => (read.mock.contexts[call] as IDBObjectStore).name === 'postings',
  );
  read.mockRestore();
  expect(texts(found!.hits)).toEqual(['note 29 19', 'note 29 18', 'note 29 17']);
  expect(looked.length).toBeGreaterThan(0);
  expect(looked.length).toBeLessThan(segments.length / 2);
});

test('an index that another version wrote is made anew', async () => {
  const world = await newRig();
  await world.append(chat('a'), [send(0, 'old words')]);
  world.store.close();
  const old = await openDB(searchName(world.name), 1, {
    upgrade: (db) => void db.createObjectStore('state').put({ epoch: 'one', segments: [1] }, 'state'),
  });
  old.close();
  world.reload();
  expect(await world.find({ text: 'words' })).toEqual([]);
  await world.indexed();
  expect(texts(await world.find({ text: 'words' }))).toEqual(['old words']);
});

test('of an index that was made anew nothing is remembered from before', async () => {
  const world = await newRig();
  const old = Array.from({ length: 30 }, (_, i) => send(i, `old ${i}`));
  await world.append(chat('a'), old);
  await world.indexed();
  expect(await world.find({ text: 'old' })).toHaveLength(30);
  await world.forget(chat('a'));
  await world.storage.rooms.newEpoch('two', 0);
  await world.append(chat('b'), [send(0, 'new words')]);
  await world.indexed();
  expect(texts(await world.find({ text: 'new' }))).toEqual(['new words']);
  expect(await world.find({ text: 'old' })).toEqual([]);
});

const words = ['报价', '单', '供应商', 'Deploy', 'deployed', 'done', 'v2', '会议', '🎉', 'C++', 'é', '的'];

test.each([1, 2, 3])(
  'finds what a search without an index finds, in whatever order it came (%i)',
  async (run) => {
    const seed = (seedFromEnvironment() + run) >>> 0;
    const random = seededRandom(seed);
    const pick = <Each>(from: readonly Each[]): Each => from[random(from.length)]!;
    const sentence = (): string =>
      Array.from({ length: 1 + random(5) }, () => pick(words)).join(pick([' ', '', '，', '-']));
    const world = await newRig();
    const rooms = ['a', 'b', 'c', 'd'].map(chat);
    const next = (room: RoomId): number => (world.logs.get(room)?.at(-1)?.seq ?? 49) + 1;
    const entryFor = (room: RoomId, seq: number): LogEntry => {
      const targets = (world.logs.get(room) ?? []).filter(({ type }) => type === 'chat.send');
      const dice = random(10);
      if (targets.length > 0 && dice === 0) return say(seq, 'chat.edit', pick(targets), { text: sentence() });
      if (targets.length > 0 && dice === 1) return say(seq, 'chat.recall', pick(targets));
      const at = 1_000 + random(5_000);
      const files = dice === 2 ? [{ hash: 'b'.repeat(64), name: sentence(), size: 1, type: '' }] : undefined;
      return send(seq, sentence(), { by: pick(people), at, ...(files ? { data: { files } } : {}) });
    };
    const steps: (() => Promise<unknown>)[] = [
      async () => {
        const room = pick(rooms);
        const first = next(room);
        for (let seq = first, last = first + random(40); seq <= last; seq++)
          await world.append(room, [entryFor(room, seq)]);
        if (random(2) === 0) await world.indexed(room);
      },
      async () => {
        const room = pick(rooms);
        const first = world.logs.get(room)?.[0]?.seq;
        if (first === undefined || first < 10) return;
        const older = Array.from({ length: 10 }, (_, i) =>
          send(first - 10 + i, sentence(), { by: pick(people), at: 1_000 + random(5_000) }),
        );
        await world.history(room, older);
        if (random(2) === 0) await world.indexed(room);
      },
      async () => {
        if (random(4) > 0) return;
        const room = pick(rooms);
        await world.forget(room);
        if (random(2) === 0) await world.indexed(room);
      },
      () => world.indexed(),
      async () => {
        if (random(2) === 0) await world.indexer.idle();
        world.reload();
      },
    ];
    for (let round = 0; round < 40; round++) {
      await pick(steps)();
      if (round % 4 !== 3) continue;
      await world.indexed();
      for (let i = 0; i < 12; i++) {
        const query: SearchQuery = {
          ...anything,
          kind: pick(['message', 'message', 'file'] as const),
          text: pick([pick(words), `${pick(words)} ${pick(words)}`, sentence(), [...pick(words)][0]!, '']),
          room: random(4) === 0 ? pick(rooms) : null,
          by: random(4) === 0 ? pick(people) : null,
          from: random(4) === 0 ? 1_000 + random(5_000) : null,
          to: random(4) === 0 ? 1_000 + random(5_000) : null,
        };
        if (query.text === '' && query.room === null && query.by === null && !query.from && !query.to)
          continue;
        const found = await world.find(query);
        const said = `seed ${seed}, round ${round}: ${JSON.stringify(query)}`;
        expect(found.map(({ id }) => id!).sort(), said).toEqual(await world.naive(query));
        expect(
          found.map(({ at }) => at),
          said,
        ).toEqual(found.map(({ at }) => at).sort((a, b) => b - a));
      }
    }
  },
);
