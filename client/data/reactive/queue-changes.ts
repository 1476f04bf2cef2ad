import type { EntryTarget } from '../../../shared/access/kind.ts';
import { newId, type CommandId, type MemberId, type RoomId } from '../../../shared/base/ids.ts';
import type { DeviceStorage, OutboxRecord } from '../storage/contract.ts';
import type { Bus, TabId } from '../sync/notes.ts';
import type { OpenTexts } from '../text/open-texts.ts';
import type { LocalFiles } from './files.svelte.ts';
import { ownNamingFile } from './naming-file.ts';
import { findQueued } from './queue.ts';

/** What a change of the queue needs of the workspace. */
export interface QueueParts {
  readonly me: MemberId;
  readonly tab: TabId;
  readonly storage: DeviceStorage;
  readonly bus: Bus;
  readonly unsent: Parameters<typeof findQueued>[0];
  readonly texts: OpenTexts;
  readonly files: LocalFiles;
  enqueue(command: { id: CommandId; room: RoomId; type: string; data: unknown }): Promise<void>;
  send(room: RoomId, type: string, data: unknown): Promise<CommandId>;
}

/** Sends again what was refused, as new commands: whatever of them speaks of it then says its new id. */
export async function retryQueued(parts: QueueParts, id: string): Promise<void> {
  const { storage, bus, texts, unsent } = parts;
  const target = findQueued(unsent, id);
  if (target?.kind === 'command' && target.command.failure) {
    const { room, type, data } = target.command;
    const again = newId<CommandId>();
    await storage.outbox.remove(target.command.id);
    await parts.enqueue({ id: again, room, type, data });
    for (const other of unsent.outbox.filter((each) => each.failure && speaksOf(each, target.command.id))) {
      const { target: of, ...rest } = other.data as { target: EntryTarget };
      await storage.outbox.remove(other.id);
      const told = { ...rest, target: { ...of, id: again } };
      await parts.enqueue({ id: newId<CommandId>(), room, type: other.type, data: told });
    }
  } else if (target?.kind === 'text' && target.refused) {
    const bytes = await storage.texts.retryRefused(target.room);
    bus.post({ type: 'bytes', room: target.room, bytes, from: parts.tab });
    texts.beginAnew(target.room);
  } else if (target?.kind === 'blob') {
    await storage.blobs.mark(target.room, target.hash, { pending: true, failure: null });
  }
}

/** Takes something out of the queue for good, and what only makes sense with it. */
export async function discardQueued(parts: QueueParts, id: string): Promise<void> {
  const { storage, unsent, files, me } = parts;
  const target = findQueued(unsent, id);
  if (target?.kind === 'command') {
    await storage.outbox.remove(target.command.id);
    // What was done to something that never will be.
    for (const other of unsent.outbox)
      if (speaksOf(other, target.command.id)) await storage.outbox.remove(other.id);
  } else if (target?.kind === 'text' && target.refused) await storage.texts.discardRefused(target.room);
  else if (target?.kind === 'blob') {
    await files.discard(target.room, target.hash);
    const waiting = unsent.outbox.filter(({ room }) => room === target.room);
    // Others would go on waiting for it.
    for (const message of await ownNamingFile(storage.rooms, waiting, me, target))
      await parts.send(target.room, 'chat.giveUp', { target: message, hash: target.hash });
  }
}

const speaksOf = ({ data, seq }: OutboxRecord, id: CommandId): boolean => {
  const target = typeof data === 'object' && data !== null && 'target' in data ? data.target : null;
  return seq === null && typeof target === 'object' && target !== null && 'id' in target && target.id === id;
};
