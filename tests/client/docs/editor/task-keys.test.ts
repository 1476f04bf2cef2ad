import { EditorState, TextSelection } from '@tiptap/pm/state';
import type { Node } from '@tiptap/pm/model';
import { expect, test } from 'vitest';
import { contentSchema } from '../../../../client/features/docs/editor/schema.ts';
import { toggleTask } from '../../../../client/features/docs/editor/task-keys.ts';

const schema = contentSchema();
const paragraph = (text: string): Node => schema.node('paragraph', null, [schema.text(text)]);
const task = (text: string, ...inner: Node[]): Node =>
  schema.node('taskItem', { checked: false }, [paragraph(text), ...inner]);
const list = (...tasks: Node[]): Node => schema.node('taskList', null, tasks);

function stateAt(content: readonly Node[], word: string): EditorState {
  const doc = schema.node('doc', null, content);
  let at = 0;
  doc.descendants((node, position) => {
    if (node.text === word) at = position + 1;
  });
  return EditorState.create({ doc, selection: TextSelection.create(doc, at) });
}

function ticked(state: EditorState): Record<string, boolean> {
  const all: Record<string, boolean> = {};
  state.doc.descendants((node) => {
    if (node.type.name === 'taskItem')
      all[node.firstChild?.textContent ?? ''] = node.attrs['checked'] === true;
  });
  return all;
}

test('the keys tick the innermost task of the caret, and take the tick away again', () => {
  let state = stateAt([list(task('outer', list(task('inner'))))], 'inner');
  const press = (): boolean => toggleTask(state, (transaction) => (state = state.apply(transaction)));
  expect(press()).toBe(true);
  expect(ticked(state)).toEqual({ outer: false, inner: true });
  expect(state.selection.$from.parent.textContent).toBe('inner');
  press();
  expect(ticked(state)).toEqual({ outer: false, inner: false });
});

test('outside of a task the keys are left to others', () => {
  expect(toggleTask(stateAt([paragraph('plain')], 'plain'))).toBe(false);
});
