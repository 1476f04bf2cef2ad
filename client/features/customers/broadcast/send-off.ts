/* Sends a message to many off: through the outbox, so a bad network only makes it later. */
import { newId, type CommandId, type CustomerId } from '../../../../shared/base/ids.ts';
import { cardLink } from '../../../../shared/features/chat/card.ts';
import { mostBroadcast } from '../../../../shared/features/customers/broadcast-schema.ts';
import type { OfficeHours } from '../../../../shared/features/customers/settings-schema.ts';
import { partOf, roomId } from '../../../../shared/protocol/rooms.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import type { ChosenFiles } from '../../chat/index.ts';
import { inParts } from './recipients.ts';

export interface Broadcast {
  readonly name: string;
  readonly text: string;
  readonly nameless: string;
  /** The link that is to go without a card. */
  readonly uncarded: string | null;
  readonly files: Pick<ChosenFiles, 'keep'>;
  readonly customers: readonly CustomerId[];
  /** Milliseconds since 1970; null is at once. */
  readonly from: number | null;
  readonly hours: OfficeHours | null;
}

/**
 * Resolves to its id when all of it is on this device and on its way.
 * @throws FailureError where it may not be, or does not fit
 */
export async function sendOff(data: WorkspaceData, said: Broadcast): Promise<string> {
  const { name, text, nameless, uncarded, from, hours } = said;
  const noCard = uncarded !== null && uncarded === cardLink(text);
  const customers = [...new Set(said.customers)];
  const id = newId();
  const room = roomId(data.workspace, 'broadcast', id);
  await data.send(room, 'broadcast.begin', { name });
  const files = await said.files.keep(data, room);
  await data.send(room, 'broadcast.words', {
    ...{ text, nameless },
    ...(files.length > 0 && { files }),
    ...(noCard && { noCard }),
  });
  await data.sendAll(
    partOf(room, 'list'),
    inParts(customers, mostBroadcast.atOnce).map((part) => ({
      ...{ id: newId<CommandId>(), type: 'broadcast.add', data: { customers: part } },
    })),
  );
  await data.send(room, 'broadcast.submit', { customers: customers.length, from, hours });
  return id;
}
