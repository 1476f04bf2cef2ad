import { allow } from '../../access/actor.ts';
import { makeFold } from '../../access/fold.ts';
import { full, ownCommand, ownEntry, ownKind } from './owned.ts';
import { most, todoAdd, todoChange, todoRemove, type TodosState } from './schema.ts';

const has = ({ items }: TodosState, id: string): boolean => Object.hasOwn(items, id);

/** A person's to-dos. What arrives at the relay last counts, field by field; what was removed stays removed. */
export const todosKind = ownKind<TodosState>('todos', {
  initial: { owner: null, items: {} },
  fold: makeFold<TodosState>((state) => ({ ...state, items: { ...state.items } }), {
    'todo.add': ownEntry(todoAdd, (draft, { id, text, due = null, source = null }, entry) => {
      if (!has(draft, id)) draft.items[id] = { id, text, due, done: null, source, madeAt: entry.at };
    }),
    'todo.change': ownEntry(todoChange, (draft, { id, text, due, done }, entry) => {
      const todo = draft.items[id];
      if (!todo || !has(draft, id)) return;
      draft.items[id] = {
        ...todo,
        text: text ?? todo.text,
        due: due === undefined ? todo.due : due,
        // Done twice was done the first time.
        done: done === undefined ? todo.done : done ? (todo.done ?? entry.at) : null,
      };
    }),
    'todo.remove': ownEntry(todoRemove, (draft, { ids }) => {
      for (const id of ids) delete draft.items[id];
    }),
  }),
  // To-dos that come of a conversation with a customer go to whoever answers there.
  facts: { 'todo.add': todoAdd, 'todo.remove': todoRemove },
  commands: {
    'todo.add': ownCommand(
      todoAdd,
      ({ id }, state: TodosState) => has(state, id),
      ({ id }, state) =>
        has(state, id) || Object.keys(state.items).length < most.todos ? allow : full('to-dos'),
    ),
    'todo.change': ownCommand(todoChange, ({ id, text, due, done }, state: TodosState) => {
      if (!has(state, id)) return true;
      const todo = state.items[id]!;
      return (
        (text ?? todo.text) === todo.text &&
        (due === undefined || due === todo.due) &&
        (done === undefined || done === (todo.done !== null))
      );
    }),
    'todo.remove': ownCommand(todoRemove, ({ ids }, state: TodosState) => !ids.some((id) => has(state, id))),
  },
});
