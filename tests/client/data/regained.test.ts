import 'fake-indexeddb/auto';
import { afterEach, expect, test, vi } from 'vitest';
import { newId, type DeviceId, type MemberId, type WorkspaceId } from '../../../shared/base/ids.ts';
import { ok } from '../../../shared/base/result.ts';
import { decodeClientMessage, encodeRelayMessage } from '../../../shared/protocol/codec.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import type { ClientMessage, RelayMessage } from '../../../shared/protocol/messages.ts';
import { partOf, roomId } from '../../../shared/protocol/rooms.ts';
import { openStorage } from '../../../client/data/storage/idb/open.ts';
import type { SocketEvents } from '../../../client/data/sync/contract.ts';
import { SyncEngine } from '../../../client/data/sync/engine.ts';
import { HeldClock } from '../../support/world-time.ts';

const workspace = 'w' as WorkspaceId;
const [ann, bo] = ['ann', 'bo'] as MemberId[] as [MemberId, MemberId];
const room = roomId(workspace, 'chat', 'a');
const reads = partOf(room, 'reads');
let engine: SyncEngine;
afterEach(() => engine.stop());

test('[S-6, S-7] who loses a conversation and comes back into it while it is fetched has its read positions too', async () => {
  const storage = openStorage({ workspace, member: ann, name: newId() });
  const asked: string[] = [];
  let socket!: SocketEvents;
  const say = (message: RelayMessage): void => socket.frame(encodeRelayMessage(message));
  const content = {
    room,
    kind: 'log',
    cursor: 8,
    from: 0,
    head: 1,
    base: null,
    entries: [
      {
        id: newId<never>(),
        seq: 0,
        type: 'chat.create',
        by: bo,
        at: 1,
        data: { type: 'group', title: '', members: [ann] },
      },
    ],
    receipts: [new Uint8Array(16)],
  } as const;
  const answer = (message: ClientMessage): void => {
    if (message.type === 'lease') say({ type: 'leased', request: message.request, ids: [], receipts: [] });
    if (message.type === 'changes') {
      const rooms = [{ room, cursor: 5, by: bo, at: 1 }];
      say({ type: 'changed', request: message.request, changed: { rooms, next: 5, head: 5 } });
    }
    if (message.type !== 'pull') return;
    asked.push(...message.wants.map((want) => want.room));
    const hasRoom = message.wants.some((want) => want.room === room);
    // The answer is of the moment after she came back; what told her so came before it.
    if (hasRoom && asked.length === 1) say({ type: 'lost', room });
    const rooms = hasRoom ? [content] : [];
    const missing = message.wants.flatMap((want) => (want.room === room ? [] : [want.room]));
    say({ type: 'batch', request: message.request, rooms, missing, damaged: [] });
  };
  engine = new SyncEngine({
    workspace,
    member: ann,
    device: 'hers' as DeviceId,
    storage,
    bus: { post: () => undefined, listen: () => () => undefined, close: () => undefined },
    openSocket: (events) => {
      socket = events;
      return {
        send: (frame) => {
          const decoded = decodeClientMessage(frame);
          if (decoded.ok) queueMicrotask(() => answer(decoded.value));
        },
        close: () => undefined,
      };
    },
    timers: new HeldClock(),
    random: () => 0,
    signedOut: () => Promise.resolve(null),
    hasSpace: () => Promise.resolve(true),
    uploadBlob: () => Promise.resolve(ok(true)),
  });
  engine.start();
  socket.opened();
  const welcome = {
    workspace,
    member: ann,
    role: 'member',
    epoch: 'e',
    epochs: [],
    backedUp: 0,
    head: 5,
    now: 1,
    lastCommand: 0,
    limits,
    version: 'test',
  } as const;
  say({ type: 'welcome', welcome });
  await vi.waitFor(() => expect(asked).toContain(reads));
});
