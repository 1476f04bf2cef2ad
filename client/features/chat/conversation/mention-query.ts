/* The name that is being typed after an @, if the caret is in one. */
export interface MentionQuery {
  /** Where the @ stands. */
  readonly from: number;
  readonly text: string;
}

// After a letter or digit of the Latin kind an @ belongs to a mail address.
const open = /(^|[^A-Za-z0-9._%+-])@([^\s@]{0,20})$/u;

export function mentionQuery(text: string, caret: number): MentionQuery | null {
  const match = open.exec(text.slice(Math.max(0, caret - 40), caret));
  const word = match?.[2];
  return word === undefined ? null : { from: caret - word.length - 1, text: word };
}
