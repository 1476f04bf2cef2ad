/* What is typed to find a quick reply: everything behind a slash with which the message begins, up to the caret. */

// The other two come from the same key on Chinese keyboards.
const open = /^[/／、]([^\n]{0,40})$/u;

export const replyQuery = (text: string, caret: number): string | null =>
  open.exec(text.slice(0, caret))?.[1] ?? null;
