/* The editor's keys for the `?` help. */
import { t } from './strings.ts';

const apple = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);
const command = apple ? '⌘' : 'Ctrl';
const alt = apple ? '⌥' : 'Alt';
const shift = apple ? '⇧' : 'Shift';

export const docsShortcuts = (): readonly { readonly keys: readonly string[]; readonly label: string }[] => [
  { keys: ['/'], label: t.keyInsert },
  { keys: ['@'], label: t.keyMention },
  { keys: [command, 'B'], label: t.keyBold },
  { keys: [command, 'K'], label: t.keyLink },
  { keys: [command, 'Enter'], label: t.keyTask },
  { keys: [alt, shift, '↑'], label: t.keyBlockUp },
  { keys: [alt, shift, '↓'], label: t.keyBlockDown },
];
