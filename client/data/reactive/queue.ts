import type { RoomId } from '../../../shared/base/ids.ts';
import type { QueuedItem } from '../api.ts';
import type {
  DeviceStorage,
  LostRows,
  OutboxRecord,
  QueuedBlob,
  QueuedUpdates,
} from '../storage/contract.ts';

/** Everything that is on this device only, as read in one go. */
export interface Unsent {
  readonly outbox: readonly OutboxRecord[];
  readonly texts: readonly QueuedUpdates[];
  readonly blobs: readonly QueuedBlob[];
  readonly lost: readonly LostRows[];
}

export const nothingUnsent: Unsent = { outbox: [], texts: [], blobs: [], lost: [] };

export async function readUnsent(storage: DeviceStorage): Promise<Unsent> {
  const [outbox, texts, blobs, lost] = await Promise.all([
    storage.outbox.all(),
    storage.texts.queue(),
    storage.blobs.queue(),
    storage.journal.lost(),
  ]);
  return { outbox, texts, blobs, lost };
}

/** The rooms of commands that are in `before` and not in `after`: answered by the relay, or given up. */
export function roomsLeft(before: Unsent, after: Unsent): RoomId[] {
  const still = new Set(after.outbox.map(({ id }) => id));
  return [...new Set(before.outbox.filter(({ id }) => !still.has(id)).map(({ room }) => room))];
}

/** `unsent` and those of `commands` that are not in it. */
export function withCommands(unsent: Unsent, commands: readonly OutboxRecord[]): Unsent {
  const known = new Set(unsent.outbox.map(({ id }) => id));
  const missing = commands.filter(({ id }) => !known.has(id));
  return missing.length === 0 ? unsent : { ...unsent, outbox: [...unsent.outbox, ...missing] };
}

const textPrefix = 'text:';
const blobPrefix = 'blob:';

/** The queue's name of a file. */
export const blobId = (room: RoomId, hash: string): string => `${blobPrefix}${hash}:${room}`;

/** What a person wrote in it: messages, their new wording, to-dos. */
const wordsOf = (data: unknown): string =>
  typeof data === 'object' && data && 'text' in data && typeof data.text === 'string' ? data.text : '';

export function queueOf({ outbox, texts, blobs }: Unsent): QueuedItem[] {
  const commands = outbox
    // The relay has it; only the entry is still on its way here.
    .filter((command) => command.seq === null)
    .map(({ id, room, type, at, failure, data }): QueuedItem => ({
      id,
      room,
      type,
      at,
      count: 1,
      words: wordsOf(data),
      failure,
    }));
  const updates = texts.map(({ room, at, count, failure }): QueuedItem => ({
    id: `${textPrefix}${failure ? 'refused' : 'pending'}:${room}`,
    room,
    type: 'update',
    at,
    count,
    words: '',
    failure,
  }));
  const all = new Set(blobs.map(({ room, hash }) => blobId(room, hash)));
  const shown = blobs.filter(({ room, smallOf }) => !smallOf || !all.has(blobId(room, smallOf)));
  const pictures = shown.map(({ room, hash, name, at, failure }): QueuedItem => ({
    id: blobId(room, hash),
    room,
    type: 'blob',
    at,
    count: 1,
    words: name,
    failure,
  }));
  return [...commands, ...updates, ...pictures].sort((a, b) => a.at - b.at);
}

export type QueueTarget =
  | { readonly kind: 'command'; readonly command: OutboxRecord }
  | { readonly kind: 'text'; readonly room: RoomId; readonly refused: boolean }
  | { readonly kind: 'blob'; readonly room: RoomId; readonly hash: string };

/** What an item's id stands for; null when it is no longer there. */
export function findQueued(unsent: Unsent, id: string): QueueTarget | null {
  const item = queueOf(unsent).find((queued) => queued.id === id);
  if (!item) return null;
  if (item.type === 'update') return { kind: 'text', room: item.room, refused: item.failure !== null };
  if (item.type === 'blob')
    return { kind: 'blob', room: item.room, hash: id.slice(blobPrefix.length).split(':', 1)[0]! };
  const command = unsent.outbox.find((record) => record.id === id);
  return command ? { kind: 'command', command } : null;
}
