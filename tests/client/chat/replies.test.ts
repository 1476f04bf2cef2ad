import { describe, expect, test } from 'vitest';
import type { QuickReply } from '../../../shared/features/personal/schema.ts';
import { filledReply, findReplies } from '../../../client/features/chat/replies/replies.ts';
import { replyQuery } from '../../../client/features/chat/replies/reply-query.ts';

const reply = (title: string, text = 'words', folder = ''): QuickReply => ({
  id: title,
  title,
  text,
  folder,
});
const places = { customer: 'Ann', me: 'Ben', company: 'Acme' };

describe('what is looked for', () => {
  test.each([
    ['/', 1, ''],
    ['/thanks', 7, 'thanks'],
    ['/thanks', 3, 'th'],
    ['／价格', 3, '价格'],
    ['、价', 2, '价'],
    ['/two words', 10, 'two words'],
    [' /thanks', 8, null],
    ['and/or', 6, null],
    ['/a\nb', 4, null],
    ['', 0, null],
    [`/${'x'.repeat(41)}`, 42, null],
  ])('%j with the caret at %i: %j', (text, caret, query) => {
    expect(replyQuery(text, caret)).toBe(query);
  });
});

describe('what is found', () => {
  const own = [reply('Prices', 'We cost little'), reply('Bye')];
  const team = [reply('Opening hours', 'From nine', 'Shop'), reply('Price list', 'See below'), reply('谢谢')];

  test.each([
    ['', ['Bye', 'Prices', 'Price list', '谢谢', 'Opening hours']],
    ['pri', ['Prices', 'Price list']],
    ['nine', ['Opening hours']],
    ['shop', ['Opening hours']],
    ['xx', ['谢谢']],
    ['list price', ['Price list']],
    ['nothing', []],
  ])('%j: %j', (typed, titles) => {
    expect(findReplies(typed, own, team).map(({ title }) => title)).toEqual(titles);
  });
});

describe('what is said', () => {
  test.each([
    ['Hello {customer}, this is {me} of {company}.', places, 'Hello Ann, this is Ben of Acme.'],
    ['{customer}您好，我是{me}', places, 'Ann您好，我是Ben'],
    ['{other} {customer', places, '{other} {customer'],
    ['{customer}', { ...places, customer: '{me} $&' }, '{me} $&'],
    ['Hello {customer}, welcome', { ...places, customer: '' }, 'Hello, welcome'],
    ['{customer}, welcome to {company}', { ...places, customer: '' }, 'welcome to Acme'],
    ['{customer}，您好', { ...places, customer: '' }, '您好'],
  ])('%j with %j: %j', (text, filled, result) => {
    expect(filledReply(text, filled)).toBe(result);
  });
});
