/* Quick replies of one kind, with the commands that change them: a person's own, and those that everybody has. */
import type { RoomId } from '../../../../../shared/base/ids.ts';
import { mostSettings } from '../../../../../shared/features/customers/settings-schema.ts';
import { ownRoom } from '../../../../../shared/features/personal/rooms.ts';
import { most, type QuickReply } from '../../../../../shared/features/personal/schema.ts';
import type { WorkspaceData } from '../../../../data/api.ts';
import { compareNames } from '../../../../i18n/index.ts';
import { attempt } from '../../customers.ts';
import { settingsRoom } from '../room.ts';

export interface Book {
  /** By folder, then by title. */
  readonly items: readonly QuickReply[];
  readonly isFull: boolean;
  /** Where it is, with the files of its replies. */
  readonly room: RoomId;
  /** Stores one, new or changed; false when that is refused. */
  put(reply: QuickReply): Promise<boolean>;
  drop(id: string): Promise<boolean>;
}

/** Those without a folder come first. */
const sorted = (table: Readonly<Record<string, QuickReply>>): QuickReply[] =>
  Object.values(table).sort((a, b) => compareNames(a.folder, b.folder) || compareNames(a.title, b.title));

export function ownBook(data: WorkspaceData): Book {
  const room = ownRoom(data.workspace, data.me, 'replies');
  const { items } = data.replies;
  return {
    items: sorted(items),
    room,
    isFull: Object.keys(items).length >= most.replies,
    put: (reply) => attempt(data, room, Object.hasOwn(items, reply.id) ? 'reply.change' : 'reply.add', reply),
    drop: (id) => attempt(data, room, 'reply.remove', { id }),
  };
}

export function teamBook(data: WorkspaceData): Book {
  const room = settingsRoom(data);
  const { replies } = data.customerSettings;
  return {
    items: sorted(replies),
    room,
    isFull: Object.keys(replies).length >= mostSettings.replies,
    put: (reply) => attempt(data, room, 'customers.quickReply', reply),
    drop: (id) => attempt(data, room, 'customers.dropQuickReply', { id }),
  };
}
