import { afterEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { Attribution } from '../../../server/history/contract.ts';
import { day, Gate, HistoryRig, pad, Writer } from './history-rig.ts';

let rig: HistoryRig;
afterEach(() => rig.close());

const minute = 60_000;

/** People who write one document at the same time, each seeing what the others did when they are told. */
function people(...names: string[]) {
  const gate = new Gate();
  const writers = names.map((name, i) => new Writer(name, 100 + i));
  const rows: Uint8Array[] = [];
  const send = (writer: Writer): void => {
    const made = writer.take();
    if (!made) return;
    const row = gate.take(made);
    rows.push(row);
    rig.write(row, writer.name);
  };
  const meet = (): void => {
    for (const writer of writers) send(writer);
    for (const { doc } of writers) for (const row of rows) Y.applyUpdate(doc, row);
  };
  return { writers, send, meet };
}

type Of<Kind extends Attribution['of']> = Extract<Attribution, { of: Kind }>;
async function ask<Kind extends Attribution['of']>(
  kind: Kind,
  path: readonly (string | number)[] | null,
  range: { from?: number; to?: number } = {},
): Promise<Of<Kind>> {
  const told = await rig.attribution({ path, ...range });
  if (told.of !== kind) throw new Error(`told of a ${told.of}`);
  return told as Of<Kind>;
}

const shortly = ({ from, to, by, at }: Of<'sequence'>['runs'][number]) => [from, to, by, at];

describe('who wrote this', () => {
  it('is told for any range of a text, with the moment, in the order of the text', async () => {
    rig = new HistoryRig();
    const begun = rig.now;
    const { writers, meet } = people('ada', 'ben');
    const [ada, ben] = writers as [Writer, Writer];
    ada.text.insert(0, 'Hello world');
    meet();
    rig.now += 20 * minute;
    ben.text.insert(5, ', dear');
    meet();
    rig.now += 20 * minute;
    ada.text.insert(ada.text.length, '!');
    meet();
    const { runs, length } = await ask('sequence', ['t']);
    expect(length).toBe(18);
    expect(runs.map(shortly)).toEqual([
      [0, 5, 'ada', begun],
      [5, 11, 'ben', begun + 20 * minute],
      [11, 17, 'ada', begun],
      [17, 18, 'ada', begun + 40 * minute],
    ]);
    expect((await ask('sequence', ['t'], { from: 4, to: 7 })).runs.map(shortly)).toEqual([
      [4, 5, 'ada', begun],
      [5, 7, 'ben', begun + 20 * minute],
    ]);
  });

  it('joins what one person typed within five minutes, and no more', async () => {
    rig = new HistoryRig();
    const begun = rig.now;
    const { writers, send } = people('ada');
    const [ada] = writers as [Writer];
    for (let i = 0; i < 12; i++) {
      ada.text.insert(i, 'x');
      send(ada);
      rig.now += minute;
      if (i % 5 === 4) await rig.finish(rig.history.tend());
    }
    expect((await ask('sequence', ['t'])).runs.map(shortly)).toEqual([
      [0, 6, 'ada', begun],
      [6, 12, 'ada', begun + 6 * minute],
    ]);
    expect(rig.store.history.writings(pad, null, 100)).toHaveLength(2);
  });

  it('says who deleted, what was whose, and since when it is gone', async () => {
    rig = new HistoryRig();
    const begun = rig.now;
    const { writers, meet } = people('ada', 'ben');
    const [ada, ben] = writers as [Writer, Writer];
    ada.text.insert(0, 'keep this and that');
    meet();
    rig.now += 30 * minute;
    ben.text.delete(4, 5);
    meet();
    expect((await ask('sequence', ['t'])).deletions).toEqual([
      {
        position: 4,
        length: 5,
        by: 'ada',
        at: begun,
        client: 100,
        deletedBy: 'ben',
        deletedAt: begun + 30 * minute,
      },
    ]);
  });

  it('joins a row of backspaces', async () => {
    rig = new HistoryRig();
    const { writers, send } = people('ada');
    const [ada] = writers as [Writer];
    ada.text.insert(0, 'abcdefgh');
    send(ada);
    for (let i = 7; i >= 3; i--) {
      ada.text.delete(i, 1);
      send(ada);
      await rig.finish(rig.history.tend());
    }
    expect(rig.store.history.deletions(pad, 0, 100)).toMatchObject([{ client: 100, clock: 3, until: 8 }]);
  });

  it('is told for the value of a key, with those who wrote it before, and who removed it', async () => {
    rig = new HistoryRig();
    const begun = rig.now;
    const { writers, meet } = people('ada', 'ben', 'cho');
    const [ada, ben, cho] = writers as [Writer, Writer, Writer];
    const cell = ({ doc }: Writer) => doc.getMap<unknown>('table');
    for (const [i, writer] of [ada, ben, ben, ada].entries()) {
      cell(writer).set('price', i);
      meet();
      rig.now += 10 * minute;
    }
    const told = await ask('value', ['table', 'price']);
    expect(told.current).toMatchObject({ by: 'ada', at: begun + 30 * minute });
    expect(told.earlier.map(({ by, at }) => [by, at])).toEqual([
      ['ben', begun + 20 * minute],
      ['ben', begun + 10 * minute],
      ['ada', begun],
    ]);
    cell(cho).delete('price');
    meet();
    expect(await ask('value', ['table', 'price'])).toMatchObject({
      current: null,
      removed: { deletedBy: 'cho', deletedAt: begun + 40 * minute },
      earlier: [{ by: 'ada' }, { by: 'ben' }, { by: 'ben' }, { by: 'ada' }],
    });
  });

  it('follows a path into elements, attributes, texts under keys and values of lists', async () => {
    rig = new HistoryRig();
    const { writers, meet } = people('ada', 'ben');
    const [ada, ben] = writers as [Writer, Writer];
    const paragraph = new Y.XmlElement('paragraph');
    paragraph.insert(0, [new Y.XmlText('in a paragraph')]);
    ada.doc.getXmlFragment('content').insert(0, [new Y.XmlElement('heading'), paragraph]);
    ada.doc.getMap('notes').set('body', new Y.Text('under a key'));
    ada.doc.getArray('list').push([1, 2, 3]);
    meet();
    (ben.doc.getXmlFragment('content').get(1) as Y.XmlElement).setAttribute('align', 'right');
    ben.doc.getArray('list').insert(1, ['x']);
    meet();
    expect(await ask('sequence', ['content', 1, 0])).toMatchObject({ length: 14, runs: [{ by: 'ada' }] });
    expect(await ask('value', ['content', 1, 'align'])).toMatchObject({ current: { by: 'ben' } });
    expect(await ask('sequence', ['notes', 'body'])).toMatchObject({ length: 11 });
    expect(await ask('value', ['list', 1])).toMatchObject({ current: { by: 'ben' } });
    expect(await ask('value', ['list', 2])).toMatchObject({ current: { by: 'ada' } });
    for (const path of [
      ['nowhere'],
      ['content', 7],
      ['content', 1, 0, 3, 1],
      ['list', 'key'],
      ['notes', 'no'],
    ])
      await expect(rig.attribution({ path })).rejects.toThrow('not-found');
  });

  it('is told for the whole document, block by block', async () => {
    rig = new HistoryRig();
    const begun = rig.now;
    const { writers, meet } = people('ada', 'ben');
    const [ada, ben] = writers as [Writer, Writer];
    const line = (text: string): Y.XmlElement => {
      const paragraph = new Y.XmlElement('paragraph');
      paragraph.insert(0, [new Y.XmlText(text)]);
      return paragraph;
    };
    ada.doc.getXmlFragment('content').insert(0, [line('first'), line('second')]);
    meet();
    rig.now += 30 * minute;
    const second = ben.doc.getXmlFragment('content').get(1) as Y.XmlElement;
    (second.get(0) as Y.XmlText).insert(6, ' and more than that');
    meet();
    const { blocks, count } = await ask('blocks', null);
    expect(count).toBe(2);
    expect(blocks.map(({ path }) => path)).toEqual([
      ['content', 0],
      ['content', 1],
    ]);
    expect(blocks[0]).toMatchObject({ made: { by: 'ada', at: begun }, last: { by: 'ada', at: begun } });
    expect(blocks[1]).toMatchObject({
      made: { by: 'ada', at: begun },
      last: { by: 'ben', at: begun + 30 * minute },
      writers: [
        { by: 'ben', amount: 19 },
        { by: 'ada', amount: 8 },
      ],
    });
    expect((await ask('blocks', null, { from: 1, to: 9 })).blocks).toEqual([blocks[1]]);
  });
});

describe('what is known of authors', () => {
  const write = (): void => {
    const { writers, meet } = people('ada', 'ben', 'cho');
    for (let i = 0; i < 40; i++) {
      const { text } = writers[i % 3]!;
      text.insert((i * 7) % (text.length + 1), `line ${i} `);
      if (i % 4 === 0 && text.length > 9) text.delete((i * 5) % (text.length - 6), 4);
      meet();
      rig.now += 7 * minute;
    }
  };

  it('stays over compaction, merging of old rows and a crash', async () => {
    rig = new HistoryRig({ disk: true, keepDays: 1 });
    write();
    const before = await ask('sequence', ['t']);
    expect(new Set(before.runs.map(({ by }) => by))).toEqual(new Set(['ada', 'ben', 'cho']));
    expect(before.deletions.every(({ deletedBy }) => deletedBy !== null)).toBe(true);
    await rig.finish(rig.history.compact(pad));
    rig.crash();
    rig.now += 60 * day;
    await rig.finish(rig.history.tend());
    expect(rig.store.history.momentsFrom(pad, 0, 99)).toHaveLength(1);
    expect(await ask('sequence', ['t'])).toEqual(before);
  });

  it('is read from the rows of a database that did not keep it, in steps, from where it stopped', async () => {
    rig = new HistoryRig({ disk: true, keepDays: 1 });
    for (let i = 0; i < 12; i++) write();
    const before = await ask('sequence', ['t']);
    rig.database!.exec('DELETE FROM writings; DELETE FROM deletions; UPDATE indexed SET cursor = 0');
    let last = 0;
    for (let steps = 1; rig.store.history.indexedUpTo() < rig.store.head(); steps++) {
      expect(steps).toBeLessThan(20);
      void rig.history.tend();
      await rig.step(1);
      rig.crash();
      expect(rig.store.history.indexedUpTo()).toBeGreaterThan(last);
      last = rig.store.history.indexedUpTo();
    }
    expect(await ask('sequence', ['t'])).toEqual(before);
  });

  it('is not lost for rows that are old before they were looked at', async () => {
    rig = new HistoryRig({ disk: true, keepDays: 1 });
    write();
    rig.now += 60 * day;
    await rig.finish(rig.history.tend());
    expect((await ask('sequence', ['t'])).runs.every(({ by }) => by !== null)).toBe(true);
  });

  it('is not made up from a row that is damaged', async () => {
    rig = new HistoryRig({ disk: true });
    const { writers, send } = people('ada', 'ben');
    for (const writer of writers) {
      writer.text.insert(0, 'some words ');
      send(writer);
    }
    // What was in memory is gone: the rows are read.
    rig.crash();
    // Another client id in the bytes, by a bit of the disk: nothing is noted for it, or for anybody.
    rig.database!.exec(
      "UPDATE rows SET bytes = CAST(substr(bytes, 1, 2) || x'63' || substr(bytes, 4) AS BLOB) WHERE cursor = 1",
    );
    await rig.finish(rig.history.tend());
    expect(rig.store.history.writings(pad, null, 9).map(({ client }) => client)).toEqual([101]);
    expect(rig.store.history.indexedUpTo()).toBe(2);
  });

  it('is nobody where the index is damaged, and the rest is told', async () => {
    rig = new HistoryRig({ disk: true });
    const { writers, meet } = people('ada', 'ben');
    for (const { text } of writers) text.insert(0, 'some words ');
    meet();
    await rig.finish(rig.history.tend());
    rig.database!.exec("UPDATE writings SET by = 'eve' WHERE client = 100");
    const { runs } = await ask('sequence', ['t']);
    expect(runs.map(({ by }) => by).sort()).toEqual(['ben', null]);
  });
});
