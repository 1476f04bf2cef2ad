import * as Y from 'yjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import type { Row } from '../../shared/protocol/messages.ts';
import { RawDevice } from '../support/raw-device.ts';
import { startRelay, until, type RelayProcess } from '../support/relay-process.ts';
import { join, signIn, type SignedIn } from '../support/sign-in.ts';

const rounds = Number(process.env['WEFT_KILLS'] ?? 20);
const seed = Number(process.env['WEFT_SEED'] ?? Date.now() % 1_000_000);

/** Mulberry32: small, seeded, good enough to choose a moment. */
function random(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of the five: types into the shared text and talks in the group, as fast as the relay answers. */
class Writer {
  readonly device = new RawDevice();
  readonly doc = new Y.Doc();
  /** What was promised to this client: marks of acknowledged updates and ids of settled commands. */
  readonly promised = new Set<string>();
  readonly #who: SignedIn;
  #count = 0;
  #commands = 0;
  #compared = 0;
  #unacked = new Map<number, { mark: string; bytes: Uint8Array }>();

  constructor(who: SignedIn) {
    this.#who = who;
  }

  get token(): string {
    return this.#who.token;
  }

  /** Rows of a room pushed to this client that were not asked for before. */
  seenSince(room: RoomId): readonly Row[] {
    const rows = this.device.rows.slice(this.#compared).filter((row) => row.room === room);
    this.#compared = this.device.rows.length;
    return rows;
  }

  get member(): string {
    return this.#who.member.id;
  }

  async connect(address: string): Promise<void> {
    await this.device.connect(address, this.#who.token);
    if (this.#count === 0) this.doc.clientID = (await this.device.lease())[0]!;
  }

  /** What a returning device does first: everything that was not acknowledged once more, in order. */
  resend(room: RoomId): void {
    for (const [request, { bytes }] of this.#unacked)
      this.device.send({ type: 'update', request, room, bytes });
  }

  /** Types a mark that no other update has, and says a sentence. */
  write(text: RoomId, chat: RoomId): void {
    const request = ++this.#count;
    const mark = `[${this.member.slice(0, 4)}:${request}]`;
    const before = Y.encodeStateVector(this.doc);
    this.doc.getText('text').insert(this.doc.getText('text').length, mark);
    const bytes = Y.encodeStateAsUpdate(this.doc, before);
    this.#unacked.set(request, { mark, bytes });
    this.device.send({ type: 'update', request, room: text, bytes });
    const id = newId<CommandId>();
    const command = {
      id,
      n: ++this.#commands,
      room: chat,
      type: 'chat.send',
      data: { text: `says ${mark}` },
    };
    this.device.send({ type: 'command', command });
  }

  /** Moves what the relay said since the last call into `promised`. */
  collect(): void {
    for (const [request, { mark }] of this.#unacked)
      if (this.device.acked.has(request)) {
        this.promised.add(mark);
        this.#unacked.delete(request);
      }
    for (const [id, result] of this.device.results) if (result.ok) this.promised.add(id);
  }
}

describe('a relay that is killed while five clients write', () => {
  let relay: RelayProcess;
  let writers: Writer[];
  let text: RoomId;
  let chat: RoomId;

  beforeAll(async () => {
    relay = await startRelay();
    const admin = await signIn(relay.address);
    const others = await join(relay.address, admin, ['Ana', 'Bo', 'Chen', 'Dora']);
    writers = [admin, ...others].map((who) => new Writer(who));
    const workspace = admin.workspace.id;
    text = `${workspace}/scratch/killed` as RoomId;
    chat = `${workspace}/chat/killed` as RoomId;
    const maker = new RawDevice();
    await maker.connect(relay.address, admin.token);
    const id = newId<CommandId>();
    const made = maker.next('result', ({ result }) => result.id === id);
    const data = { type: 'group', title: 'Killed', members: others.map((who) => who.member.id) };
    maker.send({ type: 'command', command: { id, n: 1, room: chat, type: 'chat.create', data } });
    expect((await made).result).toMatchObject({ ok: true });
    maker.close();
  });
  afterAll(() => relay.stop());

  it(`keeps every update that a client saw acknowledged or from another, ${rounds} times in a row (seed ${seed})`, async () => {
    const chance = random(seed);
    for (let round = 0; round < rounds; round++) {
      await Promise.all(writers.map((writer) => writer.connect(relay.address)));
      for (const writer of writers) writer.resend(text);
      // Writing goes on in every turn of the loop until the kill, which comes while answers are on their way.
      const already = writers.reduce((sum, writer) => sum + writer.device.acked.size, 0);
      const target = already + 20 + Math.floor(chance() * 200);
      await until('some are acknowledged', () => {
        for (const writer of writers) for (let i = 0; i < 8; i++) writer.write(text, chat);
        return writers.reduce((sum, writer) => sum + writer.device.acked.size, 0) >= target;
      });
      await relay.kill9();
      await Promise.all(writers.map((writer) => writer.device.gone()));
      for (const writer of writers) writer.collect();
      await relay.start();
      await expectNothingLost(`round ${round}`);
      for (const writer of writers) writer.device.close();
    }
    const promised = writers.reduce((sum, writer) => sum + writer.promised.size, 0);
    const seen = writers.reduce((sum, writer) => sum + writer.device.rows.length, 0);
    console.info(
      `${rounds} kills, seed ${seed}: ${promised} acknowledged, ${seen} seen from others, none lost`,
    );
    expect(promised).toBeGreaterThan(rounds * 20);
    expect(seen).toBeGreaterThan(rounds * 20);
  }, 240_000);

  async function expectNothingLost(when: string): Promise<void> {
    const reader = new RawDevice();
    await reader.connect(relay.address, writers[0]!.token);
    const doc = new Y.Doc();
    const content = (await reader.pull(text)).rooms[0];
    if (content?.kind !== 'text') throw new Error('the text is missing');
    for (const update of content.updates) Y.applyUpdate(doc, update);
    const marks = doc.getText('text').toString();
    const said = new Map<string, number>();
    for (let from = 0, head = 1; from < head; from += 500) {
      const answer = reader.next('history');
      reader.send({ type: 'history', request: 0, room: chat, before: from + 500, limit: 500 });
      const { content } = await answer;
      head = content?.head ?? 0;
      for (const entry of content?.entries ?? [])
        if (entry.seq >= from) said.set(entry.id, (said.get(entry.id) ?? 0) + 1);
    }
    for (const writer of writers) {
      for (const promise of writer.promised) {
        if (promise.startsWith('[')) expect(marks.split(promise).length - 1, `${when}: ${promise}`).toBe(1);
        else expect(said.get(promise), `${when}: command ${promise}`).toBe(1);
      }
      const before = Y.encodeStateAsUpdate(doc);
      doc.transact(() => {
        for (const row of writer.seenSince(text)) Y.applyUpdate(doc, row.bytes);
      });
      expect(Y.encodeStateAsUpdate(doc), `${when}: rows seen by a client are all there`).toEqual(before);
    }
    reader.close();
  }
});
