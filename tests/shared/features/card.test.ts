import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, DepartmentId, MemberId } from '../../../shared/base/ids.ts';
import { cardLink, chatCard, linkCard } from '../../../shared/features/chat/card.ts';
import { messageMarks, noMarks, type MessageMarks } from '../../../shared/features/chat/marks.ts';
import { directoryKind } from '../../../shared/features/directory/kind.ts';
import { peopleIn } from '../../../shared/features/directory/tree.ts';
import { seededRandom, seedFromEnvironment } from '../random.ts';

describe('the link of a message that gets a card', () => {
  it.each([
    ['see https://a.example/b, please', 'https://a.example/b'],
    ['（https://a.example/茶）', 'https://a.example/%E8%8C%B6'],
    ['www.a.example is here', 'https://www.a.example/'],
    ['[words](https://a.example/x)', 'https://a.example/x'],
    ['https://a.example/x_(y)', 'https://a.example/x_(y)'],
    ['HTTPS://A.example', 'https://a.example/'],
    ['first https://a.example then https://b.example', 'https://a.example/'],
    ['`https://a.example` and https://b.example', 'https://b.example/'],
    ['```\nhttps://a.example\n```', null],
    ['```\nhttps://a.example without an end', null],
    ['mail ann@a.example', null],
    ['javascript:alert(1) ftp://a.example', null],
    [`https://a.example/${'x'.repeat(3_000)}`, null],
    ['nothing', null],
  ])('of %j', (text, link) => {
    expect(cardLink(text)).toBe(link);
  });

  it('is found in a time that grows with the text and no faster', () => {
    for (const make of [
      (n: number) => `http://${')'.repeat(n)}`,
      (n: number) => `www.${'a.'.repeat(n)}`,
      (n: number) => `http:${'`'.repeat(n)}`,
      (n: number) => `http:${'a.'.repeat(n / 2)}@`,
      (n: number) => 'https://'.repeat(n / 8),
    ])
      // Twenty times what one may write; what grew with the square of it would take minutes.
      expect(cardLink(make(400_000))).not.toBeUndefined();
  });
});

describe('a card', () => {
  const card = { url: 'https://a.example/', title: 'A' };

  it.each<[string, object, boolean]>([
    ['with a title', card, true],
    ['without one', { ...card, title: ' ' }, false],
    ['of a program', { ...card, url: 'javascript:alert(1)' }, false],
    [
      'with a picture of the conversation',
      { ...card, picture: { hash: 'a'.repeat(64), width: 9, height: 9 } },
      true,
    ],
    ['with a picture of another site', { ...card, picture: { url: 'https://b.example/p' } }, false],
    ['with a huge picture', { ...card, picture: { hash: 'a'.repeat(64), width: 9_000, height: 9 } }, false],
    ['with too many words', { ...card, description: 'x'.repeat(401) }, false],
  ])('%s', (_what, made, fits) => {
    expect(linkCard.safeParse(made).success).toBe(fits);
    expect(chatCard.safeParse({ target: { seq: 1, id: 'm1' }, card: made }).success).toBe(fits);
  });

  const target = { seq: 1, id: 'm1' };
  const entry = (seq: number, type: string, data: object): LogEntry => ({
    ...{ seq, id: `e${seq}` as CommandId, type, by: 'ada' as MemberId, at: seq },
    data: { target, ...data },
  });
  const first = entry(2, 'chat.card', { card });
  const gone = entry(3, 'chat.uncard', {});
  const second = entry(4, 'chat.card', { card: { ...card, title: 'B' } });
  const recall = entry(5, 'chat.recall', {});
  const shown = (entries: readonly LogEntry[]): string | null | undefined => {
    const marks = entries.reduce<MessageMarks>((sofar, each) => messageMarks.fold(sofar, each), noMarks);
    return marks.card && (marks.card.shown?.title ?? null);
  };

  it.each<[string, readonly LogEntry[], string | null | undefined]>([
    ['is what the relay said', [first], 'A'],
    ['is taken away', [first, gone], null],
    ['comes again with another link', [first, gone, second], 'B'],
    ['goes with its message', [first, gone, second, recall], undefined],
    ['does not come after a recall', [recall, first], undefined],
  ])('%s, in whatever order it is heard', (_what, entries, title) => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    for (let i = 0; i < 20; i++) {
      const order = entries.map((each) => ({ each, at: random(1_000) })).sort((a, b) => a.at - b.at);
      expect(shown(order.map(({ each }) => each)), `seed ${seed}`).toBe(title);
    }
  });

  it('of a shape that nobody knows changes nothing', () => {
    expect(shown([first, entry(9, 'chat.card', { card: { url: 'x' } })])).toBe('A');
    expect(messageMarks.targetOf(first)).toEqual(target);
  });
});

describe('who is in a department', () => {
  const lines: readonly (readonly [string, object])[] = [
    ...['ann', 'ben', 'cy', 'dan'].map((member) => {
      return ['member.join', { member, name: member, email: '', role: 'member' }] as const;
    }),
    ['department.create', { department: 'top', name: 'Top', parent: null, order: 1 }],
    ['department.create', { department: 'low', name: 'Low', parent: 'top', order: 1 }],
    ['department.create', { department: 'deep', name: 'Deep', parent: 'low', order: 1 }],
    ['member.place', { members: ['ann'], join: ['top', 'deep'] }],
    ['member.place', { members: ['ben', 'cy'], join: ['low'] }],
    ['member.place', { members: ['dan'], join: ['deep'] }],
    ['member.remove', { member: 'cy' }],
  ];
  const state = directoryKind.fold(
    directoryKind.initial,
    lines.map(([type, data], seq) => ({
      ...{ seq, id: `c${seq}` as CommandId, type, by: 'ann' as MemberId, at: seq, data },
    })),
  );
  const names = (department: string, below: boolean): string[] =>
    peopleIn(state, department as DepartmentId, below).map(({ name }) => name);

  it.each([
    ['top', false, ['ann']],
    ['top', true, ['ann', 'ben', 'dan']],
    ['low', false, ['ben']],
    ['low', true, ['ann', 'ben', 'dan']],
    ['deep', true, ['ann', 'dan']],
    ['gone', true, []],
  ])('%s, with those below: %s', (department, below, people) => {
    expect(names(department, below)).toEqual(people);
  });
});
