import { afterEach, expect, test } from 'vitest';
import type { LogEntry } from '../../../shared/access/kind.ts';
import { guestOf } from '../../../shared/base/guests.ts';
import type { CommandId, CustomerId, MemberId } from '../../../shared/base/ids.ts';
import { changeOf, followUpsIn, notesIn } from '../../../client/features/customers/file/changes.ts';
import { asField, fromField, morningAfter } from '../../../client/features/customers/file/when.ts';
import { language } from '../../../client/i18n/index.ts';

afterEach(() => (language.current = 'en'));

const guest = guestOf('c1' as CustomerId);
const entry = (seq: number, type: string, data: unknown, by = 'ann'): LogEntry => ({
  seq,
  id: `k${seq}` as CommandId,
  type: `customer.${type}`,
  by: by as MemberId,
  at: seq * 1000,
  data,
});
const at = (seq: number) => ({ target: { seq, id: `k${seq}` as CommandId } });

test('notes stand as they read now, the newest first; one that was deleted is gone', () => {
  const entries = [
    entry(1, 'note', { text: 'wants a sample' }),
    entry(2, 'note', { text: 'wrong' }),
    entry(3, 'note', { text: 'calls on Mondays' }),
    entry(4, 'editNote', { ...at(1), text: 'wants two samples' }),
    entry(5, 'dropNote', at(2)),
    // Of a note further back than what is here.
    entry(6, 'editNote', { ...at(0), text: 'unknown' }),
    entry(7, 'note', { text: '' }),
  ];
  expect(notesIn(entries).map(({ text, edited }) => [text, edited])).toEqual([
    ['calls on Mondays', false],
    ['wants two samples', true],
  ]);
});

test('follow-ups stand with how they were made, the newest first', () => {
  const entries = [
    entry(1, 'followUp', { text: 'sent the offer', how: 'chat', next: 5 }),
    entry(2, 'done', at(1)),
    entry(3, 'followUp', { text: 'no answer', how: 'call', next: null }),
  ];
  expect(followUpsIn(entries).map(({ text, how }) => `${how}: ${text}`)).toEqual([
    'call: no answer',
    'chat: sent the offer',
  ]);
});

const names = {
  person: (id: MemberId) => (id === guest ? 'Mia' : id),
  customer: (id: string) => id,
  field: (id: string) => id,
  tag: (id: string) => (id === 'vip' ? 'VIP' : null),
  stage: (id: string) => id,
};
const begun = { guest, owner: 'ann', name: '', tags: [], language: 'en', consentAt: 1 };
const sentences: [LogEntry, string | null, string | null][] = [
  [
    entry(0, 'begin', { ...begun, link: { id: 'l', name: 'Shop', source: '' } }, guest),
    'Mia began the conversation by the link “Shop”',
    'Mia通过链接“Shop”发起了会话',
  ],
  [entry(0, 'begin', { ...begun, link: null }, guest), 'Mia began the conversation', 'Mia发起了会话'],
  [
    entry(1, 'set', { field: 'phone', value: '138', seen: -1 }),
    'ann changed phone: 138',
    'ann修改了phone：138',
  ],
  [entry(1, 'set', { field: 'phone', value: '', seen: 0 }), 'ann emptied phone', 'ann清空了phone'],
  [
    entry(1, 'tag', { add: ['vip', 'gone'], remove: [] }),
    'ann added tags: VIP and a tag that is gone',
    'ann添加了标签：VIP和已删除的标签',
  ],
  [entry(1, 'assign', { owner: 'bo' }), 'ann made bo the owner', 'ann把跟进人改为bo'],
  [entry(1, 'help', { add: ['bo'], remove: [] }), 'ann asked bo to help', 'ann请bo协助'],
  [entry(1, 'end', {}, guest), 'The guest ended the conversation', '访客结束了会话'],
  [entry(1, 'end', {}), 'ann blocked the customer', 'ann拉黑了客户'],
  [entry(1, 'set', { field: 7 }), null, null],
  [entry(1, 'ofTomorrow', {}), null, null],
];

test.each(sentences)('a change is told in one sentence: %j', (change, en, zh) => {
  expect(changeOf(change, names)).toBe(en);
  language.current = 'zh';
  expect(changeOf(change, names)).toBe(zh);
});

test('a moment goes into a field and comes back, to the minute; what is no day is none', () => {
  const moment = new Date(2026, 2, 9, 9, 5).getTime();
  expect(asField(moment)).toBe('2026-03-09T09:05');
  expect(fromField(asField(moment))).toBe(moment);
  expect(fromField('')).toBeNull();
  expect(fromField('2026-02-99T09:00')).toBeNull();
  expect(asField(morningAfter(moment, 3))).toBe('2026-03-12T09:00');
});
