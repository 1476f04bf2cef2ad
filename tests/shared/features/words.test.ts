import { describe, expect, it, test } from 'vitest';
import type { Actor } from '../../../shared/access/actor.ts';
import { guestOf } from '../../../shared/base/guests.ts';
import type { CustomerId, MemberId } from '../../../shared/base/ids.ts';
import { judgeCommand } from '../../../shared/documents/decide.ts';
import { heldBy, wordsFound } from '../../../shared/features/words/judge.ts';
import { wordsKind } from '../../../shared/features/words/kind.ts';
import { folded, matcherOf } from '../../../shared/features/words/match.ts';
import { mostWords, type WordsRule } from '../../../shared/features/words/schema.ts';
import { seededRandom, seedFromEnvironment } from '../random.ts';

describe('a word is found', () => {
  const table: readonly [word: string, text: string, isThere: boolean][] = [
    ['返现', '今天给你返现金，别告诉别人', true],
    ['返现', '返 现', false],
    ['返現', '返现', false],
    ['cash back', 'We give CASH   back!', true],
    ['cash back', 'We give cash\nback', true],
    ['cash', 'cashier', false],
    ['cash', 'e-cash.', true],
    ['cash', 'my_cash', false],
    ['cash', '给你cash吧', true],
    ['ass', 'class assess', false],
    ['ass', 'an ass', true],
    ['Rückgabe', 'rückgabe', true],
    ['rückgabe', 'RU\u0308CKGABE', true],
    ['straße', 'Straßen', false],
    ['cash', 'ｃａｓｈ', true],
    ['Ｃａｓｈ', 'cash', true],
    ['微信', '加我微\u200b信', true],
    ['微信号123', '微信号123', true],
    ['微信号123', '微信号1234', false],
    ['100%', 'gives 100% back', true],
    ['100%', '2100%', false],
    ['👍', 'good 👍🏽', true],
    ['👨‍👩‍👧', 'a 👨‍👩‍👧 b', true],
    ['👨‍👩‍👧', '👨', false],
    ['ปลา', 'กินปลาทอง', true],
    ['할인', '할인을 드립니다', true],
    ['𠮷野家', '去𠮷野家吃', true],
    ['c++', 'in C++', true],
    ['.com', 'weft.com', true],
    ['.com', 'weft.community', false],
  ];
  test.each(table)('%j in %j: %s', (word, text, isThere) => {
    expect(matcherOf([word]).find(text)).toEqual(isThere ? [0] : []);
  });

  it('beside others, which begin or end alike, each by its place', () => {
    const matcher = matcherOf(['she', 'he', 'hers', '她们', '们好', 'HE', 'ushers']);
    expect(matcher.find('ushers')).toEqual([6]);
    expect(matcher.find('she said: he, hers')).toEqual([0, 1, 2, 5]);
    expect(matcher.find('她们好')).toEqual([3, 4]);
    expect(matcher.find('')).toEqual([]);
    expect(matcherOf([]).find('x')).toEqual([]);
  });

  it('as whoever looks for each word by itself would find it', () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    const text = (longest: number): string =>
      Array.from({ length: 1 + random(longest) }, () => ['a', 'b', ' ', '中', '文'][random(5)]!).join('');
    for (let round = 0; round < 400; round++) {
      const words = [...new Set(Array.from({ length: 12 }, () => folded(text(4))))].filter((w) => w !== '');
      const said = text(60);
      const alone = words.flatMap((word, i) => (matcherOf([word]).find(said).length > 0 ? [i] : []));
      const plainly = words.flatMap((word, i) => {
        const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        const from = /^[ab]/.test(word) ? '(?<![ab])' : '';
        const to = /[ab]$/.test(word) ? '(?![ab])' : '';
        return new RegExp(from + escaped + to).test(folded(said)) ? [i] : [];
      });
      expect({ seed, found: matcherOf(words).find(said) }).toEqual({ seed, found: plainly });
      expect(alone).toEqual(plainly);
    }
  });
});

const member = (id: string, departments: readonly string[]) => ({
  ...{ id, name: id, role: 'member', leftAt: null, joinedAt: 1, departments, superior: null },
});
const directory = {
  members: { ada: member('ada', ['north']), ben: member('ben', ['shops']), lin: member('lin', []) },
  departments: {
    sales: { id: 'sales', parent: null },
    north: { id: 'north', parent: 'sales' },
    shops: { id: 'shops', parent: null },
  },
};
const actorOf = (id: string, more: Partial<Actor> = {}): Actor => ({
  ...{ member: id as MemberId, role: 'member', active: true },
  ...more,
});
const rule = (id: string, does: 'warn' | 'hold', words: string[], departments: string[] | null = null) =>
  ({ id, name: id, does, words, departments }) as WordsRule;
const guest = guestOf('c1' as CustomerId);
const talk = (rules: readonly WordsRule[], { guests = true, owner = 'ada' as string | null } = {}) => ({
  room: { workspace: 'w', kind: 'chat', id: 'customer-c1', part: null } as never,
  state: { guests: guests ? { [guest]: { name: 'Mia' } } : undefined },
  stateOf: (kind: string): unknown =>
    ({
      words: { rules: Object.fromEntries(rules.map((each) => [each.id, each])) },
      customer: { owner },
      directory,
    })[kind],
});
const found = (who: Actor, context: ReturnType<typeof talk>, type: string, data: unknown) =>
  wordsFound(who, context, type, data).map(({ rule: { id }, words }) => [id, ...words]);

