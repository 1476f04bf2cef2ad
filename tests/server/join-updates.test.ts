import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { joinUpdates } from '../../server/relay/join-updates.ts';
import { encodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { LogEntry } from '../../shared/access/kind.ts';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';

const pieces = ['x', 'longer text', 'ä', '文字', '🎈', 'e\u0301', '\u{10ffff}', 'a🎈b', ''];
const values: readonly unknown[] = [
  1,
  -7.5,
  1e300,
  2 ** 40,
  'text',
  true,
  false,
  null,
  { not: undefined },
  Uint8Array.of(1, 2, 200),
  { deep: [{ a: [1, 'b', null] }], '': {} },
  [],
];

/** One random edit of anything a document can hold. */
function edit(doc: Y.Doc, random: (below: number) => number): void {
  const text = doc.getText('t');
  const array = doc.getArray('a');
  const map = doc.getMap('m');
  const tree = doc.getXmlFragment('x');
  const pick = <T>(of: readonly T[]): T => of[random(of.length)]!;
  const range = (length: number): [number, number] => {
    const from = random(length);
    return [from, 1 + random(Math.min(4, length - from))];
  };
  switch (random(11)) {
    case 0:
    case 1:
      return text.insert(random(text.length + 1), pick(pieces));
    case 2:
      return text.length > 0 ? text.delete(...range(text.length)) : undefined;
    case 3:
      return text.length > 0
        ? text.format(...range(text.length), { [pick(['bold', 'link'])]: pick(['yes', null]) })
        : undefined;
    case 4:
      return text.insertEmbed(random(text.length + 1), { image: pick(pieces) });
    case 5:
      return array.insert(random(array.length + 1), [pick(values), pick(values)]);
    case 6:
      return array.length > 0 ? array.delete(random(array.length), 1) : undefined;
    case 7:
      return void map.set(pick(['k', 'another key', '键']), pick(values));
    case 8:
      return map.delete(pick(['k', 'another key', '键']));
    case 9: {
      const element = new Y.XmlElement(pick(['p', 'heading']));
      element.setAttribute('level', pick(pieces));
      element.insert(0, [new Y.XmlText(pick(pieces)), new Y.XmlElement('br')]);
      return tree.insert(random(tree.length + 1), [element]);
    }
    default:
      return void array.push([new Y.Map(Object.entries({ of: pick(values), inner: new Y.Array() }))]);
  }
}

/** What a relay would have stored: updates of several writers, in an order in which all that is referred to is there. */
function stored(seed: number, edits: number): { updates: Uint8Array[]; whole: Uint8Array } {
  const random = seededRandom(seed);
  const relay = new Y.Doc();
  const updates: Uint8Array[] = [];
  relay.on('update', (update: Uint8Array) => updates.push(update));
  const writers = Array.from({ length: 1 + random(4) }, (_, i) => {
    const doc = new Y.Doc({ gc: random(2) === 0 });
    doc.clientID = [7, 200, 70_000, 2 ** 40 + 1][i]!;
    return doc;
  });
  for (let i = 0; i < edits; i++) {
    const doc = writers[random(writers.length)]!;
    // Sometimes several edits are one transaction, and sometimes somebody works without having seen the others'.
    doc.transact(() => {
      for (let more = random(3); more >= 0; more--) edit(doc, random);
    });
    if (random(3) > 0) Y.applyUpdate(doc, Y.encodeStateAsUpdate(relay, Y.encodeStateVector(doc)));
    Y.applyUpdate(relay, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(relay)));
  }
  return { updates, whole: Y.encodeStateAsUpdate(relay) };
}

const applied = (updates: readonly Uint8Array[]): Y.Doc => {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
};

const sameBytes = (a: Y.Doc, b: Y.Doc): boolean =>
  Buffer.compare(Y.encodeStateAsUpdate(a), Y.encodeStateAsUpdate(b)) === 0;

describe('updates joined by their bytes', () => {
  const first = seedFromEnvironment();
  it('say the same as one after the other, whatever was written', () => {
    for (let seed = first; seed < first + 200; seed++) {
      const { updates } = stored(seed, 24);
      const random = seededRandom(seed + 1);
      const groups: Uint8Array[][] = [];
      for (let at = 0; at < updates.length;) {
        const size = 1 + random(9);
        groups.push(updates.slice(at, (at += size)));
      }
      const frames = groups.map(joinUpdates);
      const [alone, joined] = [applied(updates), applied(frames.flat())];
      const why = `WEFT_SEED=${seed}`;
      expect(
        frames.map((made) => made.length),
        why,
      ).toEqual(groups.map(() => 1));
      expect(sameBytes(joined, alone), why).toBe(true);
      expect(joined.store.pendingStructs, why).toBeNull();
      expect(joined.store.pendingDs, why).toBeNull();
      for (const [i, group] of groups.entries())
        expect(Y.encodeStateVectorFromUpdate(frames[i]![0]!), why).toEqual(
          Y.encodeStateVectorFromUpdate(Y.mergeUpdates(group)),
        );
    }
  });

  it('are the bytes that Yjs writes when it merges what is typed', () => {
    const doc = new Y.Doc();
    doc.clientID = 9;
    const updates: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => updates.push(update));
    for (let i = 0; i < 300; i++) doc.getText('t').insert(i, 'x');
    doc.getText('t').delete(3, 5);
    doc.getText('t').delete(100, 2);
    expect(joinUpdates(updates)).toEqual([Y.mergeUpdates(updates)]);
  });

  it('stay apart where a clock is missing between them', () => {
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => updates.push(update));
    for (let i = 0; i < 5; i++) doc.getText('t').insert(i, 'x');
    const [a, b, , d, e] = updates;
    const made = joinUpdates([a!, b!, d!, e!]);
    expect(made).toEqual([joinUpdates([a!, b!])[0], joinUpdates([d!, e!])[0]]);
    expect(joinUpdates([a!, a!])).toEqual([a, a]);
  });

  it('stay apart where one cannot be read, and bytes are never lost', () => {
    const { updates } = stored(first, 30);
    const broken = [Uint8Array.of(1, 1, 5), Uint8Array.of(0, 0, 0), Uint8Array.of(1, 1, 1, 0, 31, 0)];
    for (const odd of broken) {
      const made = joinUpdates([updates[0]!, odd, updates[1]!]);
      expect(made).toEqual([updates[0], odd, updates[1]]);
    }
  });

  it('do not grow beyond a megabyte, and a larger one travels as it is', () => {
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => updates.push(update));
    for (const size of [600_000, 300_000, 300_000, 2_000_000, 10])
      doc.getText('t').insert(0, 'y'.repeat(size));
    const made = joinUpdates(updates);
    expect(made.map(({ length }) => Math.round(length / 1e5))).toEqual([9, 3, 20, 0]);
    expect(sameBytes(applied(made), applied(updates))).toBe(true);
  });

  it('may be runs of a log', () => {
    const entry = (seq: number): LogEntry =>
      ({
        seq,
        id: `e${seq}`,
        type: 'chat.send',
        by: 'ada',
        at: seq,
        data: { text: 'ß' },
      }) as unknown as LogEntry;
    const runs = [0, 1, 2, 3].map((seq) => encodeLogRun(seq, [entry(seq)]));
    const made = joinUpdates(runs);
    expect(made).toHaveLength(1);
    expect(applied(made).getArray('log').toJSON()).toEqual(applied(runs).getArray('log').toJSON());
  });
});
