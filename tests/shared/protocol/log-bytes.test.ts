import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { decodeLogRun, encodeLogRun, logRoot, logWriter } from '../../../shared/protocol/log-bytes.ts';

const values: unknown[] = [
  { text: 'hello' },
  {},
  { text: '你好 👋', mentions: ['ada'], nested: { list: [1, -1, 1.5, 2 ** 40, null, true, ''] } },
  null,
];
const entries = (count: number, from = 0): LogEntry[] =>
  Array.from({ length: count }, (_, i) => ({
    seq: from + i,
    id: `c${from + i}` as CommandId,
    type: 'chat.send',
    by: 'ada' as MemberId,
    at: 1_700_000_000_000 + i,
    data: values[(from + i) % values.length],
  }));

/** What Yjs itself makes of the same entries, pushed by the one writer. */
function byYjs(all: readonly LogEntry[], atOnce: boolean): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = logWriter;
  const stored = all.map(({ seq: _seq, ...entry }) => entry);
  if (atOnce) doc.getArray(logRoot).push(stored);
  else for (const entry of stored) doc.getArray(logRoot).push([entry]);
  return doc;
}

describe('log bytes', () => {
  it.each([1, 2, 7, 300])('[F-5] of %i entries are those that Yjs writes', (count) => {
    const all = entries(count);
    expect(encodeLogRun(0, all)).toEqual(Y.encodeStateAsUpdate(byYjs(all, true)));
    expect(encodeLogRun(0, all)).toEqual(Y.encodeStateAsUpdate(byYjs(all, false)));
  });

  it('[F-5] of a run in the middle are the difference that Yjs writes', () => {
    const all = entries(20);
    const first = byYjs(all.slice(0, 12), true);
    const difference = Y.encodeStateAsUpdate(byYjs(all, false), Y.encodeStateVector(first));
    expect(encodeLogRun(12, all.slice(12))).toEqual(difference);
    expect(encodeLogRun(20, [])).toEqual(Y.encodeStateAsUpdate(new Y.Doc()));
  });

  it('[F-5] row by row, in any order, make the same document', () => {
    const all = entries(10);
    const rows = all.map((entry) => encodeLogRun(entry.seq, [entry]));
    const doc = new Y.Doc();
    for (const row of rows.reverse()) Y.applyUpdate(doc, row);
    expect(doc.getArray(logRoot).toJSON()).toEqual(all.map(({ seq: _seq, ...entry }) => entry));
    expect(Y.encodeStateAsUpdate(doc)).toEqual(encodeLogRun(0, all));
  });

  it('[F-5] are read as they were written', () => {
    expect(decodeLogRun(encodeLogRun(5, entries(9, 5)))).toEqual(entries(9, 5));
    expect(decodeLogRun(encodeLogRun(0, []))).toEqual([]);
  });

  it('[F-5] of anything else are refused', () => {
    const foreign = byYjs(entries(1), true);
    foreign.clientID = 2;
    foreign.getArray(logRoot).push(['x']);
    const elsewhere = new Y.Doc();
    elsewhere.clientID = logWriter;
    elsewhere.getArray('other').push(['x']);
    const text = new Y.Doc();
    text.clientID = logWriter;
    text.getText(logRoot).insert(0, 'x');
    for (const doc of [foreign, elsewhere, text])
      expect(() => decodeLogRun(Y.encodeStateAsUpdate(doc))).toThrow('not a log run');
    const run = encodeLogRun(0, entries(2));
    expect(() => decodeLogRun(run.subarray(0, run.length - 2))).toThrow();
    expect(() => decodeLogRun(Uint8Array.from([...run, 0]))).toThrow();
  });
});