describe('words to customers', () => {
  const rules = [
    rule('everyone', 'warn', ['refund', '返现']),
    rule('sales', 'hold', ['cash', 'refund'], ['sales']),
  ];
  const context = talk(rules);

  it('are judged in messages, edits, names of files and records', () => {
    expect(found(actorOf('ben'), context, 'chat.send', { text: 'A refund?' })).toEqual([
      ['everyone', 'refund'],
    ]);
    expect(found(actorOf('ben'), context, 'chat.edit', { text: '返现' })).toEqual([['everyone', '返现']]);
    const files = [{ name: 'refund.pdf' }];
    expect(found(actorOf('ben'), context, 'chat.send', { text: '', files })).toEqual([
      ['everyone', 'refund'],
    ]);
    const record = { items: [{ text: 'x' }, { text: 'refund' }] };
    expect(found(actorOf('ben'), context, 'chat.send', { text: '', record })).toEqual([
      ['everyone', 'refund'],
    ]);
    expect(found(actorOf('ben'), context, 'chat.react', { emoji: ['refund'] })).toEqual([]);
    expect(found(actorOf('ben'), talk(rules, { guests: false }), 'chat.send', { text: 'refund' })).toEqual(
      [],
    );
  });

  it('are judged where they are kept for later', () => {
    const other = {
      ...context,
      room: { workspace: 'w', kind: 'customers', id: 'main', part: null } as never,
    };
    const link = { welcome: 'Hi', away: 'refund tomorrow', name: 'refund' };
    for (const [type, data] of [
      ['customers.link', link],
      ['customers.quickReply', { text: 'refund' }],
      ['reply.add', { text: 'refund' }],
      ['reply.change', { text: 'refund' }],
      ['broadcast.words', { text: 'refund', nameless: '' }],
    ] as const)
      expect(found(actorOf('ben'), other, type, data)).toEqual([['everyone', 'refund']]);
    expect(found(actorOf('ben'), other, 'customers.field', { name: 'refund' })).toEqual([]);
  });

  it('meet the rules of the writer’s departments, and what customers write those of who has them', () => {
    expect(found(actorOf('ada'), context, 'chat.send', { text: 'cash refund' })).toEqual([
      ['everyone', 'refund'],
      ['sales', 'cash', 'refund'],
    ]);
    const visitor = actorOf(guest, { isGuest: true });
    expect(found(visitor, context, 'chat.send', { text: 'cash' })).toEqual([['sales', 'cash']]);
    expect(found(visitor, talk(rules, { owner: 'ben' }), 'chat.send', { text: 'cash' })).toEqual([]);
    expect(found(visitor, talk(rules, { owner: null }), 'chat.send', { text: 'refund' })).toEqual([
      ['everyone', 'refund'],
    ]);
  });

  it('are held by one rule that holds, and never of a customer', () => {
    const said = wordsFound(actorOf('ada'), context, 'chat.send', { text: 'refund' });
    expect(heldBy(actorOf('ada'), said)?.rule.id).toBe('sales');
    expect(heldBy(actorOf(guest, { isGuest: true }), said)).toBeUndefined();
    expect(heldBy(actorOf('ben'), wordsFound(actorOf('ben'), context, 'chat.send', { text: 'refund' }))).toBe(
      undefined,
    );
  });
});

describe('word rules', () => {
  const judge = (who: Actor, type: string, data: unknown, state: unknown = { rules: {} }) => {
    const result = judgeCommand(who, type, data, {
      ...talk([]),
      ...{ kind: wordsKind as never, state, governing: state, at: 1 },
      room: { workspace: 'w', kind: 'words', id: 'main', part: null } as never,
      stateOf: () => ({ serviceAdmins: ['ben'] }),
      isActiveMember: () => true,
      entry: () => null,
    });
    return result.ok ? 'ok' : result.error.code;
  };
  const one = rule('r1', 'warn', ['x']);

  it('are kept by administrators and service administrators', () => {
    expect(judge(actorOf('lin', { role: 'admin' }), 'words.rule', one)).toBe('ok');
    expect(judge(actorOf('ben'), 'words.rule', one)).toBe('ok');
    expect(judge(actorOf('ada'), 'words.rule', one)).toBe('forbidden');
    expect(judge(actorOf('ada'), 'words.drop', { id: 'r1' })).toBe('forbidden');
    expect(judge(actorOf('a', { may: ['customers:write'] }), 'words.rule', one)).toBe('forbidden');
  });

  it('are bounded, and have words that can be found', () => {
    const admin = actorOf('lin', { role: 'admin' });
    const refused: readonly Partial<WordsRule>[] = [
      { words: [] },
      { words: ['x', 'x'] },
      { words: ['\u200b'] },
      { words: ['x'.repeat(mostWords.length + 1)] },
      { departments: [] },
      { id: 'constructor' },
      { name: ' ' },
    ];
    for (const wrong of refused)
      expect([wrong, judge(admin, 'words.rule', { ...one, ...wrong })]).toEqual([wrong, 'bad-request']);
    const many = Array.from({ length: mostWords.rules }, (_, i) => rule(`a${i}`, 'warn', [`w${i}`]));
    const full = { rules: Object.fromEntries(many.map((each) => [each.id, each])) };
    expect(judge(admin, 'words.rule', one, full)).toBe('too-many');
    expect(judge(admin, 'words.rule', { ...many[0]!, words: ['y'] }, full)).toBe('ok');
    const long = Array.from({ length: 1_200 }, (_, i) => `${'长'.repeat(50)}${i}`);
    expect(judge(admin, 'words.rule', { ...one, words: long })).toBe('too-many');
  });
});
