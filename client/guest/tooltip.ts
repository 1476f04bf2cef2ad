/* In place of the members' own bubble (vite.guest.config.ts): the browser's is enough for four buttons. */
import type { Attachment } from 'svelte/attachments';

export const tooltip =
  (text: string): Attachment =>
  (anchor) =>
    anchor.setAttribute('title', text);
