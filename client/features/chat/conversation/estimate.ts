/* A guess at a row's height before it is drawn. Near enough, and the scrollbar does not jump while one scrolls. */
const lineHeight = 21;
const wide = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/;

/** Pixels for a message bubble `width` pixels wide. */
export function textHeight(text: string, width: number): number {
  let lines = 0;
  let used = 0;
  // Beyond this the exact number of lines matters less than the time to count them.
  const end = Math.min(text.length, 4_000);
  for (let index = 0; index < end; index += 1) {
    const character = text[index] ?? '';
    if (character === '\n') {
      lines += 1;
      used = 0;
      continue;
    }
    used += wide.test(character) ? 14 : 7.1;
    if (used > width) {
      lines += 1;
      used = 0;
    }
  }
  lines += 1;
  return lines * (text.length / Math.max(1, end)) * lineHeight + 16;
}
