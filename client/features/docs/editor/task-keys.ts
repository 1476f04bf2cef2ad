/* Ticking a task without a pointer: Ctrl+Enter (⌘ Enter) in it. */
import { Extension } from '@tiptap/core';
import type { EditorState, Transaction } from '@tiptap/pm/state';

/** Ticks the innermost task around the caret, or takes the tick away; false where there is none. */
export function toggleTask(state: EditorState, dispatch?: (transaction: Transaction) => void): boolean {
  const { $from } = state.selection;
  if ($from.parent.type.spec.code) return false;
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    const node = $from.node(depth);
    if (node.type.name !== 'taskItem') continue;
    const attrs = { ...node.attrs, checked: node.attrs['checked'] !== true };
    dispatch?.(state.tr.setNodeMarkup($from.before(depth), undefined, attrs));
    return true;
  }
  return false;
}

export const TaskKeys = Extension.create({
  name: 'taskKeys',
  // Before the line break, which has the same keys.
  priority: 1000,
  addKeyboardShortcuts() {
    return {
      'Mod-Enter': () => {
        const { state, view } = this.editor;
        return toggleTask(state, (transaction) => view.dispatch(transaction));
      },
    };
  },
});
