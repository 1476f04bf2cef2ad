import { expect, test } from 'vitest';
import type { CommandId, MemberId, WorkspaceId } from '../../../shared/base/ids.ts';
import { noMarks } from '../../../shared/features/chat/marks.ts';
import { directoryKind } from '../../../shared/features/directory/kind.ts';
import type { WorkspaceData } from '../../../client/data/api.ts';
import { ownAsJson, savedAsCsv, todosAsCsv } from '../../../client/features/settings/export/own-things.ts';

const saved = (message: string, text: string, more: object = {}) => ({
  ...{
    chat: 'boat',
    message,
    seq: 1,
    by: 'ann' as MemberId,
    at: 0,
    text,
    files: ['map.pdf'],
    savedAt: 1_000,
  },
  ...more,
});
const data = {
  ...{ me: 'ann', workspace: 'w' as WorkspaceId, chat: () => null },
  directory: { ...directoryKind.initial, members: { ann: { name: 'Ann' } } },
  saved: {
    items: {
      m1: saved('m1', '=HYPERLINK("x")'),
      m2: saved('m2', 'said by mistake', { savedAt: 2_000 }),
      m3: saved('m3', 'from before', { name: 'Otto', savedAt: 3_000 }),
    },
  },
  todos: {
    items: { t1: { id: 't1', text: 'Paint, twice', due: 86_400_000, done: null, source: null, madeAt: 0 } },
  },
  replies: { items: { r1: { id: 'r1', folder: '', title: 'Thanks', text: 'Thank you, {customer}' } } },
  marks: () => Promise.resolve(new Map([['m2' as CommandId, { ...noMarks, recalled: { seq: 9, at: 9 } }]])),
} as unknown as WorkspaceData;

test('saved messages, to-dos and quick replies are taken along, without the words of what was recalled', async () => {
  const csv = await (await savedAsCsv(data)).text();
  expect(csv.split('\r\n')[1]).toBe(
    `,Ann,1970-01-01T00:00:00.000Z,1970-01-01T00:00:01.000Z,"'=HYPERLINK(""x"")",map.pdf`,
  );
  expect(csv).not.toContain('mistake');
  expect(csv).toContain('Otto');
  expect(await todosAsCsv(data).text()).toContain('"Paint, twice",1970-01-02T00:00:00.000Z,,');
  const json = JSON.parse(await (await ownAsJson(data)).text()) as Record<string, unknown[]>;
  expect(json['saved']).toMatchObject([
    { message: 'm1' },
    { message: 'm2', text: null, files: [] },
    { by: 'Otto' },
  ]);
  expect(json['replies']).toEqual([{ folder: '', title: 'Thanks', text: 'Thank you, {customer}' }]);
  expect(json['todos']).toMatchObject([{ text: 'Paint, twice', done: null }]);
});
