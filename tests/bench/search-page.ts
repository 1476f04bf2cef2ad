/* What runs inside the browser: the device's own storage with very many messages, and the search over it. */
import { openDB } from 'idb';
import { Indexer } from '../../client/data/search/indexer.ts';
import type { SearchQuery } from '../../client/data/search/contract.ts';
import { Searcher } from '../../client/data/search/searcher.ts';
import { SearchStore } from '../../client/data/search/store.ts';
import { Turns } from '../../client/data/search/turns.ts';
import type { RoomRecord } from '../../client/data/storage/contract.ts';
import { openStorage } from '../../client/data/storage/idb/open.ts';
import { searchName } from '../../client/data/storage/idb/search-name.ts';
import type { LogEntry } from '../../shared/access/kind.ts';
import type { CommandId, MemberId, RoomId, WorkspaceId } from '../../shared/base/ids.ts';
import { chatKind } from '../../shared/features/chat/kind.ts';
import type { LogContent, RoomContent } from '../../shared/protocol/messages.ts';
import { seededRandom } from '../shared/random.ts';

const me = 'ann' as MemberId;
const start = Date.UTC(2024, 0, 1);
/** Milliseconds between two messages of the whole company. */
const between = 60_000;
const people = 200;
const each = 1_000;
/** Every so many messages say a word that no other does. */
const rareEvery = 10_000;

const random = seededRandom(11);
/** Some numbers come often and most of them seldom, as words do. */
const zipf = (below: number): number =>
  Math.min(below - 1, Math.floor(below ** (random(10_000) / 10_000)) - 1);
const characters = Array.from({ length: 3_000 }, (_, i) =>
  String.fromCodePoint(0x4e00 + ((i * 6_361) % 20_000)),
);
const syllables = [
  'de',
  'po',
  'ra',
  'ti',
  'on',
  'men',
  'al',
  'ver',
  'su',
  'ga',
  'ner',
  'lo',
  'qui',
  'st',
  'x',
];
const words = Array.from({ length: 30_000 }, (_, i) => {
  let word = '';
  for (let n = i + 7; n > 0; n = Math.floor(n / syllables.length)) word += syllables[n % syllables.length]!;
  return word;
});
const chinese = (): string => Array.from({ length: 6 + random(26) }, () => characters[zipf(3_000)]!).join('');
const english = (): string => Array.from({ length: 3 + random(14) }, () => words[zipf(30_000)]!).join(' ');

function textOf(number: number): string {
  const dice = random(10);
  const text = dice < 6 ? chinese() : dice < 9 ? english() : `${chinese()} ${english()}`;
  return number % rareEvery === 0 ? `${text} rare${number} 稀${characters[number % 3_000]!}罕` : text;
}

const roomOf = (i: number): RoomId => `w/chat/c${i}` as RoomId;
const person = (i: number): MemberId => `person${i}` as MemberId;

function content(index: number, rooms: number, from: number, to: number): RoomContent {
  const entries = Array.from({ length: to - from }, (_, i): LogEntry => {
    const seq = from + i;
    // Conversations go on side by side.
    const number = seq * rooms + index;
    const id = `${index}-${seq}` as CommandId;
    return {
      ...{ seq, id, type: 'chat.send', by: person(random(people)), at: start + number * between },
      data: { text: textOf(number) },
    };
  });
  return {
    ...{
      kind: 'log',
      room: roomOf(index),
      cursor: index * 1_000_000 + to,
      from,
      head: to,
      base: null,
      entries,
    },
    receipts: entries.map(() => new Uint8Array(16)),
  };
}

const device = (name: string) => {
  const storage = openStorage({ workspace: 'w' as WorkspaceId, member: me, name });
  const store = new SearchStore(searchName(name));
  const turns = new Turns();
  const indexer = new Indexer({ storage, store, progress: () => undefined, turns });
  return { storage, store, turns, indexer, searcher: new Searcher(storage, store, me) };
};
type Device = ReturnType<typeof device>;

async function fill({ storage, indexer }: Device, count: number, indexing: boolean): Promise<number> {
  const rooms = Math.ceil(count / each);
  await storage.rooms.newEpoch('bench', 0);
  let time = 0;
  for (let index = 0; index < rooms; index++) {
    const made = content(index, rooms, 0, each);
    const before = performance.now();
    await storage.rooms.storeContents([made]);
    time += performance.now() - before;
    if (indexing) indexer.touch([made.room]);
  }
  return time;
}

/** The same without what storing does besides, which is not what is measured: so many take very long otherwise. */
async function fillQuickly({ storage }: Device, name: string, count: number): Promise<void> {
  const rooms = Math.ceil(count / each);
  await storage.rooms.newEpoch('bench', 0);
  const db = await openDB(name);
  for (let index = 0; index < rooms; index += 10) {
    const tx = db.transaction(['rooms', 'entries'], 'readwrite', { durability: 'relaxed' });
    for (let i = index; i < Math.min(index + 10, rooms); i++) {
      const { room, entries, cursor } = content(i, rooms, 0, each) as LogContent;
      for (const entry of entries) void tx.objectStore('entries').put(entry, [room, entry.seq]);
      const { by, at } = entries.at(-1)!;
      const record: RoomRecord = {
        ...{
          room,
          class: 'log',
          cursor,
          from: 0,
          head: each,
          by,
          at,
          state: chatKind.initial,
          unread: [],
          stale: false,
        },
      };
      void tx.objectStore('rooms').put(record);
    }
    await tx.done;
  }
  db.close();
}

