import { createHash } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import type { RoomId } from '../../../shared/base/ids.ts';
import { partOf } from '../../../shared/protocol/rooms.ts';
import {
  begin,
  does,
  guestSays,
  hour,
  idOf,
  monday,
  restart,
  room,
  say,
  send,
  supervised,
  world,
} from './supervised.ts';
import { bearer, codeOf, type SignedIn } from './test-app.ts';

/* Mei is Kim's superior and Tom works elsewhere; all of them have customers. */

supervised();
let [lin, mei, kim, tom] = [] as unknown as [SignedIn, SignedIn, SignedIn, SignedIn];
const chat = (customer: string): RoomId => room('chat', `customer-${customer}`);

beforeEach(async () => {
  ({ lin, mei, kim, tom } = world);
  await begin('k1', kim);
  await begin('t1', tom);
  const rule = (id: string, does: string, words: string[]) => ({
    id,
    name: `Rule ${id}`,
    does,
    words,
    departments: null,
  });
  await say(lin, 'words', 'main', 'words.rule', rule('w', 'warn', ['refund', '返现']));
  await say(lin, 'words', 'main', 'words.rule', rule('h', 'hold', ['cash']));
});

interface Hit {
  readonly n: number;
  readonly rule: string;
  readonly words: string[];
  readonly outcome: string;
  readonly person: string;
  readonly customer: string | null;
}
const ask = (who: SignedIn | null, more: Record<string, string> = {}) => {
  const period = { from: String(monday), to: String(monday + 7 * 24 * hour) };
  return send('GET', `/api/word-hits?${new URLSearchParams({ ...period, ...more })}`, who);
};
const hits = async (who: SignedIn, more: Record<string, string> = {}) => {
  const answer = await ask(who, more);
  expect(answer.status).toBe(200);
  const { hits: found, count } = (await answer.json()) as { hits: Hit[]; count: number };
  expect(count).toBe(found.length);
  return found.map(({ rule, outcome, words, customer }) => [rule, outcome, words.join('+'), customer]);
};
const messages = (of: RoomId) =>
  world.workspace.relay
    .entries(null, of, 0, 1_000)
    .filter(({ type }) => type === 'chat.send' || type === 'chat.edit')
    .map(({ data }) => (data as { text: string }).text);

it('holds what a rule holds, also of who does not ask politely, and lets out what is warned of', async () => {
  expect(await does(kim, chat('k1'), 'chat.send', { text: 'We pay CASH' })).toBe('words-held');
  expect(await does(kim, chat('k1'), 'chat.send', { text: 'A refund' }, 'said')).toBe('ok');
  expect(await does(kim, chat('k1'), 'chat.edit', { target: { seq: 2, id: 'said' }, text: 'cash' })).toBe(
    'words-held',
  );
  expect(await does(kim, chat('k1'), 'chat.edit', { target: { seq: 2, id: 'said' }, text: '返现' })).toBe(
    'ok',
  );
  const files = [{ hash: '0'.repeat(64), name: 'Cash.pdf', size: 5, type: 'application/pdf' }];
  expect(await does(kim, chat('k1'), 'chat.send', { text: '', files })).toBe('words-held');
  expect(messages(chat('k1'))).toEqual(['hello', 'A refund', '返现']);
  // Among colleagues nobody looks.
  await say(kim, 'chat', 'g1', 'chat.create', { type: 'group', title: 'G', members: [idOf(tom)] });
  await say(kim, 'chat', 'g1', 'chat.send', { text: 'cash refund' });
  const settings = room('customers', 'main');
  const reply = { id: 'r', folder: '', title: 'T', text: 'cash' };
  expect(await does(lin, settings, 'customers.quickReply', reply)).toBe('words-held');
  expect(await does(kim, partOf(room('personal', idOf(kim)), 'replies'), 'reply.add', reply)).toBe(
    'words-held',
  );
  expect(await hits(mei)).toEqual([
    ['h', 'held', 'cash', null],
    ['h', 'held', 'cash', 'k1'],
    ['w', 'sent', '返现', 'k1'],
    ['h', 'held', 'cash', 'k1'],
    ['w', 'sent', 'refund', 'k1'],
    ['h', 'held', 'cash', 'k1'],
  ]);
  // A rule that goes takes nothing back of what was noted, and holds nothing more.
  await say(lin, 'words', 'main', 'words.drop', { id: 'h' });
  expect(await does(kim, chat('k1'), 'chat.send', { text: 'cash' })).toBe('ok');
  expect(await hits(mei, { rule: 'h' })).toHaveLength(4);
});

it('notes what a page kept to itself, and only what a rule holds', async () => {
  const note = (who: SignedIn | null, of: RoomId, data: unknown, type = 'chat.send') =>
    send('POST', '/api/word-hits', who, { room: of, type, data });
  expect((await note(kim, chat('k1'), { text: 'cash' })).status).toBe(204);
  await note(kim, chat('k1'), { text: 'refund' });
  expect(await codeOf(await note(kim, chat('k1'), { text: 5 }))).toBe('bad-request');
  expect(await codeOf(await note(tom, chat('k1'), { text: 'cash' }))).toBe('forbidden');
  expect(await codeOf(await note(kim, room('chat', 'nowhere'), { text: 'cash' }))).toBe('room-not-found');
  await say(kim, 'chat', 'customer-k1', 'chat.send', { text: 'after' });
  expect(await hits(lin)).toEqual([['h', 'held', 'cash', 'k1']]);
  expect(messages(chat('k1'))).toEqual(['hello', 'after']);
  expect(await codeOf(await note(null, chat('k1'), { text: 'cash' }))).toBe('not-signed-in');
});

