import { beforeEach, describe, expect, it } from 'vitest';
import type { Revocation } from '../../../server/backup/journal.ts';
import {
  createNote,
  journalledAuth,
  journalledStore,
  revokedByRoom,
} from '../../../server/backup/journalled.ts';
import { createSqliteAuthStore } from '../../../server/auth/sqlite-auth-store.ts';
import { emptyBatch, type NewRow, type RelayStore } from '../../../server/storage/contract.ts';
import { createMemoryStore } from '../../../server/storage/memory/store.ts';
import { openDatabase } from '../../../server/storage/sqlite/open.ts';
import { StorageError } from '../../../server/storage/storage-error.ts';
import type { CommandId, DeviceId, MemberId, RoomId, WorkspaceId } from '../../../shared/base/ids.ts';
import { encodeLogRun } from '../../../shared/protocol/log-bytes.ts';

const ada = 'ada' as MemberId;
const clock = { now: () => 7 };
let lines: Revocation[];
let isFull: boolean;
const journal = {
  append(more: readonly Revocation[]) {
    if (isFull) throw new Error('no space left');
    lines.push(...more);
  },
  close() {},
};
const note = createNote(journal, 'epoch', clock);

beforeEach(() => {
  lines = [];
  isFull = false;
});

const row = (room: string, type: string, data: unknown): NewRow => {
  const entry = { seq: 0, id: 'c' as CommandId, type, by: ada, at: 5, data };
  const bytes = encodeLogRun(0, [entry]);
  return { room: `w/${room}` as RoomId, by: ada, device: 'd' as DeviceId, at: 5, bytes };
};
const removal = row('chat/g', 'chat.removeMember', { member: 'ben' });
const text: NewRow = { ...removal, room: 'w/scratch/s' as RoomId, bytes: Uint8Array.of(0, 0) };

describe('a store with a journal', () => {
  let plain: RelayStore;
  let store: RelayStore;
  beforeEach(() => {
    plain = createMemoryStore({ workspace: 'w' as WorkspaceId });
    store = journalledStore(plain, note);
  });

  it.each([
    ['chat/g', 'chat.removeMember', { member: 'ben' }, true],
    ['chat/g', 'chat.leave', {}, true],
    [
      'directory/main',
      'member.join',
      { member: 'ben', name: 'Ben', email: 'ben@example.org', role: 'member' },
      true,
    ],
    ['directory/main', 'member.remove', { member: 'ben' }, true],
    ['directory/main', 'member.role', { member: 'ben', role: 'member' }, true],
    ['doc/d:about', 'doc.delete', {}, true],
    ['chat/g', 'chat.send', { text: 'chat.leave' }, false],
    ['chat/g', 'chat.addMembers', { members: ['ben'] }, false],
    ['doc/d:about', 'doc.restore', {}, false],
  ])('notes in %s: %s', (room, type, data, isNoted) => {
    store.commit({ ...emptyBatch, rows: [row(room, type, data), text] });
    expect(lines.map(({ kind }) => kind)).toEqual(isNoted ? ['entry'] : []);
    const known = lines.map((line) => ({ ...line, at: 7, epoch: 'epoch', cursor: 2 }));
    expect(revokedByRoom(known)(`w/${room}` as RoomId).map(({ entry }) => entry.type)).toEqual(
      isNoted ? [type] : [],
    );
  });

  it('takes nothing away that it cannot note, and stores everything else', () => {
    isFull = true;
    expect(() => store.commit({ ...emptyBatch, rows: [text, removal] })).toThrow(StorageError);
    expect(plain.head()).toBe(0);
    expect(store.commit({ ...emptyBatch, rows: [text] })).toHaveLength(1);
  });
});

describe('accounts with a journal', () => {
  it('end a session, void an invitation and change a password only when that is noted', () => {
    const plain = createSqliteAuthStore(openDatabase(':memory:', { durability: 'process' }));
    const store = journalledAuth(plain, note, () => 3);
    const session = {
      id: 's',
      member: ada,
      device: 'd' as DeviceId,
      deviceName: '',
      createdAt: 1,
      seenAt: 1,
    };
    plain.insertSession(session, Buffer.from('token'));
    plain.insertAccount({ member: ada, email: 'ada@example.org', password: 'old', createdAt: 1 });
    plain.insertInvitation(
      {
        id: 'i',
        role: 'member',
        uses: 0,
        maxUses: 2,
        expiresAt: 9,
        createdBy: ada,
        createdAt: 1,
        revokedAt: null,
        approve: false,
        member: null,
      },
      Buffer.from('code'),
    );
    const each = [
      () => store.deleteSession('s'),
      () => store.revokeInvitation('i', 4),
      () => store.setPassword(ada, 'new'),
    ];
    isFull = true;
    for (const one of each) expect(one).toThrow(StorageError);
    expect(plain.sessionsOf(ada)).toHaveLength(1);
    expect(plain.invitation('i')?.revokedAt).toBeNull();
    expect(plain.accountOf(ada)?.password).toBe('old');
    isFull = false;
    store.useInvitation('i');
    for (const one of each) one();
    expect(lines).toEqual([
      { kind: 'invitation', id: 'i', uses: 1, revokedAt: null },
      { kind: 'session', id: 's' },
      { kind: 'invitation', id: 'i', uses: 1, revokedAt: 4 },
      { kind: 'password', member: ada, password: 'new' },
    ]);
    expect(plain.sessionsOf(ada)).toEqual([]);
  });
});
