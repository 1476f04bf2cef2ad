import { expect, test } from 'vitest';
import { placeName } from '../../../client/app/queue-names.ts';
import type { WorkspaceData } from '../../../client/data/api.ts';
import type { RoomId } from '../../../shared/base/ids.ts';

/** A page that knows Gus by his id alone: the directory lists only Ann and Ben. */
const listed = { ann: { id: 'ann', name: 'Ann' }, ben: { id: 'ben', name: 'Ben' } };
const members = new Proxy<Record<string, unknown>>(listed, {
  get: (all, id) => (id === 'gus' ? { id: 'gus', name: 'Gus' } : Reflect.get(all, id)),
});
const workspace = (people: readonly string[], title = ''): WorkspaceData =>
  ({
    me: 'ann',
    directory: { name: 'Loom', members },
    chat: () => ({ state: { title, members: Object.fromEntries(people.map((id) => [id, { since: 0 }])) } }),
    doc: () => null,
  }) as unknown as WorkspaceData;
const room = 'w/chat/c' as RoomId;

test('a conversation is called by the people in it, also by those whom the directory does not list', () => {
  expect(placeName(room, workspace(['ann', 'gus']))).toBe('Gus');
  expect(placeName(room, workspace(['ann', 'ben', 'gus']))).toBe('Ben and Gus');
  expect(placeName(room, workspace(['ann', 'gus'], 'Plans'))).toBe('Plans');
});

test('who is not known at all has no name there', () => {
  expect(placeName(room, workspace(['ann', 'nobody', 'ben']))).toBe('Ben');
});
