import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import type { MessageMarks } from '../../../shared/features/chat/marks.ts';
import { messageMarks } from '../../../shared/features/chat/marks.ts';
import type { DocState } from '../../../shared/features/docs/schema.ts';
import { parseRoom, partOf } from '../../../shared/protocol/rooms.ts';
import { entryOf } from '../projection/overlay.ts';
import type { DeviceStorage, OutboxRecord } from '../storage/contract.ts';
import { contentsOf } from './contents.ts';
import type { Hit, SearchQuery, SearchResult } from './contract.ts';
import { Proposals, type Candidate, type Proposed } from './proposals.ts';
import type { SearchStore } from './store.ts';
import { askedFor, isIn, type Asked } from './words.ts';

/** More candidates than are asked for, since some may not fit. */
const spare = 16;
/** Texts that are read at once, at most. */
const readAtOnce = 256;
/** So many texts are read for each that is asked for, then older ones have to be asked for again. */
const patience = 100;

/** What waits in the outbox, as far as it changes what messages say. */
interface Waiting {
  readonly messages: readonly OutboxRecord[];
  /** By the id of the message that they speak of. */
  readonly changes: ReadonlyMap<CommandId, readonly OutboxRecord[]>;
}

/** Answers questions from the index, and lets the texts on the device decide. */
export class Searcher {
  readonly #storage: DeviceStorage;
  readonly #store: SearchStore;
  readonly #me: MemberId;
  readonly #proposals: Proposals;

  constructor(storage: DeviceStorage, store: SearchStore, me: MemberId) {
    this.#storage = storage;
    this.#store = store;
    this.#me = me;
    this.#proposals = new Proposals(store);
  }

  /** Opens both databases and reads what every question needs, so that the first one is not the slowest. */
  async warm(): Promise<void> {
    await Promise.all([this.#storage.outbox.all(), this.#proposals.warm()]);
  }

  /** `isStale` is asked between steps: true when nobody waits for the answer any more, which is then null. */
  async find(query: SearchQuery, isStale: () => boolean): Promise<Omit<SearchResult, 'left'> | null> {
    const asked = askedFor(query.text);
    const isNothing = asked.clues.length === 0 && (asked.pieces.length > 0 || !hasFilter(query));
    if (isNothing) return { hits: [], more: false };
    const waiting = await this.#waiting();
    const hits = query.kind === 'doc' ? [] : this.#own(query, asked, waiting);
    const seen = new Set<string>();
    // Nearly always the first few fit; more of them are looked up when they did not.
    const enough = query.limit + 1;
    let found: Proposed = { list: [], more: true };
    for (const most of [enough + spare, enough * 8, enough * patience]) {
      if (!found.more || hits.length >= enough) break;
      found = await this.#proposals.newest(query, asked, most);
      let atOnce = enough - hits.length + spare;
      for (let at = 0; at < found.list.length && hits.length < enough;) {
        const batch = found.list.slice(at, at + atOnce).filter((each) => {
          // What was edited is in the index twice.
          const place = `${each.number} ${each.seq}`;
          return !seen.has(place) && seen.add(place);
        });
        at += atOnce;
        atOnce = Math.min(atOnce * 2, readAtOnce);
        if (isStale()) return null;
        const read = query.kind === 'doc' ? await this.#docs(batch) : await this.#messages(batch, waiting);
        hits.push(...read.filter((hit): hit is Hit => hit !== null && fits(hit, query, asked)));
      }
    }
    return { hits: hits.slice(0, query.limit), more: hits.length > query.limit || found.more };
  }

  async #waiting(): Promise<Waiting> {
    const messages: OutboxRecord[] = [];
    const changes = new Map<CommandId, OutboxRecord[]>();
    for (const record of await this.#storage.outbox.all()) {
      if (record.failure || parseRoom(record.room)?.kind !== 'chat') continue;
      // What the relay took comes as an entry.
      if (record.type === 'chat.send' && record.seq === null) messages.push(record);
      const target = messageMarks.targetOf(entryOf(record, Number.MAX_SAFE_INTEGER, this.#me));
      if (target) changes.set(target.id, [...(changes.get(target.id) ?? []), record]);
    }
    return { messages, changes };
  }

  #marksWith(id: CommandId, marks: MessageMarks | null, { changes }: Waiting): MessageMarks | null {
    return (changes.get(id) ?? []).reduce<MessageMarks | null>(
      (folded, record, i) =>
        messageMarks.fold(folded, entryOf(record, Number.MAX_SAFE_INTEGER - 1_000 + i, this.#me)),
      marks,
    );
  }

  /** Own messages that no relay has. The newest first. */
  #own(query: SearchQuery, asked: Asked, waiting: Waiting): Hit[] {
    const hits: Hit[] = [];
    for (const { id, room, type, data, at } of waiting.messages.toReversed()) {
      const entry = { id, seq: 0, type, data, at, by: this.#me };
      const contents = contentsOf(entry, this.#marksWith(id, null, waiting));
      const hit = contents && { room, seq: null, id, title: '', ...contents };
      if (hit && fits(hit, query, asked)) hits.push(hit);
    }
    return hits;
  }

  async #messages(batch: readonly Candidate[], waiting: Waiting): Promise<(Hit | null)[]> {
    const found = await this.#storage.rooms.single(batch);
    return found.map((each, i) => {
      if (!each) return null;
      const { entry, marks } = each;
      const contents = contentsOf(entry, this.#marksWith(entry.id, marks as MessageMarks | null, waiting));
      const { id, seq } = entry;
      return contents && { room: batch[i]!.room, seq, id, title: '', ...contents };
    });
  }

  async #docs(batch: readonly Candidate[]): Promise<(Hit | null)[]> {
    const [texts, abouts] = await Promise.all([
      this.#store.read((tx) => Promise.all(batch.map(({ number }) => tx.objectStore('texts').get(number)))),
      this.#storage.rooms.some(batch.map(({ room }) => partOf(room, 'about'))),
    ]);
    return batch.map(({ room, seq, at }, i) => {
      const text = texts[i];
      const state = abouts[i]?.state as DocState | undefined;
      if (!text || !state?.created || state.deleted) return null;
      return {
        room,
        seq,
        id: null,
        by: state.created.by,
        name: null,
        at,
        title: state.title,
        text: text.text,
        files: [],
      };
    });
  }
}

const hasFilter = ({ room, by, from, to }: SearchQuery): boolean =>
  room !== null || by !== null || from !== null || to !== null;

function fits(hit: Hit, { kind, room, by, from, to }: SearchQuery, asked: Asked): boolean {
  if (room !== null && hit.room !== room) return false;
  if (by !== null && hit.by !== by) return false;
  if ((from !== null && hit.at < from) || (to !== null && hit.at >= to)) return false;
  if (kind === 'file') return hit.files.some((name) => isIn(name, asked));
  if (kind === 'doc') return isIn(`${hit.title}\n${hit.text}`, asked);
  return hit.text.trim() !== '' && isIn(hit.text, asked);
}
