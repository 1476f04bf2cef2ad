import { afterEach, describe, expect, it } from 'vitest';
import { statSync } from 'node:fs';
import * as Y from 'yjs';
import type { RoomId } from '../../../shared/base/ids.ts';
import { encodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import { periodOf } from '../../../server/history/retention.ts';
import { day, Gate, HistoryRig, pad, replay, Writer } from './history-rig.ts';

let rig: HistoryRig;
afterEach(() => rig.close());

const hour = 3_600_000;
const kept = (room = pad) => rig.store.history.momentsFrom(room, 0, 10_000);

/** Some rows a day for so many days, the last on the day before now. */
function days(count: number, aDay = 3): void {
  const ada = new Writer('ada', 100);
  const gate = new Gate();
  const end = rig.now;
  for (let back = count; back > 0; back--)
    for (let i = 0; i < aDay; i++) {
      rig.now = end - back * day + i * hour;
      ada.text.insert(ada.text.length, `day ${back}, line ${i}\n`);
      rig.write(gate.take(ada.take()!), i === aDay - 1 ? 'ben' : 'ada');
    }
  rig.now = end;
}

describe('versions of a text, as they get older', () => {
  it('are kept one by one for so many days, then one a day, and one a month after a year', async () => {
    rig = new HistoryRig({ keepDays: 30 });
    const end = rig.now;
    days(500);
    const before = replay(rig.store.rowsAfter(pad, 0));
    await rig.finish(rig.history.tend());
    const moments = kept();
    const young = moments.filter(({ at }) => at >= end - 30 * day);
    const middle = moments.filter(({ at }) => at < end - 30 * day && at >= end - 365 * day);
    const old = moments.filter(({ at }) => at < end - 365 * day);
    expect(young).toHaveLength(90);
    expect(new Set(middle.map(({ at }) => periodOf(at, end))).size).toBe(middle.length);
    expect(middle.length).toBeGreaterThanOrEqual(334);
    expect(old.length).toBeLessThanOrEqual(6);
    // The last row of a period gives the version its author, time, cursor and place.
    for (const { by, rows } of [...middle, ...old]) expect([by, rows > 1]).toEqual(['ben', true]);
    expect(moments.reduce((sum, { rows }) => sum + rows, 0)).toBe(1_500);
    expect(replay(rig.store.rowsAfter(pad, 0))).toEqual(before);
    expect(rig.store.room(pad)).toMatchObject({ rows: 1_500, cursor: 1_500, by: 'ben' });
  });

  it('a second look finds nothing to do', async () => {
    rig = new HistoryRig({ keepDays: 2 });
    days(20);
    await rig.finish(rig.history.tend());
    const before = kept();
    await rig.finish(rig.history.tend());
    expect(kept()).toEqual(before);
  });

  it('are all kept when it is said so', async () => {
    rig = new HistoryRig({ keepDays: 0 });
    days(500, 1);
    await rig.finish(rig.history.tend());
    expect(kept()).toHaveLength(500);
  });

  it('logs are records: not one entry is merged', async () => {
    rig = new HistoryRig({ disk: true, keepDays: 1 });
    const chat = 'w1/chat/team' as RoomId;
    const end = rig.now;
    for (let seq = 0; seq < 40; seq++) {
      rig.now = end - 400 * day + seq * hour;
      const entry = {
        seq,
        id: `c${seq}`,
        type: 'chat.send',
        by: 'ada',
        at: rig.now,
        data: { text: 'hello' },
      };
      rig.write(encodeLogRun(seq, [entry as never]), 'ada', chat);
    }
    rig.now = end;
    await rig.finish(rig.history.tend());
    expect(rig.store.rowsFrom(chat, 0, 100)).toHaveLength(40);
  });

  it('do without what came and went within a period', async () => {
    rig = new HistoryRig({ keepDays: 1 });
    const ada = new Writer('ada', 100);
    const gate = new Gate();
    ada.text.insert(0, 'stays');
    rig.write(gate.take(ada.take()!));
    ada.text.insert(5, 'a secret that nobody was to see '.repeat(200));
    rig.write(gate.take(ada.take()!));
    ada.text.delete(5, ada.text.length - 5);
    rig.write(gate.take(ada.take()!));
    rig.now += 3 * day;
    await rig.finish(rig.history.tend());
    const [only, ...others] = kept();
    expect(others).toEqual([]);
    expect(only!.size).toBeLessThan(100);
  });

  it('of one wrong clock do not end it', async () => {
    rig = new HistoryRig({ keepDays: 2 });
    const end = rig.now;
    const ada = new Writer('ada', 100);
    const gate = new Gate();
    for (const at of [
      end - 40 * day,
      end + 3_650 * day,
      end - 40 * day + hour,
      end - 40 * day + 2 * hour,
      end,
    ]) {
      rig.now = at;
      ada.text.insert(0, 'line\n');
      rig.write(gate.take(ada.take()!));
    }
    await rig.finish(rig.history.tend());
    expect(kept().map(({ rows }) => rows)).toEqual([1, 1, 2, 1]);
    const found = await rig.finish(rig.history.textAt(pad, end));
    expect(found).toMatchObject({ ok: true, value: { seq: 4 } });
  });

  it('are left alone when a row changes or goes while they are merged', async () => {
    for (const change of [
      'DELETE FROM rows WHERE cursor = 4',
      'UPDATE rows SET sum = sum + 1 WHERE cursor = 4',
    ])
      for (let steps = 1; steps < 8; steps++) {
        rig = new HistoryRig({ disk: true, keepDays: 1 });
        days(2);
        rig.now += 3 * day;
        let isDone = false;
        void rig.history.tend().then(() => (isDone = true));
        await rig.step(steps);
        const wasMerged = rig.store.history.mergedUpTo(pad);
        rig.database!.exec(change);
        while (!isDone) await rig.step();
        const cursors = kept().map(({ cursor }) => cursor);
        if (wasMerged < 6 && change.startsWith('UPDATE')) expect(cursors).toContain(4);
        if (change.startsWith('DELETE')) expect(cursors).not.toContain(4);
        rig.close();
      }
    rig = new HistoryRig();
  });

  it('give their place on the disk back', async () => {
    rig = new HistoryRig({ disk: true, keepDays: 1 });
    const ada = new Writer('ada', 100);
    const gate = new Gate();
    for (let i = 0; i < 60; i++) {
      ada.text.delete(0, ada.text.length);
      ada.text.insert(0, String(i % 10).repeat(50_000));
      rig.write(gate.take(ada.take()!));
    }
    const size = (): number => {
      rig.database!.pragma('wal_checkpoint(TRUNCATE)');
      return statSync(rig.database!.name).size;
    };
    const full = size();
    rig.now += 3 * day;
    await rig.finish(rig.history.tend());
    expect(full).toBeGreaterThan(3_000_000);
    expect(size()).toBeLessThan(full / 4);
  });
});

describe('the room as it was', () => {
  it('is told with the exact moment of the version, and whether more happened before the moment asked for', async () => {
    rig = new HistoryRig({ keepDays: 30 });
    const end = rig.now;
    days(60, 2);
    await rig.finish(rig.history.tend());
    const at = async (moment: number) => rig.finish(rig.history.textAt(pad, moment));

    const now = await at(end);
    expect(now).toMatchObject({ ok: true, value: { seq: 119, by: 'ben', exact: true } });
    const between = await at(end - 10 * day + hour / 2);
    expect(between).toMatchObject({ ok: true, value: { by: 'ada', at: end - 10 * day, exact: true } });
    // On a day of which only the evening is kept, the morning is the evening before.
    const morning = await at(end - 40 * day);
    expect(morning).toMatchObject({
      ok: true,
      value: { by: 'ben', at: end - 41 * day + hour, exact: false },
    });
    const doc = new Y.Doc();
    if (morning.ok) Y.applyUpdate(doc, morning.value.update);
    expect(doc.getText('t').toString()).toMatch(/day 41, line 1\n$/);
    expect(await at(end - 40 * day + hour)).toMatchObject({ ok: true, value: { exact: true } });

    expect(await at(end - 60 * day)).toMatchObject({ ok: false, error: { code: 'not-kept' } });
    expect(await at(end - 61 * day)).toMatchObject({ ok: false, error: { code: 'room-not-found' } });
    expect(await rig.finish(rig.history.textAt('w1/scratch/none' as RoomId, end))).toMatchObject({
      ok: false,
      error: { code: 'room-not-found' },
    });
  });

  it('is read from the checkpoint where that is older, and from the rows where it is not', async () => {
    rig = new HistoryRig();
    days(10, 5);
    await rig.finish(rig.history.compact(pad));
    days(1, 5);
    for (const { at, seq } of kept()) {
      const found = await rig.finish(rig.history.textAt(pad, at));
      if (!found.ok) throw new Error(found.error.code);
      const doc = new Y.Doc();
      Y.applyUpdate(doc, found.value.update);
      const before = rig.store.rowsAfter(pad, 0).filter((row) => row.seq <= found.value.seq);
      expect(found.value.seq).toBeGreaterThanOrEqual(seq);
      expect(Y.encodeStateAsUpdate(doc)).toEqual(replay(before));
    }
  });

  it('is a state it once had, also when old rows are merged while somebody asks', async () => {
    for (let steps = 1; steps < 16; steps++) {
      rig = new HistoryRig({ keepDays: 30 });
      const end = rig.now;
      days(33, 4);
      const rows = rig.store.rowsAfter(pad, 0);
      const asked = rows[5]!.at;
      const tended = rig.history.tend();
      await rig.step(steps);
      const found = await rig.finish(rig.history.textAt(pad, asked));
      if (!found.ok) throw new Error(found.error.code);
      expect(found.value.seq).toBeLessThanOrEqual(5);
      expect(found.value.update).toEqual(replay(rows.slice(0, found.value.seq + 1)));
      await rig.finish(tended);
      expect(rig.now).toBe(end);
      rig.close();
    }
    rig = new HistoryRig();
  });

  it('a list of versions is by author and pause, in pages, and leaves nothing out', async () => {
    rig = new HistoryRig({ keepDays: 30 });
    const end = rig.now;
    days(40, 3);
    rig.now = end - hour;
    const ada = new Writer('ada', 200);
    const gate = new Gate();
    for (const [by, minutes] of [
      ['ada', 0],
      ['ada', 1],
      ['ben', 1],
      ['ada', 1],
      ['ada', 30],
    ] as const) {
      rig.now += minutes * 60_000;
      ada.text.insert(0, 'x');
      rig.write(gate.take(ada.take()!), by);
    }
    rig.now = end;
    await rig.finish(rig.history.tend());
    const first = await rig.finish(rig.history.versions(pad, Number.MAX_SAFE_INTEGER, 4, 0));
    expect(first.versions.map(({ by, rows, merged }) => [by, rows, merged])).toEqual([
      ['ada', 1, false],
      ['ada', 1, false],
      ['ben', 1, false],
      ['ada', 2, false],
    ]);
    const all = [...first.versions];
    for (let next = first.next; next !== null;) {
      const more = await rig.finish(rig.history.versions(pad, next, 4, 0));
      all.push(...more.versions);
      next = more.next;
    }
    expect(all.reduce((sum, { rows }) => sum + rows, 0)).toBe(125);
    expect(all.map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq).sort((a, b) => b - a));
    expect(all.at(-1)).toMatchObject({ merged: true, rows: 3, by: 'ben' });
  });

  it('a log is its entries up to then, and what they come to', async () => {
    rig = new HistoryRig({ disk: true });
    const chat = 'w1/doc/plan:about' as RoomId;
    const begun = rig.now;
    for (let seq = 0; seq < 600; seq++) {
      rig.now = begun + seq * 1_000;
      const type = seq === 0 ? 'doc.create' : 'doc.rename';
      const entry = { seq, id: `c${seq}`, type, by: 'ada', at: rig.now, data: { title: `title ${seq}` } };
      rig.write(encodeLogRun(seq, [entry as never]), 'ada', chat);
    }
    const found = await rig.finish(rig.history.logAt(chat, begun + 300_500, 10, 0));
    expect(found).toMatchObject({ ok: true, value: { seq: 300, from: 291, exact: true } });
    if (!found.ok) return;
    expect(found.value.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 10 }, (_, i) => 291 + i));
    expect(found.value.state).toMatchObject({ title: 'title 300' });
  });
});
