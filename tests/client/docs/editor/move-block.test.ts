import { EditorState, TextSelection } from '@tiptap/pm/state';
import { expect, test } from 'vitest';
import { moveBlock } from '../../../../client/features/docs/editor/move-block.ts';
import { contentSchema } from '../../../../client/features/docs/editor/schema.ts';

const schema = contentSchema();
const paragraph = (text: string) => schema.node('paragraph', null, text === '' ? [] : [schema.text(text)]);

function stateOf(texts: readonly string[], anchor: number, head = anchor): EditorState {
  const doc = schema.node('doc', null, texts.map(paragraph));
  return EditorState.create({ doc, selection: TextSelection.create(doc, anchor, head) });
}

function moved(state: EditorState, direction: -1 | 1): EditorState {
  let next = state;
  moveBlock(state, direction, (transaction) => (next = state.apply(transaction)));
  return next;
}

const texts = (state: EditorState): string[] => {
  const all: string[] = [];
  state.doc.forEach((node) => all.push(node.textContent));
  return all;
};

test('the block of the caret changes places with its neighbour and keeps the caret', () => {
  const state = stateOf(['one', 'two', 'three'], 7);
  const down = moved(state, 1);
  expect(texts(down)).toEqual(['one', 'three', 'two']);
  expect(down.selection.$from.parent.textContent).toBe('two');
  const up = moved(state, -1);
  expect(texts(up)).toEqual(['two', 'one', 'three']);
  expect(up.selection.$from.parentOffset).toBe(state.selection.$from.parentOffset);
});

test('several selected blocks move together', () => {
  const state = stateOf(['one', 'two', 'three'], 2, 7);
  expect(texts(moved(state, 1))).toEqual(['three', 'one', 'two']);
});

test('at the edge nothing moves', () => {
  expect(moveBlock(stateOf(['one', 'two'], 2), -1)).toBe(false);
  expect(moveBlock(stateOf(['one', 'two'], 7), 1)).toBe(false);
});
