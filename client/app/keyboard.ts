/* Keys of the shell. Browsers keep most Ctrl combinations for themselves; these are free everywhere. */
const apple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** What the modifier is called on this keyboard. */
export const commandKey = apple ? '⌘' : 'Ctrl';
export const altKey = apple ? '⌥' : 'Alt';

export type ShellKey =
  { readonly kind: 'palette' } | { readonly kind: 'help' } | { readonly kind: 'go'; readonly index: number };

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches('input:not([type="checkbox"], [type="radio"]), textarea, select'));

/** What a key press asks of the shell, if anything. */
export const shellKey = (event: KeyboardEvent): ShellKey | undefined => {
  if (event.isComposing || event.defaultPrevented) return undefined;
  const command = apple ? event.metaKey : event.ctrlKey;
  if (command && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'k')
    return { kind: 'palette' };
  if (event.altKey && !event.ctrlKey && !event.metaKey && /^Digit[1-6]$/.test(event.code)) {
    return { kind: 'go', index: Number(event.code.slice(5)) - 1 };
  }
  if (event.key === '?' && !command && !event.altKey && !isTyping(event.target)) return { kind: 'help' };
  return undefined;
};
