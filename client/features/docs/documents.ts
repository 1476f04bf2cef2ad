/* Names, commands and order of docs. Everything is stored on this device first; offline is no special case. */
import { isErrorCode } from '../../../shared/base/errors.ts';
import { newId, type MemberId, type RoomId } from '../../../shared/base/ids.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import type { DocRow, WorkspaceData } from '../../data/api.ts';
import { compareNames, errorSentence, matchesName } from '../../i18n/index.ts';
import { navigate } from '../../ui/location.svelte.ts';
import { toasts } from '../../ui/toasts.svelte.ts';
import { t } from './strings.ts';

export const docRoom = (data: WorkspaceData, id: string): RoomId => roomId(data.workspace, 'doc', id);
export const aboutRoom = (data: WorkspaceData, id: string): RoomId =>
  roomId(data.workspace, 'doc', id, 'about');

export const titleOf = (row: DocRow): string => row.state.title || t.untitled;
export const personName = (data: WorkspaceData, id: MemberId | undefined): string =>
  (id && data.directory.members[id]?.name) || t.unknownPerson;

/** The sentence for whatever was thrown by the data layer. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof Error && 'failure' in cause) {
    const { failure } = cause;
    if (typeof failure === 'object' && failure !== null && 'code' in failure && isErrorCode(failure.code))
      return errorSentence(failure.code);
  }
  return errorSentence('internal');
}

const say = (cause: unknown): void => void toasts.show({ kind: 'danger', text: reasonOf(cause) });

/** Makes a doc without a title and opens it. */
export async function createDoc(data: WorkspaceData): Promise<void> {
  const id = newId();
  try {
    await data.send(aboutRoom(data, id), 'doc.create', { title: '' });
    navigate(`/docs/${id}`);
  } catch (cause) {
    say(cause);
  }
}

export async function renameDoc(data: WorkspaceData, row: DocRow, title: string): Promise<void> {
  if (title === row.state.title) return;
  try {
    await data.send(aboutRoom(data, row.id), 'doc.rename', { title });
  } catch (cause) {
    say(cause);
  }
}

export async function restoreDoc(data: WorkspaceData, row: DocRow): Promise<void> {
  try {
    await data.send(aboutRoom(data, row.id), 'doc.restore', {});
    toasts.show({ kind: 'done', text: t.restored({ title: titleOf(row) }) });
  } catch (cause) {
    say(cause);
  }
}

export async function deleteDoc(data: WorkspaceData, row: DocRow): Promise<void> {
  try {
    await data.send(aboutRoom(data, row.id), 'doc.delete', {});
    navigate('/docs', { replace: true });
    toasts.show({
      text: t.deleted({ title: titleOf(row) }),
      action: { label: t.undo, run: () => void restoreDoc(data, row) },
    });
  } catch (cause) {
    say(cause);
  }
}

export type DocOrder = 'edited' | 'title' | 'owner';

/** The docs of the list: not deleted, matching, in order. */
export function listDocs(data: WorkspaceData, text: string, order: DocOrder): readonly DocRow[] {
  const owner = (row: DocRow): string => personName(data, row.state.created?.by);
  const rows = data.docs.filter((row) => !row.state.deleted && matchesName(text, titleOf(row), [owner(row)]));
  if (order === 'title') return rows.sort((a, b) => compareNames(titleOf(a), titleOf(b)));
  if (order === 'owner')
    return rows.sort((a, b) => compareNames(owner(a), owner(b)) || b.editedAt - a.editedAt);
  return rows.sort((a, b) => b.editedAt - a.editedAt);
}

/** Last deleted first. */
export const deletedDocs = (data: WorkspaceData): readonly DocRow[] =>
  data.docs
    .filter((row) => row.state.deleted)
    .sort((a, b) => (b.state.deleted?.at ?? 0) - (a.state.deleted?.at ?? 0));
