import { describe, expect, it } from 'vitest';
import { newId, type RoomId, type WorkspaceId } from '../../../shared/base/ids.ts';
import { findRoom, governingRoom } from '../../../shared/documents/registry.ts';
import { parseRoom, partOf, roomId } from '../../../shared/protocol/rooms.ts';

describe('room names', () => {
  it.each([
    ['w/chat/1', { workspace: 'w', kind: 'chat', id: '1', part: null }],
    ['w/chat/1:reads', { workspace: 'w', kind: 'chat', id: '1', part: 'reads' }],
    ['W_-9/doc/a-b_C:about', { workspace: 'W_-9', kind: 'doc', id: 'a-b_C', part: 'about' }],
  ])('%s is one', (name, parts) => {
    expect(parseRoom(name)).toEqual(parts);
  });

  it.each([
    '',
    'w',
    'w/chat',
    'w/chat/',
    '/chat/1',
    'w//1',
    'w/chat/1/2',
    'w/chat/1:',
    'w/chat/1:Reads',
    'w/chat/1:a:b',
    'w/Chat/1',
    'w/chat/..',
    '../chat/1',
    'w/chat/1\n',
    'w/chat/\u0000',
    'w/chat/é',
    'w/chat/1%2f2',
    ' w/chat/1',
    `w/chat/${'x'.repeat(65)}`,
    'w/chat/'.padEnd(10_000, 'x'),
    null,
    7,
    {},
  ])('%j is none', (name) => {
    expect(parseRoom(name)).toBeNull();
  });

  it('are put together from parts and refuse an id that is none', () => {
    const workspace = 'w' as WorkspaceId;
    expect(parseRoom(roomId(workspace, 'doc', newId(), 'about'))).toMatchObject({ part: 'about' });
    expect(() => roomId(workspace, 'doc', 'a/b')).toThrow('not an id');
    expect(partOf('w/chat/1:reads' as RoomId, null)).toBe('w/chat/1');
    expect(partOf('w/doc/1' as RoomId, 'about')).toBe('w/doc/1:about');
  });

  it.each([
    ['w/chat/1', 'w/chat/1'],
    ['w/chat/1:reads', 'w/chat/1'],
    ['w/doc/1', 'w/doc/1:about'],
    ['w/doc/1:about', 'w/doc/1:about'],
    ['w/directory/main', 'w/directory/main'],
    ['w/scratch/1', null],
  ])('%s has its rights from %s', (room, governing) => {
    const found = findRoom(room);
    expect(governingRoom(room as RoomId, found!.kind)).toBe(governing);
  });

  it.each(['w/nothing/1', 'w/chat/1:about', 'w/scratch/1:reads', 'w/constructor/1'])(
    '%s is of no kind',
    (room) => {
      expect(findRoom(room)).toBeNull();
    },
  );
});
