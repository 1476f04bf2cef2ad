/* What this feature asks of the relay. Everything is stored on this device first; offline is no special case. */
import { newId, type CommandId, type MemberId, type RoomId } from '../../../shared/base/ids.ts';
import { isGuest } from '../../../shared/base/guests.ts';
import { isErrorCode } from '../../../shared/base/errors.ts';
import { mostAsked } from '../../../shared/features/chat/group-schema.ts';
import type { ChatSend } from '../../../shared/features/chat/messages.ts';
import type { ChatCreate } from '../../../shared/features/chat/schema.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import type { WorkspaceData } from '../../data/api.ts';
import { errorSentence } from '../../i18n/index.ts';

export const chatRoom = (data: WorkspaceData, id: string): RoomId => roomId(data.workspace, 'chat', id);

/** Colleagues are in the group at once, and customers are asked. */
export async function addPeople(
  data: WorkspaceData,
  room: RoomId,
  people: readonly MemberId[],
): Promise<void> {
  const members = people.filter((each) => !isGuest(each));
  const guests = people.filter(isGuest);
  if (members.length > 0) await data.send(room, 'chat.addMembers', { members });
  for (let at = 0; at < guests.length; at += mostAsked)
    await data.send(room, 'chat.invite', { guests: guests.slice(at, at + mostAsked) });
}

/** Resolves to the id of the new conversation. */
export async function createGroup(
  data: WorkspaceData,
  title: string,
  people: readonly MemberId[],
  outside = false,
): Promise<string> {
  const id = newId();
  const members = people.filter((each) => !isGuest(each));
  const command: ChatCreate = {
    type: 'group',
    title,
    members: members.length > 0 ? members : [data.me],
    ...(outside && { outside }),
  };
  await data.send(chatRoom(data, id), 'chat.create', command);
  await addPeople(data, chatRoom(data, id), people.filter(isGuest));
  return id;
}

interface SendOptions {
  /** The conversation whose files the message names, when it is another one. */
  readonly filesFrom?: RoomId;
  /** Who is asked to confirm it. */
  readonly urgentTo?: readonly MemberId[];
}

/** `startWith` is the other person of a direct conversation that does not exist yet. */
export async function sendMessage(
  data: WorkspaceData,
  room: RoomId,
  message: ChatSend,
  startWith: MemberId | null,
  { filesFrom = room, urgentTo = [] }: SendOptions = {},
): Promise<void> {
  if (filesFrom !== room)
    for (const { hash, name, size, small } of message.files ?? []) {
      await data.files.copy(filesFrom, room, { hash, name, size });
      if (small) await data.files.copy(filesFrom, room, { hash: small, name, size, smallOf: hash });
    }
  if (startWith) {
    const command: ChatCreate = { type: 'direct', title: '', members: [startWith] };
    await data.send(room, 'chat.create', command);
  }
  if (urgentTo.length === 0) return void (await data.send(room, 'chat.send', message));
  // Both or neither. Where it will stand nobody knows yet: the relay finds it by its id.
  const id = newId<CommandId>();
  const urge = { target: { seq: 0, id }, members: urgentTo };
  await data.sendAll(room, [
    { id, type: 'chat.send', data: message },
    { id: newId(), type: 'chat.urge', data: urge },
  ]);
}

/** The address of a message, which opens the conversation at it. */
export const linkTo = (chatId: string, { seq, id }: { seq: number; id: string }): string =>
  `/messages/${chatId}?at=${seq}.${id}`;

/** The sentence for whatever was thrown by `data.send`. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof Error && 'failure' in cause) {
    const { failure } = cause;
    if (typeof failure === 'object' && failure !== null && 'code' in failure && isErrorCode(failure.code))
      return errorSentence(failure.code);
  }
  return errorSentence('internal');
}
