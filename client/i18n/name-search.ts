/*
 * Finding people by what one types: parts of a name in any case, words in any order, and the first letters of the
 * sounds of Chinese names, so that `lm` finds 李明. Sounds come from the browser's pinyin collation, not from a table.
 */
const boundaries: readonly (readonly [string, string])[] = [
  ['a', '阿'],
  ['b', '八'],
  ['c', '嚓'],
  ['d', '哒'],
  ['e', '妸'],
  ['f', '发'],
  ['g', '旮'],
  ['h', '哈'],
  ['j', '讥'],
  ['k', '咔'],
  ['l', '垃'],
  ['m', '痳'],
  ['n', '拏'],
  ['o', '噢'],
  ['p', '妑'],
  ['q', '七'],
  ['r', '呥'],
  ['s', '扨'],
  ['t', '它'],
  ['w', '穵'],
  ['x', '夕'],
  ['y', '丫'],
  ['z', '帀'],
];

const han = /\p{Script=Han}/u;
const known = new Map<string, string>();
let collator: Intl.Collator | undefined;

function letterOf(character: string): string {
  let letter = known.get(character);
  if (letter !== undefined) return letter;
  collator ??= new Intl.Collator('zh-CN-u-co-pinyin');
  letter = '';
  for (const [candidate, first] of boundaries) {
    if (collator.compare(first, character) > 0) break;
    letter = candidate;
  }
  known.set(character, letter);
  return letter;
}

/** `lm` for 李明, `al` for Ann Lee. */
export function nameInitials(name: string): string {
  let result = '';
  let inWord = false;
  for (const character of name.toLocaleLowerCase()) {
    if (han.test(character)) {
      result += letterOf(character);
      inWord = false;
    } else if (/[\p{L}\p{N}]/u.test(character)) {
      if (!inWord) result += character;
      inWord = true;
    } else inWord = false;
  }
  return result;
}

/** Whether every word of `query` is in one of `texts`; `name` may also be given by its initials. */
export function matchesName(query: string, name: string, texts: readonly string[] = []): boolean {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const places = [name, ...texts].map((text) => text.toLocaleLowerCase());
  return words.every(
    (word) => places.some((text) => text.includes(word)) || nameInitials(name).includes(word),
  );
}

/** What people are found by; every part may be empty. */
export interface Findable {
  readonly name: string;
  readonly post: string;
  readonly phone: string;
  readonly email: string;
}

// A number is found however its digits are grouped.
const digits = (text: string): string => text.replace(/[\s().-]/g, '');

/**
 * By name, initials, post, phone and the own part of the mail address, with or without its dots. Behind the @ stands the
 * company, which everybody shares: it counts only for who types the @.
 */
export function matchesPerson(query: string, person: Findable): boolean {
  const [box = ''] = person.email.split('@');
  const mail = query.includes('@') ? [person.email] : [box, box.replace(/[^\p{L}\p{N}]/gu, '')];
  return (
    matchesName(query, person.name, [person.post, person.phone, ...mail]) ||
    (/\d{3}/.test(query) && /^[+\d\s().-]+$/.test(query) && digits(person.phone).includes(digits(query)))
  );
}

/** For sorting what `matchesName` found: 0 begins like the query, by letters or initials, 1 has it in the name, 2 elsewhere. */
export function nameRank(query: string, name: string): 0 | 1 | 2 {
  const wanted = query.trim().toLocaleLowerCase();
  const whole = name.toLocaleLowerCase();
  if (wanted === '' || whole.startsWith(wanted) || nameInitials(name).startsWith(wanted)) return 0;
  return whole.includes(wanted) ? 1 : 2;
}
