import { expect, test } from 'vitest';
import { fold, foldWithPlaces } from '../../../client/data/search/fold.ts';
import { askedFor, isIn, placesIn, tokensOf } from '../../../client/data/search/words.ts';
import { seededRandom, seedFromEnvironment } from '../../shared/random.ts';

const tokens = (text: string): string[] => {
  const found: string[] = [];
  tokensOf(fold(text), (token) => found.push(token));
  return found;
};
const marked = (text: string, input: string): string => {
  let shown = '';
  let at = 0;
  for (const [from, to] of placesIn(text, askedFor(input))) {
    shown += `${text.slice(at, from)}[${text.slice(from, to)}]`;
    at = to;
  }
  return shown + text.slice(at);
};

test('case, accents, full-width forms and composed letters do not matter', () => {
  expect(fold('Crème ＢＲÛＬÉＥ cafe\u0301')).toBe('creme brulee cafe');
  expect(fold('한글')).toBe('한글');
});

test('words are one token each, writing without blanks one for every two neighbours and one for its end', () => {
  expect(tokens('Order 42 报价单, ok')).toEqual(['order', '42', '报价', '价单', '单', 'ok']);
  expect(tokens('🎉🎉好')).toEqual(['🎉', '🎉', '好']);
  expect(tokens('report_2026-final.pdf')).toEqual(['report', '2026', 'final', 'pdf']);
});

const rows: readonly (readonly [text: string, input: string, found: boolean])[] = [
  ['明天上午开供应商会议', '供应商', true],
  ['明天上午开供应商会议', '应', true],
  ['明天上午开供应商会议', '议', true],
  ['明天上午开供应商会议', '会供', false],
  ['供应链，商会', '供应商', false],
  ['Deployment is done', 'deploy', true],
  ['Deployment is done', 'ployment', false],
  ['Deployment is done', 'done deploy', true],
  ['Deployment is done', '"done deploy"', false],
  ['Deployment is done', '"is done"', true],
  ['Deployment is done', '“is done', true],
  ['node.js 版本', 'node.js', true],
  ['nodejs', 'node.js', false],
  ['写了 C++ 和 c#', 'c++', true],
  ['写了 C 和 c#', 'c++', false],
  ['v2版本', 'v2版', true],
  ['dev2版本', 'v2版', false],
  ['ＡＢＣ公司', 'abc公', true],
  ['well done 🎉', '🎉', true],
  ['well done', '🎉', false],
];
test.each(rows)('%j asked for %j: %j', (text, input, found) => {
  expect(isIn(text, askedFor(input))).toBe(found);
  expect(placesIn(text, askedFor(input)).length > 0 || !found).toBe(true);
});

test('places are those of the text as it was written', () => {
  expect(marked('Crème brûlée, CRÈME', 'creme')).toBe('[Crème] brûlée, [CRÈME]');
  expect(marked('开供应商会议', '供应商 商会')).toBe('开[供应商会]议');
  expect(marked('ﬁne 🎉 fine', 'fine')).toBe('[ﬁne] 🎉 [fine]');
  expect(marked('nothing', 'other')).toBe('nothing');
});

test('signs alone are no question', () => {
  expect(askedFor('++ ,').clues).toEqual([]);
  expect(askedFor('  ').pieces).toEqual([]);
});

const isClue = (told: string | undefined, token: string, begins: boolean): boolean =>
  begins ? told !== undefined && told.startsWith(token) : told === token;

const alphabet = [...'abAB é12 ,.-_"供应商会议的🎉👍🏽ßﬁＡ한กา\n𠀀'];

test('a text that has what is asked for has all of its clues', () => {
  const seed = seedFromEnvironment();
  const random = seededRandom(seed);
  const words = (most: number): string =>
    Array.from({ length: 1 + random(most) }, () => alphabet[random(alphabet.length)]).join('');
  let found = 0;
  for (let i = 0; i < 20_000; i++) {
    const text = words(24);
    const start = random(text.length);
    const input = random(2) === 0 ? words(4) : text.slice(start, start + 1 + random(6));
    const asked = askedFor(input);
    if (asked.clues.length === 0 || !isIn(text, asked)) continue;
    found += 1;
    const all = tokens(text);
    const begins = asked.pieces.map((_, piece) =>
      all.some((_, first) =>
        asked.clues.every(
          ({ token, begins, stands }) =>
            stands?.piece !== piece || isClue(all[first + stands.turn], token, begins),
        ),
      ),
    );
    expect(begins, `seed ${seed}: ${JSON.stringify({ text, input, all })}`).not.toContain(false);
    for (const { token, begins } of asked.clues)
      expect(
        all.some((each) => isClue(each, token, begins)),
        `seed ${seed}: ${JSON.stringify({ text, input, token, all })}`,
      ).toBe(true);
    const { text: folded, from } = foldWithPlaces(text);
    expect(folded, `seed ${seed}`).toBe(fold(text));
    expect(from?.length ?? text.length, `seed ${seed}`).toBe(folded.length);
    expect(placesIn(text, asked).length, `seed ${seed}: ${JSON.stringify({ text, input })}`).toBeGreaterThan(
      0,
    );
  }
  expect(found).toBeGreaterThan(2_000);
});
