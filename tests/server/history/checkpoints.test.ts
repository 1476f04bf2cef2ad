import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { RoomId } from '../../../shared/base/ids.ts';
import { createDesk, DeskFull } from '../../../server/history/desk.ts';
import { createThreadWorkshop } from '../../../server/history/thread.ts';
import { createInlineWorkshop } from '../../../server/history/workshop.ts';
import type { HistoryStore } from '../../../server/storage/history-contract.ts';
import { startRig, typing, type Rig } from '../relay-rig.ts';
import { HistoryRig, pad, replay, Writer } from './history-rig.ts';

let rig: HistoryRig;
afterEach(() => rig.close());

/** A text that takes several parts. */
function fill(room = pad, rows = 8): void {
  const ada = new Writer('ada', 100);
  for (let i = 0; i < rows; i++) {
    ada.text.insert(0, String(i % 10).repeat(80_000));
    rig.write(ada.take()!, 'ada', room);
  }
}

const parts = (): number =>
  rig.database!.prepare<[], number>('SELECT count(*) FROM checkpoint_parts').pluck().get()!;

describe('a checkpoint', () => {
  it('is there whole or not at all, wherever the relay dies while it is made', async () => {
    rig = new HistoryRig({ disk: true });
    fill();
    const whole = rig.loaded();
    for (let steps = 1; rig.store.history.checkpoint(pad) === null; steps++) {
      expect(steps).toBeLessThan(100);
      void rig.history.compact(pad);
      await rig.step(steps);
      rig.crash();
      expect(Buffer.compare(rig.loaded(), whole)).toBe(0);
    }
    expect(parts()).toBeGreaterThan(2);
    // The next one replaces it, and what a crash left behind goes.
    fill(pad, 2);
    for (let steps = 1; steps < 12; steps++) {
      void rig.history.compact(pad);
      await rig.step(steps);
      rig.crash();
    }
    await rig.finish(rig.history.compact(pad));
    await rig.finish(rig.history.tend());
    expect(parts()).toBe(rig.store.history.checkpoint(pad)!.parts);
    expect(Buffer.compare(rig.loaded(), replay(rig.store.rowsAfter(pad, 0)))).toBe(0);
  });

  it('keeps its parts while others are swept away', async () => {
    for (let steps = 1; steps < 14; steps++) {
      rig = new HistoryRig({ disk: true });
      fill();
      const made = rig.history.compact(pad);
      await rig.step(steps);
      await rig.finish(rig.history.tend());
      expect(await rig.finish(made)).toBe(true);
      expect(rig.store.snapshot(pad)).not.toBeNull();
      rig.close();
    }
    rig = new HistoryRig();
  });

  it('does not bring back a room that was erased while it was made', async () => {
    for (let steps = 1; steps < 14; steps++) {
      rig = new HistoryRig({ disk: true });
      fill();
      let used: boolean | null = null;
      void rig.history.compact(pad).then((done) => (used = done));
      await rig.step(steps);
      const wasInTime = rig.store.history.checkpoint(pad) !== null;
      rig.database!.exec('DELETE FROM checkpoints; DELETE FROM rows; DELETE FROM rooms');
      while (await rig.step());
      await rig.finish(rig.history.tend());
      expect(rig.store.history.checkpoint(pad)).toBeNull();
      expect(rig.store.snapshot(pad)).toBeNull();
      expect(parts()).toBe(0);
      if (!wasInTime) expect(used).not.toBe(true);
      rig.close();
    }
    rig = new HistoryRig();
  });

  it('of which a part is damaged is as good as none', async () => {
    rig = new HistoryRig({ disk: true });
    fill();
    const whole = rig.loaded();
    await rig.finish(rig.history.compact(pad));
    rig.database!.exec(
      "UPDATE checkpoint_parts SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE part = 1",
    );
    expect(rig.store.snapshot(pad)).toBeNull();
    expect(Buffer.compare(rig.loaded(), whole)).toBe(0);
    const now = await rig.finish(rig.history.textAt(pad, rig.now));
    expect(now.ok && Buffer.compare(now.value.update, whole)).toBe(0);
    fill(pad, 1);
    expect(await rig.finish(rig.history.compact(pad))).toBe(true);
    expect(rig.store.snapshot(pad)).not.toBeNull();
    expect(Buffer.compare(rig.loaded(), replay(rig.store.rowsAfter(pad, 0)))).toBe(0);
  });

  it('is not made of damaged rows, and other rooms do not mind', async () => {
    rig = new HistoryRig({ disk: true, keepDays: 1 });
    const other = 'w1/scratch/other' as RoomId;
    fill();
    fill(other);
    rig.database!.exec("UPDATE rows SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE cursor = 3");
    await expect(rig.finish(rig.history.compact(pad))).rejects.toThrow('not what was stored');
    await expect(rig.finish(rig.history.textAt(pad, rig.now))).rejects.toMatchObject({
      reason: 'damaged',
      room: pad,
    });
    expect(rig.store.history.checkpoint(pad)).toBeNull();
    rig.now += 10 * 24 * 3_600_000;
    await rig.finish(rig.history.tend());
    expect(rig.store.history.momentsFrom(pad, 0, 100)).toHaveLength(8);
    expect(rig.store.history.momentsFrom(other, 0, 100)).toHaveLength(1);
    expect(rig.warnings).toContain('old rows were not merged');
    expect(await rig.finish(rig.history.compact(other))).toBe(true);
  });

  it('tells nobody a moment or an author that a bit of the disk made up', async () => {
    rig = new HistoryRig({ disk: true });
    fill();
    rig.database!.exec("UPDATE rows SET by = 'eve' WHERE cursor = 3");
    await expect(rig.finish(rig.history.versions(pad, 100, 10, 0))).rejects.toMatchObject({ room: pad });
    await rig.finish(rig.history.tend());
    const writers = rig.store.history.writings(pad, null, 100).map(({ by }) => by);
    expect(new Set(writers)).toEqual(new Set(['ada']));
  });

  it('comes by itself when a text has grown, and rows keep their place', async () => {
    rig = new HistoryRig({ disk: true });
    const ada = new Writer('ada', 100);
    const rows = Array.from({ length: 900 }, (_, i) => {
      ada.text.insert(i, 'a line that is long enough that many of them are worth merging, all in all\n');
      return rig.write(ada.take()!);
    });
    while (await rig.step());
    expect(rig.store.history.checkpoint(pad)?.seq).toBeGreaterThanOrEqual(499);
    const kept = rig.store.rowsAfter(pad, 0).map(({ seq, cursor }) => ({ seq, cursor }));
    expect(kept).toEqual(rows.map(({ seq, cursor }) => ({ seq, cursor })));
  });
});

