import { afterEach, describe, expect, it } from 'vitest';
import type { CommandId, RoomId } from '../../shared/base/ids.ts';
import { noMetrics } from '../../server/relay/metrics.ts';
import type { RelayStore } from '../../server/storage/contract.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import { StorageError } from '../../server/storage/storage-error.ts';
import { startRig, typing, type Rig, type TestDevice } from './relay-rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

const group = { type: 'group', title: 'Team', members: ['ben'] };

/** Somebody who types under an id of their own. */
async function typist(device: TestDevice) {
  const mine = typing((await device.lease())[0]!);
  return {
    type(words: string) {
      mine.text.insert(0, words);
      return mine.take();
    },
  };
}

/** A relay whose rooms can be damaged and repaired while it runs, read again only after a restart. */
async function setUp() {
  const inner = createMemoryStore();
  const damaged = new Set<RoomId>();
  const noticed: number[] = [];
  const logged: unknown[] = [];
  const reading =
    <Args extends readonly unknown[], T>(read: (room: RoomId, ...args: Args) => T) =>
    (room: RoomId, ...args: Args): T => {
      if (damaged.has(room)) throw new StorageError('damaged', `row 7 of ${room} is damaged`, { room });
      return read(room, ...args);
    };
  const store: RelayStore = {
    ...inner,
    close: () => {},
    commit(batch) {
      if (batch.rows.some(({ room }) => damaged.has(room)))
        throw new StorageError('damaged', 'database disk image is malformed');
      return inner.commit(batch);
    },
    rowsAfter: reading(inner.rowsAfter),
    fewRowsAfter: reading(inner.fewRowsAfter),
    rowsFrom: reading(inner.rowsFrom),
  };
  rig = await startRig({
    store,
    metrics: { ...noMetrics, quarantined: (rooms) => void noticed.push(rooms) },
    log: {
      warn: () => {},
      error: ({ room }) => void logged.push(room),
    },
  });
  await rig.people('ada', 'ben');
  const ada = await rig.device('ada');
  const [hurt, fine] = [rig.room('scratch', 'hurt'), rig.room('scratch', 'fine')];
  const chat = rig.room('chat', 'team');
  for (const room of [hurt, fine]) {
    const mine = await typist(ada);
    expect(await ada.update(room, mine.type('x'))).toMatchObject({ type: 'acked' });
  }
  expect(await ada.command(chat, 'chat.create', group)).toMatchObject({ ok: true });
  return { store, damaged, noticed, logged, ada, hurt, fine, chat };
}

describe('a room that is damaged', () => {
  it('[S-10] is not missing but damaged, and the others are given', async () => {
    const { ada, damaged, hurt, fine, chat, noticed, logged } = await setUp();
    damaged.add(hurt);
    for (let i = 0; i < 3; i++) {
      const batch = await ada.pull({ room: hurt }, { room: fine }, { room: chat });
      expect(batch.rooms.map(({ room }) => room)).toEqual([fine, chat]);
      expect([batch.missing, batch.damaged]).toEqual([[], [hurt]]);
    }
    expect(noticed).toEqual([1]);
    expect(logged).toEqual([hurt]);
    expect(rig.relay.health()).toEqual({ ok: true, damagedRooms: 1 });
  });

  it('takes no update, and tells that it may be sent again; others take theirs', async () => {
    const { ada, damaged, hurt, fine } = await setUp();
    damaged.add(hurt);
    await ada.pull({ room: hurt });
    const [one, other] = [await typist(ada), await typist(ada)];
    expect(await ada.update(hurt, one.type('a'))).toMatchObject({ type: 'refused', code: 'room-damaged' });
    expect(await ada.update(fine, other.type('b'))).toMatchObject({ type: 'acked' });
  });

  it('settles no command: the same one is taken after the repair', async () => {
    const { store, damaged, chat } = await setUp();
    damaged.add(chat);
    await rig.restart({ store });
    const ben = await rig.device('ben');
    const id = 'sent-while-damaged' as CommandId;
    const said = { text: 'hello' };
    expect(await ben.command(chat, 'chat.send', said, id)).toMatchObject({ ok: false, code: 'room-damaged' });
    const made = await ben.command(rig.room('chat', 'other'), 'chat.create', { ...group, members: ['ada'] });
    expect(made).toMatchObject({ ok: true });
    ben.send({ type: 'history', request: 9, room: chat, before: 10, limit: 5 });
    const refused = await ben.until('refused', ({ request }) => request === 9);
    expect(refused).toMatchObject({ code: 'room-damaged' });
    damaged.clear();
    await rig.restart({ store });
    const again = await rig.device('ben');
    expect(await again.command(chat, 'chat.send', said, id)).toMatchObject({ ok: true, seq: 1 });
  });

  it('is found when a commit fails because of it, and the others go on', async () => {
    const { damaged, ada, hurt, fine } = await setUp();
    const [one, other] = [await typist(ada), await typist(ada)];
    expect(await ada.update(hurt, one.type('a'))).toMatchObject({ type: 'acked' });
    damaged.add(hurt);
    const lost = one.type('b');
    expect(await ada.update(hurt, lost)).toMatchObject({ type: 'refused', code: 'storage-failed' });
    const again = await rig.device('ada');
    expect(await again.update(hurt, lost)).toMatchObject({ type: 'refused', code: 'room-damaged' });
    expect(await again.update(fine, other.type('c'))).toMatchObject({ type: 'acked' });
  });
});
