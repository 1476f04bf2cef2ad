/* Moving whole blocks without a pointer: Alt+Shift+↑/↓. The same as the drag handle does. */
import { Extension } from '@tiptap/core';
import { NodeSelection, TextSelection, type EditorState, type Transaction } from '@tiptap/pm/state';

/** Swaps the top-level block of the caret with its neighbour; false at the edge of the doc. */
export function moveBlock(
  state: EditorState,
  direction: -1 | 1,
  dispatch?: (transaction: Transaction) => void,
): boolean {
  const { $from, $to, anchor, head } = state.selection;
  const first = $from.index(0);
  const last = state.selection instanceof NodeSelection ? first : $to.index(0);
  const { doc } = state;
  const neighbour = direction < 0 ? first - 1 : last + 1;
  if (neighbour < 0 || neighbour >= doc.childCount) return false;
  if (!dispatch) return true;

  const startOf = (index: number): number => {
    let position = 0;
    for (let i = 0; i < index; i += 1) position += doc.child(i).nodeSize;
    return position;
  };
  // It is the neighbour that travels: what others write in the moved blocks meanwhile stays theirs.
  const node = doc.child(neighbour);
  const from = startOf(neighbour);
  const target = direction < 0 ? startOf(last + 1) - node.nodeSize : startOf(first);
  const transaction = state.tr.delete(from, from + node.nodeSize).insert(target, node);
  const shift = direction < 0 ? -node.nodeSize : node.nodeSize;
  if (state.selection instanceof NodeSelection) {
    transaction.setSelection(NodeSelection.create(transaction.doc, anchor + shift));
  } else {
    transaction.setSelection(TextSelection.create(transaction.doc, anchor + shift, head + shift));
  }
  dispatch(transaction.scrollIntoView());
  return true;
}

export const MoveBlock = Extension.create({
  name: 'moveBlock',
  addKeyboardShortcuts() {
    const move = (direction: -1 | 1) => (): boolean => {
      const { state, view } = this.editor;
      return moveBlock(state, direction, (transaction) => view.dispatch(transaction));
    };
    return { 'Alt-Shift-ArrowUp': move(-1), 'Alt-Shift-ArrowDown': move(1) };
  },
});
