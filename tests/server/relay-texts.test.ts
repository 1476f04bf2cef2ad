import * as Y from 'yjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandId, RoomId } from '../../shared/base/ids.ts';
import { startRig, typing, type Rig, type TestDevice } from './relay-rig.ts';

let rig: Rig;
let ada: TestDevice;
let ben: TestDevice;
let pad: RoomId;
beforeEach(async () => {
  rig = await startRig();
  await rig.people('ada', 'ben');
  ada = await rig.device('ada');
  ben = await rig.device('ben');
  pad = rig.room('scratch', 'pad');
});
afterEach(() => rig.stop());

const lease = async (of: TestDevice): Promise<number> => (await of.lease())[0]!;
const stored = (): Uint8Array => rig.relay.text(pad);
const read = (): string => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, stored());
  return doc.getText('t').toJSON();
};

describe('an update', () => {
  it('[U-1] is acknowledged, shown to others, and there after a restart', async () => {
    const mine = typing(await lease(ada));
    mine.text.insert(0, 'hello');
    expect(await ada.update(pad, mine.take())).toMatchObject({ type: 'acked', cursor: rig.store.head() });
    await ben.row(pad);
    expect(read()).toBe('hello');
    await rig.restart();
    expect(read()).toBe('hello');
  });

  it('[U-1] of two devices in one turn is stored for both in one order', async () => {
    const [mine, yours] = [typing(await lease(ada)), typing(await lease(ben))];
    mine.text.insert(0, 'A');
    yours.text.insert(0, 'B');
    const both = [
      rig.relay.update(rig.caller('ada'), pad, mine.take()),
      rig.relay.update(rig.caller('ben'), pad, yours.take()),
    ];
    expect(await Promise.all(both)).toMatchObject([{ ok: true }, { ok: true }]);
    expect(read()).toHaveLength(2);
    const cursors = rig.store.rowsAfter(pad, 0).map(({ cursor }) => cursor);
    expect(cursors[1]! - cursors[0]!).toBe(1);
  });

  it('[U-3] under an id of another device, of nobody, or of the log writer is refused', async () => {
    const [client] = await ben.lease();
    for (const id of [client!, 77, 1, 2 ** 40]) {
      const forged = typing(id);
      forged.text.insert(0, 'x');
      expect(await ada.update(pad, forged.take())).toMatchObject({ code: 'update-not-leased' });
    }
    expect(rig.store.room(pad)).toBeNull();
  });

  it('[U-3] may bring along what the relay has, whoever wrote it', async () => {
    const yours = typing(await lease(ben));
    yours.text.insert(0, 'yours ');
    await ben.update(pad, yours.take());
    const mine = typing(await lease(ada), stored());
    mine.text.insert(6, 'mine');
    const everything = Y.encodeStateAsUpdate(mine.doc);
    expect(await ada.update(pad, everything)).toMatchObject({ type: 'acked' });
    expect(read()).toBe('yours mine');
    // Only what was new is stored.
    expect(rig.store.rowsAfter(pad, 0)[1]!.bytes.length).toBeLessThan(everything.length);
  });

  it('[U-4] after a gap is refused, and taken once the gap is filled', async () => {
    const mine = typing(await lease(ada));
    mine.text.insert(0, 'a');
    const first = mine.take();
    mine.text.insert(1, 'b');
    const second = mine.take();
    expect(await ada.update(pad, second)).toMatchObject({ code: 'update-clock-gap' });
    expect(await ada.update(pad, first)).toMatchObject({ type: 'acked' });
    expect(await ada.update(pad, second)).toMatchObject({ type: 'acked' });
    expect(read()).toBe('ab');
  });

  it('[U-5] that refers to what the relay does not have is refused', async () => {
    const yours = typing(await lease(ben));
    yours.text.insert(0, 'unsent');
    const mine = typing(await lease(ada), Y.encodeStateAsUpdate(yours.doc));
    mine.text.insert(3, 'x');
    expect(await ada.update(pad, mine.take())).toMatchObject({ code: 'update-missing-reference' });
    mine.text.delete(0, 1);
    expect(await ada.update(pad, mine.take())).toMatchObject({ code: 'update-missing-reference' });
  });

  it('[U-6] under a root that the kind does not have is refused', async () => {
    await ada.command(rig.room('doc', 'd', 'about'), 'doc.create', { title: 'D' });
    const mine = typing(await lease(ada));
    mine.text.insert(0, 'x');
    const update = await ada.update(rig.room('doc', 'd'), mine.take());
    expect(update).toMatchObject({ code: 'update-forbidden-content' });
  });

  it('[U-7] that is refused leaves the stored bytes as they were', async () => {
    const mine = typing(await lease(ada));
    mine.text.insert(0, 'kept');
    const good = mine.take();
    await ada.update(pad, good);
    const before = stored();
    mine.text.insert(4, ' more');
    const next = mine.take();
    const cut = next.slice(0, next.length - 1);
    const trailing = Uint8Array.from([...next, 0]);
    const swapped = next.slice();
    swapped[0] = 9;
    for (const bad of [cut, trailing, swapped, new Uint8Array(), Uint8Array.of(255)])
      expect(await ada.update(pad, bad)).toMatchObject({ type: 'refused' });
    expect(stored()).toEqual(before);
    expect(await ada.update(pad, next)).toMatchObject({ type: 'acked' });
  });

  it('[U-8] with nothing new is acknowledged and not stored', async () => {
    const mine = typing(await lease(ada));
    mine.text.insert(0, 'abc');
    mine.text.delete(1, 1);
    const update = mine.take();
    await ada.update(pad, update);
    const { rows } = rig.store.room(pad)!;
    expect(await ada.update(pad, update)).toMatchObject({ type: 'acked' });
    expect(await ada.update(pad, Uint8Array.of(0, 0))).toMatchObject({ type: 'acked' });
    expect(rig.store.room(pad)!.rows).toBe(rows);
  });

  it('[U-9] is taken after its doc.create in the same turn, and refused before it', async () => {
    const [about, doc] = [rig.room('doc', 'd', 'about'), rig.room('doc', 'd')];
    const [client] = await ada.lease();
    const mine = new Y.Doc();
    mine.clientID = client!;
    mine.getXmlFragment('content').insert(0, [new Y.XmlElement('paragraph')]);
    const bytes = Y.encodeStateAsUpdate(mine);
    const caller = rig.caller('ada');
    const create = (id: string, n: number) =>
      rig.relay.command(caller, {
        id: id as CommandId,
        n,
        room: about,
        type: 'doc.create',
        data: { title: '' },
      });
    const tooEarly = rig.relay.update(caller, doc, bytes);
    const created = create('c', 1);
    const inTime = rig.relay.update(caller, doc, bytes);
    expect(await tooEarly).toMatchObject({ ok: false, error: { code: 'room-not-found' } });
    expect(await created).toMatchObject({ ok: true });
    expect(await inTime).toMatchObject({ ok: true });
    expect(Y.encodeStateAsUpdate(mine)).toEqual(rig.relay.text(doc));
  });

  it('[U-9] of a deleted doc is refused until it is restored', async () => {
    const [about, doc] = [rig.room('doc', 'd', 'about'), rig.room('doc', 'd')];
    ada.n = 0;
    await ada.command(about, 'doc.create', { title: '' });
    await ada.command(about, 'doc.delete', {});
    const mine = new Y.Doc();
    mine.clientID = await lease(ada);
    mine.getXmlFragment('content').insert(0, [new Y.XmlElement('paragraph')]);
    const bytes = Y.encodeStateAsUpdate(mine);
    expect(await ada.update(doc, bytes)).toMatchObject({ code: 'document-deleted' });
    await ada.command(about, 'doc.restore', {});
    expect(await ada.update(doc, bytes)).toMatchObject({ type: 'acked' });
  });

  it('[U-2] of a log room is refused: only the relay writes there', async () => {
    const mine = typing(await lease(ada));
    mine.text.insert(0, 'x');
    expect(await ada.update(rig.room('directory', 'main'), mine.take())).toMatchObject({ code: 'read-only' });
  });
});

