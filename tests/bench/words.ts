import { matcherOf } from '../../shared/features/words/match.ts';
import { mostWords } from '../../shared/features/words/schema.ts';
import { seededRandom } from '../shared/random.ts';
import { median, milliseconds, type Figure } from './measure.ts';

const times = 50;
const length = 10_000;

/** Word rules as large as they may be, against a long message of the same letters. */
export async function wordRules(): Promise<Figure[]> {
  const random = seededRandom(7);
  const letters = '的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可abcdefgh  ';
  const text = (most: number): string =>
    Array.from({ length: most }, () => letters[random(letters.length)]!).join('');
  const different = new Set<string>();
  while (different.size < mostWords.words) different.add(`${text(2 + random(5)).trim()}的`);
  const words = [...different];
  const message = text(length);
  let matcher = matcherOf([]);
  const making = await milliseconds(() => {
    matcher = matcherOf(words);
  });
  const all: number[] = [];
  let found = 0;
  for (let i = 0; i < times; i++)
    all.push(
      await milliseconds(() => {
        found = matcher.find(`${message}${i}`).length;
      }),
    );
  const how = `${words.length.toLocaleString('en')} words, of which ${found.toLocaleString('en')} are found`;
  return [
    {
      ...{ name: 'words in a message', value: median(all), unit: 'ms', target: { most: 5 } },
      how: `a message of ${length.toLocaleString('en')} characters against ${how}, median of ${times}`,
    },
    { ...{ name: 'word rules made ready', value: making, unit: 'ms' }, how: `once for each version; ${how}` },
  ];
}