it('never holds what a customer writes, and shows leaders which of it is meant', async () => {
  expect(await guestSays('k1', 'cash, please')).toMatchObject({ ok: true });
  expect(await hits(mei)).toEqual([['h', 'guest', 'cash', 'k1']]);
  const looked = (await (await send('POST', '/api/customers/k1/look', mei, {})).json()) as {
    chat: { id: string; data: { text?: string } }[];
    met: { message: string; words: string[] }[];
  };
  const meant = looked.chat.find(({ data }) => data.text === 'cash, please')!;
  expect(looked.met).toEqual([{ message: meant.id, rule: 'Rule h', words: ['cash'] }]);
});

it('notes each once, however often a command comes, and over a restart', async () => {
  const command = {
    id: 'again',
    n: 900,
    room: chat('k1'),
    type: 'chat.send',
    data: { text: 'cash and refund' },
  };
  const sent = { ...command, id: 'sent', n: 901, data: { text: 'refund 返现' } };
  for (let i = 0; i < 3; i++) {
    const both = await send('POST', '/api/commands', kim, { commands: [command, sent] });
    expect(await both.json()).toMatchObject({ results: [{ ok: false, code: 'words-held' }, { ok: true }] });
    await restart();
  }
  expect(await hits(mei)).toEqual([
    ['w', 'sent', 'refund+返现', 'k1'],
    ['h', 'held', 'cash', 'k1'],
    ['w', 'held', 'refund', 'k1'],
  ]);
});

it('tells them to who leads the person, and to nobody else', async () => {
  await does(kim, chat('k1'), 'chat.send', { text: 'cash' });
  await does(tom, chat('t1'), 'chat.send', { text: 'refund' });
  expect(await hits(mei)).toEqual([['h', 'held', 'cash', 'k1']]);
  expect(await hits(lin)).toHaveLength(2);
  expect(await hits(lin, { person: idOf(tom) })).toEqual([['w', 'sent', 'refund', 't1']]);
  expect(await hits(lin, { outcome: 'held' })).toEqual([['h', 'held', 'cash', 'k1']]);
  expect(await hits(lin, { source: 'nowhere' })).toEqual([]);
  expect(await hits(lin, { to: String(monday + 1) })).toEqual([]);
  for (const who of [kim, tom, null])
    expect(await codeOf(await ask(who))).toBe(who ? 'forbidden' : 'not-signed-in');
  expect(await codeOf(await ask(mei, { person: idOf(tom) }))).toBe('forbidden');
  expect(await codeOf(await ask(mei, { rule: "' OR 1 --" }))).toBe('bad-request');
  await say(lin, 'directory', 'main', 'member.edit', { member: idOf(kim), superior: null });
  expect(await codeOf(await ask(mei))).toBe('forbidden');
});

it('gives long lists in pages', async () => {
  for (let i = 0; i < 230; i++) await guestSays('k1', `cash ${i}`);
  const seen: number[] = [];
  for (let after: number | null = Number.MAX_SAFE_INTEGER; after !== null;) {
    const page = (await (await ask(mei, { after: String(after) })).json()) as {
      hits: Hit[];
      count: number;
      next: number | null;
    };
    expect(page.count).toBe(230);
    seen.push(...page.hits.map((hit) => hit.n));
    after = page.next;
  }
  expect(new Set(seen).size).toBe(230);
  expect(seen).toEqual([...seen].sort((a, b) => b - a));
});

it('gives a leader the files of a conversation for an hour after a look', async () => {
  const bytes = new TextEncoder().encode('a contract');
  const hash = createHash('sha256').update(bytes).digest('hex');
  const kept = await world.app.request(
    `/api/upload?${new URLSearchParams({ room: chat('k1'), hash, size: String(bytes.length), at: '0' })}`,
    { method: 'PATCH', headers: bearer(kim.token), body: bytes },
  );
  expect(await kept.json()).toMatchObject({ stored: true });
  const file = (who: SignedIn | null, customer = 'k1') =>
    send('GET', `/api/customers/${customer}/files/${hash}?name=${encodeURIComponent('合同.txt')}`, who);
  expect(await codeOf(await file(mei))).toBe('forbidden');
  await send('POST', '/api/customers/k1/look', mei, {});
  const given = await file(mei);
  expect(await given.text()).toBe('a contract');
  expect(given.headers.get('content-disposition')).toBe(
    "attachment; filename*=UTF-8''%E5%90%88%E5%90%8C.txt",
  );
  expect(await (await file(kim)).text()).toBe('a contract');
  for (const who of [tom, null])
    expect(await codeOf(await file(who))).toBe(who ? 'forbidden' : 'not-signed-in');
  // Not by way of another customer, and not for longer than that.
  expect(await codeOf(await file(tom, 't1'))).toBe('not-found');
  world.now += hour;
  expect(await codeOf(await file(mei))).toBe('forbidden');
  await send('POST', '/api/customers/k1/look', mei, {});
  expect((await file(mei)).status).toBe(200);
  await say(lin, 'directory', 'main', 'member.edit', { member: idOf(kim), superior: null });
  expect(await codeOf(await file(mei))).toBe('forbidden');
});