describe('honest work', () => {
  it('[U-5] that was done offline on both sides merges to the same bytes everywhere', async () => {
    const mine = typing(await lease(ada));
    mine.text.insert(0, 'The quick fox');
    await ada.update(pad, mine.take());
    const yours = typing(await lease(ben), stored());
    mine.text.insert(4, 'very ');
    mine.text.delete(0, 3);
    yours.text.insert(10, 'brown ');
    expect(await ada.update(pad, mine.take())).toMatchObject({ type: 'acked' });
    expect(await ben.update(pad, yours.take())).toMatchObject({ type: 'acked' });
    for (const { bytes } of rig.store.rowsAfter(pad, 0)) {
      Y.applyUpdate(mine.doc, bytes);
      Y.applyUpdate(yours.doc, bytes);
    }
    expect(Y.encodeStateAsUpdate(mine.doc)).toEqual(Y.encodeStateAsUpdate(yours.doc));
    expect(Y.encodeStateAsUpdate(mine.doc)).toEqual(stored());
  });

  it('[U-3] undone and redone is accepted', async () => {
    const mine = typing(await lease(ada));
    const undo = new Y.UndoManager(mine.text, { captureTimeout: 0 });
    mine.text.insert(0, 'one');
    mine.text.insert(3, ' two');
    undo.undo();
    undo.redo();
    undo.undo();
    expect(await ada.update(pad, mine.take())).toMatchObject({ type: 'acked' });
    expect(read()).toBe('one');
  });

  it('[U-2] typed and emptied again, so that only collected structs are left, is accepted', async () => {
    const mine = typing(await lease(ada));
    const list = mine.doc.getArray<Y.Map<string>>('list');
    list.push([new Y.Map([['key', 'value']])]);
    mine.text.insert(0, 'gone');
    list.delete(0, 1);
    mine.text.delete(0, 4);
    expect(await ada.update(pad, Y.encodeStateAsUpdate(mine.doc))).toMatchObject({ type: 'acked' });
    mine.take();
    mine.text.insert(0, 'new');
    expect(await ada.update(pad, mine.take())).toMatchObject({ type: 'acked' });
    expect(read()).toBe('new');
  });

  it('[U-8] where Yjs tidies formatting marks keeps every copy equal', async () => {
    const mine = typing(await lease(ada));
    mine.text.insert(0, 'bold words');
    await ada.update(pad, mine.take());
    const yours = typing(await lease(ben), stored());
    mine.text.format(0, 4, { bold: true });
    yours.text.format(0, 4, { bold: true });
    await ada.update(pad, mine.take());
    await ben.update(pad, yours.take());
    // Each side applies what it lacks; the tidying that follows is its own change and is sent.
    for (let round = 0; round < 3; round++)
      for (const [device, side] of [
        [ada, mine],
        [ben, yours],
      ] as const) {
        for (const { bytes } of rig.store.rowsAfter(pad, 0)) Y.applyUpdate(side.doc, bytes);
        const tidied = Y.encodeStateAsUpdate(side.doc, Y.encodeStateVectorFromUpdate(stored()));
        expect(await device.update(pad, tidied)).toMatchObject({ type: 'acked' });
      }
    expect(Y.encodeStateAsUpdate(mine.doc)).toEqual(stored());
    expect(Y.encodeStateAsUpdate(yours.doc)).toEqual(stored());
  });

  it('[U-1] is whole after a snapshot of many rows and a restart', async () => {
    const mine = typing(await lease(ada));
    const caller = rig.caller('ada');
    const all: Promise<unknown>[] = [];
    for (let i = 0; i < 1_200; i++) {
      mine.text.insert(mine.text.length, `line ${i}, long enough that a snapshot is worth its while here\n`);
      all.push(rig.relay.update(caller, pad, mine.take()));
    }
    await Promise.all(all);
    await rig.restart();
    expect(read()).toBe(mine.text.toJSON());
    expect(stored()).toEqual(Y.encodeStateAsUpdate(mine.doc));
  });
});

describe('a lease', () => {
  it('[L-1] is a large number that no other device gets', async () => {
    const [first, second] = [await ada.lease(32), await ben.lease(32)];
    for (const id of [...first, ...second]) {
      expect(Number.isSafeInteger(id)).toBe(true);
      expect(id).toBeGreaterThanOrEqual(2 ** 32);
    }
    expect(new Set([...first, ...second]).size).toBe(64);
  });

  it('[L-2] is still the device’s after a restart; a stock is never more than the limit', async () => {
    const [id] = await ada.lease(1_000_000);
    await rig.restart();
    const again = await rig.device('ada');
    const mine = typing(id!);
    mine.text.insert(0, 'x');
    expect(await again.update(pad, mine.take())).toMatchObject({ type: 'acked' });
    expect(await again.lease(1_000_000)).toHaveLength(32);
  });
});
