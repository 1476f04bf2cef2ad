import { expect, test } from 'vitest';
import type { Outgoing } from '../../../client/guest/contract.ts';
import { filesOf, kindOf, linesOf, strangersIn, type Line } from '../../../client/guest/messages.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId, RoomId } from '../../../shared/base/ids.ts';

const member = (id: string): MemberId => id as MemberId;
const me = member('guest-1');
const entry = (seq: number, by: string, type: string, data: unknown): LogEntry => ({
  ...{ seq, id: `e${seq}` as CommandId, type, by: member(by), at: 1_000 * seq, data },
});
const waiting = (id: string, more: Partial<Outgoing> = {}): Outgoing => ({
  ...{ id: id as CommandId, room: 'w/chat/customer-1' as RoomId, type: 'chat.send', data: { text: id } },
  ...{ at: 9_000, seq: null, failure: null },
  ...more,
});
const lines = (entries: LogEntry[], outbox: Outgoing[] = [], positions: Record<string, number> = {}) =>
  linesOf({ me, entries, outbox, positions });
const hash = 'a'.repeat(64);

test('a message reads as it was edited last, and has no words once it was taken back', () => {
  const target = { seq: 1, id: 'e1' };
  const sent = [
    entry(1, 'ann', 'chat.send', { text: 'first' }),
    entry(2, 'ann', 'chat.edit', { target, text: 'second' }),
  ];
  expect(lines(sent)).toMatchObject([{ text: 'second', edited: true }]);
  expect(lines([...sent, entry(3, 'ann', 'chat.recall', { target })])).toMatchObject([
    { text: '', edited: false, recalled: true, files: [] },
  ]);
});

test('what many get says so, as long as it is there', () => {
  const target = { seq: 1, id: 'e1' };
  const sent = [
    entry(1, 'ann', 'chat.send', { text: 'news', broadcast: 'b' }),
    entry(2, 'ann', 'chat.send', { text: 'to you' }),
  ];
  expect(lines(sent)).toMatchObject([{ mass: true }, { mass: false }]);
  expect(lines([...sent, entry(3, 'ann', 'chat.recall', { target })])).toMatchObject([
    { recalled: true },
    {},
  ]);
});

test('own messages say what became of them: waiting, refused, delivered, read by somebody else', () => {
  const own = [entry(1, me, 'chat.send', { text: 'a' }), entry(2, me, 'chat.send', { text: 'b' })];
  const told = lines(own, [waiting('c'), waiting('d', { failure: 'too-large' })], { ann: 1, [me]: 2 });
  expect(told.map((line) => line.kind === 'message' && [line.text, line.delivery])).toEqual([
    ['a', 'read'],
    ['b', 'delivered'],
    ['c', 'waiting'],
    ['d', 'failed'],
  ]);
});

test('a message whose entry came is there once, whatever the outbox still holds', () => {
  const sent = entry(1, me, 'chat.send', { text: 'hello' });
  expect(lines([sent], [waiting('e1', { seq: 1 })])).toHaveLength(1);
});

test('people of the company who enter and leave are told; the guest themself is not', () => {
  const told = lines([
    entry(0, 'ann', 'chat.customer', { guest: me, members: ['ann'], name: '' }),
    entry(1, 'ann', 'chat.addMembers', { members: ['bo', me] }),
    entry(2, 'ann', 'chat.removeMember', { member: 'bo' }),
  ]);
  expect(told).toMatchObject([
    { kind: 'entered', members: ['bo'] },
    { kind: 'left', members: ['bo'] },
  ]);
  expect(strangersIn(told, [{ id: member('bo'), name: 'Bo', post: '' }])).toBe(false);
  expect(strangersIn(told, [])).toBe(true);
});

test('an answer shows what it answers as it reads now, and nothing of what was taken back', () => {
  const reply = { seq: 1, id: 'e1' };
  const said = [
    entry(1, 'ann', 'chat.send', { text: 'left or right?' }),
    entry(2, me, 'chat.send', { text: 'left', reply }),
  ];
  const answer = (told: readonly Line[]) => told.find(({ id }) => id === 'e2');
  expect(answer(lines(said))).toMatchObject({ answers: 'left or right?' });
  const back = entry(3, 'ann', 'chat.recall', { target: reply });
  expect(answer(lines([...said, back]))).toMatchObject({ answers: null });
});

test('a link has its card while the message has the link, and a card that is no page is none', () => {
  const target = { seq: 1, id: 'e1' };
  const card = { url: 'https://shop.example/1', title: 'A chair' };
  const said = [
    entry(1, 'ann', 'chat.send', { text: `This one: ${card.url}` }),
    entry(2, 'ann', 'chat.card', { target, card }),
  ];
  expect(lines(said)).toMatchObject([{ seq: 1, card: { title: 'A chair', site: 'shop.example' } }]);
  for (const gone of [
    entry(3, 'ann', 'chat.edit', { target, text: 'No, none' }),
    entry(3, 'ann', 'chat.uncard', { target }),
    entry(3, 'ann', 'chat.card', { target, card: { ...card, url: 'javascript:alert(1)' } }),
  ])
    expect(lines([...said, gone])).toMatchObject([{ card: null }]);
});

test('what is not as expected is left out, and breaks nothing', () => {
  const odd = [null, 7, 'text', [], { text: 7, files: 'all' }, { files: [{ hash: '../x' }, null] }];
  const told = lines(odd.map((data, seq) => entry(seq, 'ann', 'chat.send', data)));
  expect(told.every((line) => line.kind === 'message' && line.text === '' && line.files.length === 0)).toBe(
    true,
  );
  expect(lines([entry(0, 'ann', 'chat.addMembers', { members: [1, null] })])).toEqual([]);
  expect(lines([entry(0, 'ann', 'chat.newThing', { text: 'x' })])).toEqual([]);
});

test('a program that calls itself a picture is only ever saved', () => {
  const files = filesOf({
    data: { files: [{ hash, name: 'a.svg', size: 1, type: 'image/svg+xml' }] },
  });
  expect(files.map(kindOf)).toEqual(['file']);
  expect(kindOf({ type: 'text/html' })).toBe('file');
  expect(kindOf({ type: 'image/png' })).toBe('picture');
});
