/* What stands in an avatar without a picture, and in which colour. */

const chinese = /\p{Script=Han}/u;
/** How customers are written down who gave no first name. It would stand in half of the avatars and tell nobody apart. */
const address = /(?<=\p{Script=Han})(?:先生|女士|小姐|太太|老师|师傅|医生|律师|经理|主任|老板|店长|总)$/u;

/**
 * The last two characters of a Chinese name, without what people are addressed by, and the initials of others:
 * 欧阳小安 → 小安, 陈先生 → 陈, Ann Lee → AL, weft → WE.
 */
export const initials = (name: string): string => {
  const trimmed = name.trim();
  if (chinese.test(trimmed)) {
    const characters = [...trimmed].filter((character) => chinese.test(character));
    return [...characters.join('').replace(address, '')].slice(-2).join('');
  }
  const words = trimmed.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const first = words[0];
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  if (first === undefined) return '?';
  const letters =
    last === undefined ? [...first].slice(0, 2) : [...([...first][0] ?? ''), [...last][0] ?? ''];
  return letters.join('').toLocaleUpperCase();
};

/** 1 to 8, always the same for one id, spread evenly: the number of `--avatar-n` and `--person-n`. */
export const colourOf = (id: string): number => {
  let hash = 0x811c9dc5; // FNV-1a
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  }
  return (((hash >>> 0) ^ (hash >>> 15)) & 7) + 1;
};
