import type { Range } from '@tiptap/core';
import type { EditorState } from '@tiptap/pm/state';

/** Whether a menu may open for the text in `range`: not inside code, and not right after what `notAfter` finds. */
export function mayTrigger(state: EditorState, range: Range, notAfter: RegExp): boolean {
  const $from = state.doc.resolve(range.from);
  if ($from.parent.type.spec.code) return false;
  const at = $from.parentOffset;
  return !notAfter.test($from.parent.textBetween(Math.max(0, at - 1), at, undefined, '\ufffc'));
}
