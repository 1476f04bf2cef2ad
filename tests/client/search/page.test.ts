import { expect, test } from 'vitest';
import { askedFor, placesIn } from '../../../client/data/search/words.ts';
import {
  addressOf,
  dayBefore,
  isNarrowed,
  questionOf,
  queryOf,
} from '../../../client/features/search/asked.ts';
import { excerptOf } from '../../../client/features/search/excerpt.ts';
import type { WorkspaceData } from '../../../client/data/api.ts';

const shown = (text: string, input: string): string =>
  excerptOf(text, (line) => placesIn(line, askedFor(input)))
    .map((part) => (part.found ? `[${part.text}]` : part.text))
    .join('');

test('an excerpt shows the first place with what is around it, in one line', () => {
  expect(shown('One\n\ntwo  three', 'two')).toBe('One [two] three');
  expect(shown('nothing of it', 'other')).toBe('nothing of it');
  const far = `${'before '.repeat(20)}the invoice, ${'after '.repeat(60)}`;
  expect(shown(far, 'invoice')).toMatch(/^… before before the \[invoice\], after .* …$/);
  const chinese = `${'前'.repeat(80)}供应商会议${'后'.repeat(10)}`;
  expect(shown(chinese, '供应商')).toBe(`… ${'前'.repeat(24)}[供应商]会议${'后'.repeat(10)}`);
});

test('a question is the same after a way through the address', () => {
  const question = {
    text: 'a & 价',
    tab: 'file',
    chat: 'c1',
    by: 'm1',
    from: '2026-03-01',
    to: '2026-03-02',
  } as never;
  const address = new URL(addressOf(question, '/search/c1', { at: '3.x' }), 'http://localhost');
  expect(address.pathname).toBe('/search/c1');
  expect(questionOf(address.searchParams)).toEqual(question);
  expect(addressOf(questionOf(new URLSearchParams()))).toBe('/search');
});

test('what is wrong in an address narrows nothing', () => {
  const question = questionOf(new URLSearchParams('kind=other&from=yesterday&to=2026-13-40'));
  expect(question).toMatchObject({ tab: 'all', from: null, to: null });
  expect(isNarrowed(question)).toBe(false);
});

test('days are whole ones where the device is, both of them included', () => {
  const question = questionOf(new URLSearchParams('from=2026-03-01&to=2026-03-01'));
  const query = queryOf({ workspace: 'w' } as WorkspaceData, 'message', question, 10);
  expect(query.from).toBe(new Date(2026, 2, 1).getTime());
  expect(query.to).toBe(new Date(2026, 2, 2).getTime());
  expect(dayBefore(new Date(2026, 2, 1, 12).getTime(), 1)).toBe('2026-02-28');
});
