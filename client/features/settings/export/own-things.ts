/* What one person keeps for themselves, as files: saved messages, to-dos and quick replies. */
import type { CommandId, RoomId } from '../../../../shared/base/ids.ts';
import type { SavedMessage, Todo } from '../../../../shared/features/personal/schema.ts';
import { roomId } from '../../../../shared/protocol/rooms.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import { csvFile } from '../../../ui/csv.ts';
import { chatTitle } from '../../chat/index.ts';
import { t } from './strings.ts';

const moment = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

const titleOf = (data: WorkspaceData, chat: string): string => {
  const state = data.chat(chat)?.state;
  return state ? chatTitle(state, data.directory, data.me) : '';
};

/** Copies of messages that were recalled since, as this device knows: their words go no further. */
async function recalledOf(data: WorkspaceData, saved: readonly SavedMessage[]): Promise<ReadonlySet<string>> {
  const rooms = new Map<RoomId, CommandId[]>();
  for (const { chat, message } of saved) {
    const room = roomId(data.workspace, 'chat', chat);
    rooms.set(room, [...(rooms.get(room) ?? []), message as CommandId]);
  }
  const gone = new Set<string>();
  for (const [room, ids] of rooms)
    for (const [id, { recalled }] of await data.marks(room, ids)) if (recalled) gone.add(id);
  return gone;
}

interface SavedRow {
  readonly chat: string;
  readonly conversation: string;
  readonly message: string;
  readonly by: string;
  readonly at: string | null;
  readonly savedAt: string | null;
  readonly text: string | null;
  readonly files: readonly string[];
}

async function savedRows(data: WorkspaceData): Promise<SavedRow[]> {
  const saved = Object.values(data.saved.items).sort((a, b) => a.savedAt - b.savedAt);
  const gone = await recalledOf(data, saved);
  return saved.map(({ chat, message, by, name, at, savedAt, text, files }) => ({
    chat,
    conversation: titleOf(data, chat),
    message,
    by: name ?? data.directory.members[by]?.name ?? by,
    at: moment(at),
    savedAt: moment(savedAt),
    text: gone.has(message) ? null : text,
    files: gone.has(message) ? [] : files,
  }));
}

const todoRows = (data: WorkspaceData) =>
  Object.values(data.todos.items)
    .sort((a: Todo, b: Todo) => a.madeAt - b.madeAt)
    .map(({ id, text, due, done, madeAt, source }) => ({
      id,
      text,
      due: moment(due),
      done: moment(done),
      madeAt: moment(madeAt),
      conversation: source ? titleOf(data, source.chat) : '',
      source,
    }));

const asJson = (value: unknown): Blob =>
  new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: 'application/json' });
const asCsv = (rows: readonly (readonly (string | null)[])[]): Blob =>
  new Blob([csvFile(rows)], { type: 'text/csv' });

const replyRows = (data: WorkspaceData) =>
  Object.values(data.replies.items).map(({ folder, title, text }) => ({ folder, title, text }));

/** Saved messages, to-dos and quick replies in one document; times as in ISO 8601. */
export async function ownAsJson(data: WorkspaceData): Promise<Blob> {
  const head = { format: 'weft-own', version: 1, exported: { at: moment(Date.now()), by: data.me } };
  return asJson({ ...head, saved: await savedRows(data), todos: todoRows(data), replies: replyRows(data) });
}

export async function savedAsCsv(data: WorkspaceData): Promise<Blob> {
  const rows = await savedRows(data);
  return asCsv([
    [t.conversation, t.name, t.saidAt, t.savedAt, t.text, t.files],
    ...rows.map(({ conversation, by, at, savedAt, text, files }) => [
      ...[conversation, by, at, savedAt, text ?? t.recalled, files.join(', ')],
    ]),
  ]);
}

export const todosAsCsv = (data: WorkspaceData): Blob =>
  asCsv([
    [t.text, t.due, t.doneAt, t.madeAt, t.conversation],
    ...todoRows(data).map(({ text, due, done, madeAt, conversation }) => [
      text,
      due,
      done,
      madeAt,
      conversation,
    ]),
  ]);
