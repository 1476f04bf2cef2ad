/* What a person does with a message to come back to it, and the dialogs that ask for more. */
import { newId, type CommandId, type RoomId } from '../../../../shared/base/ids.ts';
import { ownRoom } from '../../../../shared/features/personal/rooms.ts';
import {
  longestCopy,
  longestTodo,
  type MessageSource,
  type SavedMessage,
  type TodoAdd,
  type TodoChange,
} from '../../../../shared/features/personal/schema.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import { navigate } from '../../../ui/location.svelte.ts';
import { toasts } from '../../../ui/toasts.svelte.ts';
import { reasonOf } from '../commands.ts';
import { importedName, saidAt } from '../imported/authors.ts';
import type { MessageAt } from '../conversation/message-actions.ts';
import { k } from './strings.ts';

export type KeepDialog =
  /** A to-do that begins with these words, or one that is there already. */
  | { readonly kind: 'todo'; readonly text: string; readonly source: MessageSource | null }
  | { readonly kind: 'readers'; readonly room: RoomId; readonly seq: number };

/** One dialog at a time; the page of a conversation shows it. */
class Keeping {
  dialog = $state.raw<KeepDialog | null>(null);
}
export const keeping = new Keeping();

const attempt = async (work: Promise<unknown>): Promise<boolean> => {
  try {
    await work;
    return true;
  } catch (cause) {
    toasts.show({ text: reasonOf(cause), kind: 'danger' });
    return false;
  }
};

/** The words of a message as a copy of it holds them: those of each message in a record, one under the other. */
export const wordsOf = ({ message }: MessageAt): string =>
  [message.text, message.record?.title, ...(message.record?.items ?? []).map(({ text }) => text)]
    .filter((part) => part)
    .join('\n');

export const sourceOf = ({ entry, conversation }: MessageAt): MessageSource => ({
  chat: conversation.id,
  message: entry.id,
  seq: entry.seq,
});

export const isSaved = (data: WorkspaceData, message: string): boolean =>
  Object.hasOwn(data.saved.items, message);

const savedRoom = (data: WorkspaceData): RoomId => ownRoom(data.workspace, data.me, 'saved');

export async function saveMessage(data: WorkspaceData, at: MessageAt): Promise<void> {
  const files = at.message.files?.map(({ name }) => name);
  const copy = {
    ...sourceOf(at),
    by: at.entry.by,
    ...importedName(at.entry),
    at: saidAt(at.entry),
    text: wordsOf(at).slice(0, longestCopy),
    ...(files ? { files } : {}),
  };
  if (await attempt(data.send(savedRoom(data), 'saved.add', copy)))
    toasts.show({ text: k.savedDone, kind: 'done' });
}

export async function removeSaved(data: WorkspaceData, message: string): Promise<void> {
  const kept: SavedMessage | undefined = data.saved.items[message];
  if (!(await attempt(data.send(savedRoom(data), 'saved.remove', { message }))) || !kept) return;
  const { savedAt: _, ...copy } = kept;
  const run = (): void => void attempt(data.send(savedRoom(data), 'saved.add', copy));
  toasts.show({ text: k.unsavedDone, action: { label: k.undo, run } });
}

const todosRoom = (data: WorkspaceData): RoomId => ownRoom(data.workspace, data.me, 'todos');

/** Resolves to whether it was stored. */
export const addTodo = (
  data: WorkspaceData,
  todo: Omit<TodoAdd, 'id'>,
  id: string = newId(),
): Promise<boolean> => attempt(data.send(todosRoom(data), 'todo.add', { id, ...todo }));

export const changeTodo = (data: WorkspaceData, change: TodoChange): Promise<boolean> =>
  attempt(data.send(todosRoom(data), 'todo.change', change));

export const removeTodos = (data: WorkspaceData, ids: readonly string[]): Promise<boolean> =>
  attempt(data.send(todosRoom(data), 'todo.remove', { ids: [...ids] }));

export async function todoFromMessage(data: WorkspaceData, todo: Omit<TodoAdd, 'id'>): Promise<void> {
  if (!(await addTodo(data, todo))) return;
  const run = (): void => navigate('/todos');
  toasts.show({ text: k.todoAdded, kind: 'done', action: { label: k.showTodos, run } });
}

/** The first words, as much as a to-do holds; of a message without any, the names of its files. */
export const todoWords = (at: MessageAt): string =>
  (wordsOf(at) || (at.message.files ?? []).map(({ name }) => name).join(', ')).slice(0, longestTodo).trim();

export const asTarget = ({ message, seq }: MessageSource): { id: CommandId; seq: number } => ({
  id: message as CommandId,
  seq,
});