const anything: SearchQuery = {
  ...{ kind: 'message', text: '', room: null, by: null, from: null, to: null, limit: 30 },
};

/** Questions of each sort; `n` makes them different ones. */
const questions: Readonly<Record<string, (n: number, count: number) => Partial<SearchQuery>>> = {
  'a rare word': (n, count) => ({ text: `rare${((n * 7) % (count / rareEvery)) * rareEvery}` }),
  'a common word': (n) => ({ text: words[n % 20]! }),
  'the beginning of a word': (n) => ({ text: words[200 + n * 31]!.slice(0, 3) }),
  'the first letter of a word': (n) => ({ text: words[n * 31]![0]! }),
  'two words': (n) => ({ text: `${words[n % 20]!} ${words[50 + n * 13]!}` }),
  'one Chinese character': (n) => ({ text: characters[n * 3]! }),
  'a Chinese word': (n) => ({ text: characters[n % 30]! + characters[(n * 7) % 50]! }),
  'three Chinese characters': (n) => ({
    text: characters[n % 10]! + characters[(n * 3) % 10]! + characters[(n * 7) % 10]!,
  }),
  'four Chinese characters': (n) => ({
    text: [n, n * 3, n * 7, n * 11].map((i) => characters[i % 8]!).join(''),
  }),
  'a word and a Chinese word': (n) => ({
    text: `${words[n % 20]!} ${characters[n % 10]!}${characters[(n * 7) % 10]!}`,
  }),
  'a phrase of three words': (n) => ({
    text: `"${words[n % 10]!} ${words[(n * 3) % 10]!} ${words[(n * 7) % 10]!}"`,
  }),
  'what nobody said': (n) => ({ text: `nowhere${n} 龘龘` }),
  'a word of one person': (n) => ({ text: words[n % 40]!, by: person(n % people) }),
  'all of one person': (n) => ({ by: person(n % people) }),
  'a character in one conversation': (n, count) => ({
    ...{ text: characters[n]!, room: roomOf((n * 37) % Math.ceil(count / each)) },
  }),
  'a word in one week': (n, count) => {
    const from = start + Math.floor((((n * 29) % 100) / 100) * count) * between;
    return { text: words[n % 40]!, from, to: from + 7 * 86_400_000 };
  },
};

let open: Device | null = null;

const benches = {
  /** Milliseconds to store `count` messages, alone or with the index kept meanwhile, and until all is indexed. */
  async fill(name: string, count: number, indexing: boolean): Promise<{ stored: number; all: number }> {
    open = device(name);
    const before = performance.now();
    const stored = await fill(open, count, indexing);
    await open.indexer.idle();
    return { stored, all: performance.now() - before };
  },

  /** Many messages, as they are after they were stored. */
  async fillQuickly(name: string, count: number): Promise<void> {
    open = device(name);
    await fillQuickly(open, name, count);
  },

  /** Milliseconds until all that is stored is in the index, and of each question that was asked meanwhile. */
  async index(): Promise<{ all: number; asked: number[] }> {
    const { indexer, searcher, turns } = open!;
    const asked: number[] = [];
    const before = performance.now();
    indexer.touch();
    let done = false;
    const indexed = indexer.idle().then(() => (done = true));
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      const begun = performance.now();
      const query = { ...anything, text: words[asked.length % 20]! };
      await turns.first(() => searcher.find(query, () => false));
      if (!done) asked.push(performance.now() - begun);
    }
    await indexed;
    return { all: performance.now() - before, asked };
  },

  async size(): Promise<{ bytes: number; segments: number }> {
    const { store } = open!;
    const { segments } = await store.state();
    const infos = await store.infos(segments);
    return { bytes: infos.reduce((sum, { bytes }) => sum + bytes, 0), segments: segments.length };
  },

  /** As after a reload, from the disk. */
  reopen(name: string): void {
    open?.store.close();
    open?.storage.close();
    open = device(name);
  },

  async destroy(): Promise<void> {
    open!.store.close();
    await open!.storage.destroy();
  },

  names: (): string[] => Object.keys(questions),

  /** Milliseconds of each of `times` different questions, and what they found. */
  async ask(name: string, times: number, count: number): Promise<{ took: number[]; found: number }> {
    const took: number[] = [];
    let found = 0;
    for (let n = 0; n < times; n++) {
      const query = { ...anything, ...questions[name]!(n, count) };
      const before = performance.now();
      const result = await open!.searcher.find(query, () => false);
      took.push(performance.now() - before);
      found += result?.hits.length ?? 0;
    }
    return { took, found };
  },

  /** One more message, until a search finds it. */
  async fresh(): Promise<number> {
    const { storage, indexer, searcher } = open!;
    const [record] = await storage.rooms.some([roomOf(0)]);
    const word = `fresh${record!.head}`;
    const [made] = [content(0, 1, record!.head, record!.head + 1)];
    if (made?.kind === 'log') (made.entries[0]!.data as { text: string }).text = word;
    const before = performance.now();
    await storage.rooms.storeContents([{ ...made!, cursor: record!.cursor + 1 }]);
    indexer.touch([roomOf(0)]);
    await indexer.idle();
    const found = await searcher.find({ ...anything, text: word }, () => false);
    if (found?.hits.length !== 1) throw new Error('the new message was not found');
    return performance.now() - before;
  },
} as const;

export type SearchBenches = typeof benches;

(globalThis as unknown as { benches: SearchBenches }).benches = benches;
