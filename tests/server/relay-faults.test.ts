import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import type { CommandId, RoomId } from '../../shared/base/ids.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
import { StorageError } from '../../server/storage/storage-error.ts';
import { startRig, typing } from './relay-rig.ts';

const group = (...members: string[]) => ({ type: 'group', title: 'Team', members });

describe('a disk that refuses', () => {
  const setUp = async () => {
    let full = false;
    const store = createMemoryStore({
      beforeCommit() {
        if (full) throw new StorageError('disk', 'SQLITE_FULL: database or disk is full');
      },
    });
    const rig = await startRig({ store });
    await rig.people('ada', 'ben');
    return { rig, fill: (now: boolean) => (full = now) };
  };

  it('[E-4] refuses everything of the turn, shows nothing, and takes it again later', async () => {
    const { rig, fill } = await setUp();
    const [ada, ben] = [await rig.device('ada'), await rig.device('ben')];
    const [chat, pad] = [rig.room('chat', 'team'), rig.room('scratch', 'pad')];
    const mine = typing((await ada.lease())[0]!);
    mine.text.insert(0, 'kept');
    await ada.update(pad, mine.take());
    const before = rig.relay.text(pad);
    mine.text.insert(4, ' later');
    const update = mine.take();

    fill(true);
    ada.send({
      type: 'command',
      command: { id: 'c' as CommandId, n: 1, room: chat, type: 'chat.create', data: group('ben') },
    });
    expect(await ada.update(pad, update)).toMatchObject({ type: 'refused', code: 'storage-failed' });
    expect(await ada.until('result')).toMatchObject({ result: { ok: false, code: 'storage-failed' } });
    await ben.settle();
    expect(ben.rows().filter(({ room }) => room === chat)).toEqual([]);
    expect(rig.relay.text(pad)).toEqual(before);
    expect(rig.relay.mayRead('ben' as never, chat)).toMatchObject({ ok: false });
    expect(await ada.ended).toBe(1011);
    expect(ada.said.at(-1)).toMatchObject({ type: 'error', code: 'storage-failed' });

    fill(false);
    const again = await rig.device('ada');
    expect(await again.command(chat, 'chat.create', group('ben'), 'c' as CommandId)).toMatchObject({
      ok: true,
      seq: 0,
    });
    expect(await again.update(pad, update)).toMatchObject({ type: 'acked' });
    await ben.row(chat);
    await rig.stop();
  });

  it('[E-4] takes nothing that was sent behind what it refused, from the devices that it refused', async () => {
    const { rig, fill } = await setUp();
    const [ada, ben] = [await rig.device('ada'), await rig.device('ben')];
    const chat = rig.room('chat', 'team');
    await ada.command(chat, 'chat.create', group('ben'));
    const say = (n: number): void =>
      ada.send({
        type: 'command',
        command: { id: `c${n}` as CommandId, n, room: chat, type: 'chat.send', data: { text: `${n}` } },
      });
    fill(true);
    say(2);
    say(3);
    await ada.until('result', ({ result }) => !result.ok);
    // The disk has room again, and the device has not heard yet that it is to come back.
    fill(false);
    for (let n = 4; n < 40; n++) say(n);
    expect(await ada.ended).toBe(1011);
    expect(rig.store.rowsFrom(chat, 1, 1_000)).toEqual([]);
    // Who wanted nothing stored stays.
    await ben.settle();
    const again = await rig.device('ada');
    for (let n = 2; n < 6; n++)
      expect(await again.command(chat, 'chat.send', { text: `${n}` }, `c${n}` as CommandId)).toMatchObject({
        ok: true,
        seq: n - 1,
      });
    await rig.stop();
  });

  it('[E-4] of a fact leaves the directory as it was, and so does what must stand with it', async () => {
    const { rig, fill } = await setUp();
    fill(true);
    await expect(rig.people('eve')).rejects.toThrow('full');
    fill(false);
    const directory = rig.room('directory', 'main');
    const join_ = { member: 'eve', name: 'Eve', email: 'eve@example.org', role: 'member' };
    const taken = rig.relay.appendFact(directory, 'member.join', 'eve' as never, join_, () => {
      throw new Error('e-mail taken');
    });
    await expect(taken).rejects.toThrow('e-mail taken');
    expect(Object.keys(rig.relay.directory().members)).toEqual(['ada', 'ben']);
    await rig.people('eve');
    expect(rig.store.room(directory)?.rows).toBe(3);
    await rig.stop();
  });
});

/** A relay in a process of its own that says what it acknowledged, as it does, and is killed in the middle. */
const writer = fileURLToPath(new URL('./relay-writer.ts', import.meta.url));

describe('a relay that is killed', () => {
  it('[U-1] [C-2] has everything it acknowledged after the restart, and knows the commands', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-kill-'));
    const file = join(folder, 'weft.db');
    try {
      for (let round = 0; round < 3; round++) {
        const child = spawn(process.execPath, ['--import', 'tsx', writer, file, String(round)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const acked: { id: string; seq: number; text: string }[] = [];
        for await (const line of createInterface({ input: child.stdout })) {
          acked.push(JSON.parse(line) as (typeof acked)[number]);
          if (acked.length === 60 + round * 25) child.kill('SIGKILL');
        }
        const store = createSqliteStore(openDatabase(file, { durability: 'full' }));
        const chat = `${store.workspace}/chat/team` as RoomId;
        const pad = new Y.Doc();
        for (const { bytes } of store.rowsAfter(`${store.workspace}/scratch/pad` as RoomId, 0))
          Y.applyUpdate(pad, bytes);
        const text = pad.getText('t').toJSON();
        for (const { id, seq, text: line } of acked) {
          expect(store.settled('phone' as never, id)).toMatchObject({ ok: true, seq });
          expect(text).toContain(line);
        }
        const seqs = store.rowsFrom(chat, 0, 10_000).map((row) => row.seq);
        expect(seqs).toEqual(seqs.map((_, i) => i));
        expect(acked.length).toBeGreaterThanOrEqual(60);
        store.close();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
