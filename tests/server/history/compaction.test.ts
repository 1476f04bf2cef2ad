import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { equalBytes } from '../../../shared/base/bytes.ts';
import type { StoredRow } from '../../../server/storage/contract.ts';
import { randomOf } from '../../support/world-time.ts';
import { day, Gate, HistoryRig, pad, replay, Writer } from './history-rig.ts';

/** `WEFT_HISTORY_ROUNDS=10000` for a long run; `WEFT_SEED` for one again. */
const rounds = Number(process.env['WEFT_HISTORY_ROUNDS'] ?? 120);
const onlySeed = process.env['WEFT_SEED'];
const seeds = onlySeed ? [Number(onlySeed)] : Array.from({ length: rounds }, (_, i) => i + 1);

const words = ['warp ', 'weft ', 'shuttle ', '梭子', '🧵', 'x'];

/** What all rounds did: a test that compacts nothing proves nothing. */
const done = { checkpoint: 0, retention: 0 };

class Round {
  readonly rig: HistoryRig;
  readonly rows: StoredRow[] = [];
  readonly writers = ['ada', 'ben', 'cho'].map((name, i) => new Writer(name, 100 + i));
  readonly gate = new Gate();
  readonly random: () => number;

  constructor(seed: number) {
    this.random = randomOf(seed);
    const compacted = (into: keyof typeof done, rows: number): void => void (done[into] += rows);
    // Every tenth on a real database; the rest in memory, by the same contract.
    this.rig = new HistoryRig({ disk: seed % 10 === 0, keepDays: 1 + this.below(40), compacted });
  }

  below(n: number): number {
    return Math.floor(this.random() * n);
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** One of everything people and editors do to a text. */
  edit({ doc, text }: Writer): void {
    const end = text.length;
    const at = this.below(end + 1);
    const map = doc.getMap<unknown>('m');
    const content = doc.getXmlFragment('content');
    doc.transact(() => {
      switch (this.below(9)) {
        case 0:
          return void (end > 0 && text.delete(at % end, Math.min(1 + this.below(6), end - (at % end))));
        case 1:
          return void (end > 2 && text.format(at % end, 1, { bold: this.random() < 0.5 ? true : null }));
        case 2:
          return void map.set(this.pick(['a', 'b', 'c']), this.below(100));
        case 3:
          return map.delete(this.pick(['a', 'b', 'c']));
        case 4: {
          const paragraph = new Y.XmlElement('paragraph');
          paragraph.insert(0, [new Y.XmlText(this.pick(words))]);
          paragraph.setAttribute('level', String(this.below(3)));
          return content.insert(this.below(content.length + 1), [paragraph]);
        }
        case 5:
          return void (content.length > 0 && content.delete(this.below(content.length), 1));
        case 6:
          return void (text.insert(at, 'gone at once'), text.delete(at, 12));
        default:
          return text.insert(at, this.pick(words));
      }
    });
  }

  write(writer: Writer): void {
    const update = writer.take();
    if (!update) return;
    this.rows.push(this.rig.write(this.gate.take(update), writer.name));
  }

  async some(): Promise<void> {
    const writer = this.pick(this.writers);
    switch (this.below(12)) {
      case 0:
        for (const { bytes } of this.rows) Y.applyUpdate(writer.doc, bytes);
        return;
      case 1:
        this.rig.now += this.below(3 * day);
        return;
      case 2:
        void this.rig.history.compact(pad).catch(() => {});
        return;
      case 3:
        void this.rig.history.tend();
        return;
      case 4:
        if (this.below(4) === 0) this.rig.crash();
        return;
      case 5:
      case 6:
        await this.rig.step(1 + this.below(12));
        return;
      default:
        this.edit(writer);
        if (this.below(3) > 0) this.write(writer);
        this.rig.now += this.below(120_000);
    }
  }
}

async function play(seed: number): Promise<void> {
  const round = new Round(seed);
  const { rig } = round;
  try {
    const length = 30 + round.below(120);
    for (let i = 0; i < length; i++) await round.some();
    for (const writer of round.writers) round.write(writer);
    if (round.rows.length === 0) return;
    await check(round);
    // Older and older, until months are merged.
    for (const pass of [20, 45, 500]) {
      rig.now += pass * day;
      await rig.finish(rig.history.tend());
      await rig.finish(rig.history.compact(pad));
      await check(round);
    }
  } finally {
    rig.close();
  }
}

async function check({ rig, rows }: Round): Promise<void> {
  const whole = replay(rows);
  expect(equalBytes(rig.loaded(), whole), 'checkpoint and newer rows say the same as every row').toBe(true);
  const kept = rig.store.rowsAfter(pad, 0);
  expect(equalBytes(replay(kept), whole), 'the kept rows say the same as every row').toBe(true);
  for (const { cursor, seq, by, at } of kept)
    expect({ cursor, seq, by, at }).toEqual(place(rows.find((row) => row.cursor === cursor)!));
  const { at } = kept[Math.floor(kept.length / 2)]!;
  // Once while old rows may be merged under it, and once when nothing else happens.
  await checkVersion(rig, rows, at);
  while (await rig.step());
  await checkVersion(rig, rows, at);
  await checkAuthors(rig, rows, whole);
}

const place = ({ cursor, seq, by, at }: StoredRow) => ({ cursor, seq, by, at });

/** A version is what all rows up to its own moment came to. Every kept row has one. */
async function checkVersion(rig: HistoryRig, rows: readonly StoredRow[], asked: number): Promise<void> {
  const isKept = (): boolean => rig.store.rowsAfter(pad, 0).some(({ at }) => at === asked);
  const found = await rig.finish(rig.history.textAt(pad, asked));
  // Merged meanwhile with all that was before it.
  if (!found.ok && !isKept()) return expect(found.error.code).toBe('not-kept');
  if (!found.ok) throw new Error(found.error.code);
  const { seq, exact, update } = found.value;
  const before = rows.filter((row) => row.seq <= seq);
  expect(found.value).toMatchObject(place(before.at(-1)!));
  if (isKept()) expect({ exact, at: found.value.at }).toEqual({ exact: true, at: asked });
  expect(equalBytes(update, replay(before)), 'the version of a moment').toBe(true);
}

/** Everybody writes under one client id here, so who wrote a character is known without the index. */
async function checkAuthors(rig: HistoryRig, rows: readonly StoredRow[], whole: Uint8Array): Promise<void> {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, whole);
  const told = await rig.attribution({ path: ['t'] }).catch(() => null);
  if (!told) return expect(doc.share.has('t')).toBe(false);
  if (told.of !== 'sequence') throw new Error(`a text is no ${told.of}`);
  expect(told.runs.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(doc.getText('t').length);
  const names = ['ada', 'ben', 'cho'];
  for (const { by, client, at } of told.runs) {
    expect(by).toBe(names[client - 100]);
    expect(rows.some((row) => row.by === by && row.at === at)).toBe(true);
  }
}

test(
  'a compacted text says byte for byte what its rows say, whoever writes meanwhile and wherever it stops',
  { timeout: 600_000 },
  async () => {
    for (const seed of seeds)
      await play(seed).catch((error: unknown) => {
        console.error(`WEFT_SEED=${seed}`);
        throw error;
      });
    console.log(`${seeds.length} rounds, rows compacted: ${JSON.stringify(done)}`);
    expect(Math.min(done.checkpoint, done.retention)).toBeGreaterThan(5 * seeds.length);
  },
);
