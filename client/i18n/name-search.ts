/*
 * Finding people by what one types: parts of a name in any case, words in any order, and the sounds of Chinese names,
 * whole or shortened: `liming`, `lim` and `lm` find 李明.
 */
import { soundsOf } from './pinyin.ts';

/** `lm` for 李明, `al` for Ann Lee. */
export function nameInitials(name: string): string {
  let result = '';
  let inWord = false;
  for (const character of name.toLocaleLowerCase()) {
    const [sound] = soundsOf(character);
    if (sound !== undefined) {
      result += sound.charAt(0);
      inWord = false;
    } else if (/[\p{L}\p{N}]/u.test(character)) {
      if (!inWord) result += character;
      inWord = true;
    } else inWord = false;
  }
  return result;
}

/** Whether the word goes on from the character at `at`, each with its sound or the beginning of it. */
function continues(word: string, name: readonly (readonly string[])[], at: number): boolean {
  if (word === '') return true;
  return (name[at] ?? []).some((sound) => {
    for (let length = 1; length <= sound.length && word.startsWith(sound.slice(0, length)); length++)
      if (continues(word.slice(length), name, at + 1)) return true;
    return false;
  });
}

interface Heard {
  /** Of every character; empty where none of them has a sound. */
  readonly sounds: readonly (readonly string[])[];
  /** What any of them begins with: most names are told from a word by that alone. */
  readonly firsts: string;
}

/** Names are asked about with every key that is pressed. */
const heard = new Map<string, Heard>();
const mostHeard = 50_000;
const silent: Heard = { sounds: [], firsts: '' };

function soundsIn(name: string): Heard {
  let found = heard.get(name);
  if (!found) {
    if (heard.size >= mostHeard) heard.clear();
    const sounds = [...name].map(soundsOf);
    const firsts = sounds.flatMap((each) => each.map((sound) => sound.charAt(0))).join('');
    heard.set(name, (found = firsts === '' ? silent : { sounds, firsts }));
  }
  return found;
}

/** Looks the sounds of a name up ahead of time: of thousands that takes longer than somebody who types waits. */
export const hear = (name: string): void => void soundsIn(name);

const latin = /^[a-zü]+$/;

/** Whether `zhangwei`, `zhangw` or `zw` sounds like a part of the name; `atStart` only like its beginning. */
export function soundsLike(word: string, name: string, atStart = false): boolean {
  if (!latin.test(word)) return false;
  const { sounds, firsts } = soundsIn(name);
  const plain = word.replaceAll('ü', 'v');
  if (!firsts.includes(plain.charAt(0))) return false;
  return sounds.some((_, at) => (at === 0 || !atStart) && continues(plain, sounds, at));
}

/** Whether every word of `query` is in one of `texts`; `name` may also be given by its sounds or initials. */
export function matchesName(query: string, name: string, texts: readonly string[] = []): boolean {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const places = [name, ...texts].map((text) => text.toLocaleLowerCase());
  return words.every(
    (word) =>
      places.some((text) => text.includes(word)) ||
      soundsLike(word, name) ||
      nameInitials(name).includes(word),
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
  if (soundsLike(wanted.replace(/[\s']/g, ''), name, true)) return 0;
  return whole.includes(wanted) ? 1 : 2;
}
