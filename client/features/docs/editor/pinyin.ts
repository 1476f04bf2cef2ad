/*
 * First letters of Chinese names, so that `lm` finds 李明. The pinyin collation sorts Han characters by sound; these are
 * the first characters of each letter in it, so the letter of any other one follows by comparison.
 */
const firstOfLetter = [...'阿八嚓哒妸发旮哈讥咔垃痳拏噢妑七呥扨它穵夕丫帀'];
const letters = 'abcdefghjklmnopqrstwxyz';

let collator: Intl.Collator | undefined;

/** Lower-case initials: Han characters by their most usual reading, everything else as it is, blanks left out. */
export function pinyinInitials(text: string): string {
  collator ??= new Intl.Collator('zh-CN-u-co-pinyin');
  let result = '';
  for (const character of text.toLowerCase()) {
    if (/\s/.test(character)) continue;
    if (!/\p{Script=Han}/u.test(character)) {
      result += character;
      continue;
    }
    let found = 0;
    while (found + 1 < firstOfLetter.length && collator.compare(firstOfLetter[found + 1] ?? '', character) <= 0) found += 1;
    result += letters[found] ?? '';
  }
  return result;
}
