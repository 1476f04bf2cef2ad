/** How everybody is called after an @, in either language: a message is read in another one than it was written in. */
export const allNames: readonly string[] = ['所有人', 'Everybody'];

/** Whether the text calls everybody. */
export const callsAll = (text: string): boolean =>
  allNames.some((name) => new RegExp(`(^|[^A-Za-z0-9._%+-])@${name}(?![A-Za-z0-9])`).test(text));