describe('the workshop', () => {
  it('that fails in the middle of a job fails this job alone', async () => {
    let started: Worker | null = null;
    let starts = 0;
    const start = (): Worker => {
      // Answers nothing the first time, and ends; the second time it says that all went well.
      const code =
        starts++ === 0
          ? "require('node:worker_threads').parentPort.on('message', () => process.exit(1))"
          : "const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => parentPort.postMessage({ ok: true, value: 7 }))";
      return (started = new Worker(code, { eval: true }));
    };
    const desk = createDesk(createThreadWorkshop(start), () => {});
    rig = new HistoryRig();
    await expect(desk.forLater((calls) => calls.state())).rejects.toThrow('ended');
    await expect(desk.forLater((calls) => calls.state())).resolves.toBe(7);
    await (started as Worker | null)?.terminate();
  });

  it('serves people before housekeeping, and does not let them wait without end', async () => {
    rig = new HistoryRig();
    const desk = createDesk(createInlineWorkshop(), () => {});
    const order: string[] = [];
    let release = (): void => {};
    const first = desk.forLater(() => new Promise<void>((done) => (release = done)));
    const later = desk.forLater(async () => void order.push('housekeeping'));
    const people = Array.from({ length: 32 }, () =>
      desk.forSomebody(async () => void order.push('somebody')),
    );
    await expect(desk.forSomebody(async () => {})).rejects.toThrow(DeskFull);
    release();
    await Promise.all([first, later, ...people]);
    expect(order.at(-1)).toBe('housekeeping');
    expect(order).toHaveLength(33);
  });
});

describe('on a relay', () => {
  let relay: Rig;
  afterEach(() => relay.stop());

  it('[S-3] a device from before what was merged is given the whole text, one from after it what it lacks', async () => {
    rig = new HistoryRig();
    let now = Date.now() - 100 * 24 * 3_600_000;
    relay = await startRig({ keepDays: 30, clock: { now: () => now } });
    await relay.people('ada');
    const ada = await relay.device('ada');
    const room = relay.room('scratch', 'pad');
    const mine = typing((await ada.lease())[0]!);
    const cursors: number[] = [];
    const write = async (): Promise<void> => {
      mine.text.insert(mine.text.length, 'a line\n');
      const answer = await ada.update(room, mine.take());
      if (answer.type === 'acked') cursors.push(answer.cursor);
    };
    for (let i = 0; i < 4; i++) await write();
    now += 100 * 24 * 3_600_000;
    for (let i = 0; i < 2; i++) await write();
    const before = relay.relay.text(room);
    await relay.relay.history.tend();
    const merged = relay.store.history as HistoryStore;
    expect(merged.mergedUpTo(room)).toBe(cursors[3]);
    const pull = async (cursor: number) => (await ada.pull({ room, cursor })).rooms[0]!;
    expect(await pull(cursors[1]!)).toMatchObject({
      kind: 'text',
      whole: true,
      rows: [],
      cursor: cursors[5],
    });
    expect(await pull(cursors[3]!)).toMatchObject({ kind: 'text', whole: false, rows: [{}, {}] });
    expect(await pull(cursors[4]!)).toMatchObject({ kind: 'text', whole: false, rows: [{}] });
    await relay.restart();
    expect(Buffer.compare(relay.relay.text(room), before)).toBe(0);
  });
});
