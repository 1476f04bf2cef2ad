import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../shared/base/bytes.ts';
import type { CommandId, DeviceId, MemberId, RoomId, WorkspaceId } from '../../../shared/base/ids.ts';
import {
  decodeClientMessage,
  decodeRelayMessage,
  encodeClientMessage,
  encodeRelayMessage,
} from '../../../shared/protocol/codec.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import type { ClientMessage, LogContent, RelayMessage } from '../../../shared/protocol/messages.ts';
import { seededRandom, seedFromEnvironment } from '../random.ts';

const room = 'w/chat/team' as RoomId;
const big = Number.MAX_SAFE_INTEGER;
const bytes = Uint8Array.of(0, 255, 7);
const receipt = Uint8Array.from({ length: 16 }, (_, i) => i);
const by = 'ada' as MemberId;
const entry = {
  seq: 3,
  id: 'c' as CommandId,
  type: 'chat.send',
  by,
  at: 5,
  data: { text: '你好 👋 \u0000' },
};
const log: LogContent = {
  room,
  kind: 'log',
  cursor: 9,
  from: 3,
  head: 4,
  base: { title: 'x' },
  entries: [entry],
  receipts: [receipt],
};

const clientMessages: ClientMessage[] = [
  { type: 'hello', hello: { version: 1, schema: 1, device: 'phone' as DeviceId } },
  { type: 'hello', hello: { version: 1, schema: 1, device: 'phone' as DeviceId, token: 'secret' } },
  { type: 'changes', request: 1, since: big },
  { type: 'pull', request: 2, wants: [] },
  {
    type: 'pull',
    request: 2,
    wants: [
      { room, cursor: 1, have: 2 },
      { room, cursor: big, have: 0 },
    ],
  },
  { type: 'history', request: 3, room, before: 1000, limit: 500 },
  { type: 'update', request: 4, room, bytes },
  { type: 'update', request: 4, room, bytes: new Uint8Array() },
  { type: 'command', command: { id: 'c' as CommandId, n: 7, room, type: 'chat.send', data: { text: 'x' } } },
  { type: 'lease', request: 5, count: 32 },
  { type: 'watch', room },
  { type: 'unwatch', room },
  { type: 'awareness', room, bytes },
  { type: 'ping' },
  { type: 'handback', request: 6, rows: [{ room, seq: 2, by, at: 3, bytes, receipt }] },
  { type: 'reclaim', request: 7, leases: [{ id: big, receipt }] },
];
const relayMessages: RelayMessage[] = [
  {
    type: 'welcome',
    welcome: {
      workspace: 'w' as WorkspaceId,
      member: by,
      role: 'owner',
      epoch: 'e',
      epochs: [{ epoch: 'd', until: 2 }],
      backedUp: 1,
      head: 3,
      now: 4,
      lastCommand: 5,
      limits,
      version: '1',
    },
  },
  { type: 'changed', request: 1, changed: { rooms: [{ room, cursor: 1, by, at: 2 }], next: 1, head: 1 } },
  {
    type: 'batch',
    request: 2,
    rooms: [
      log,
      { room, kind: 'text', cursor: 3, by, at: 4, whole: true, updates: [bytes, bytes], rows: [] },
      {
        room,
        kind: 'text',
        cursor: 3,
        by,
        at: 4,
        whole: false,
        updates: [bytes],
        rows: [{ cursor: 3, by, at: 4, receipt }],
      },
    ],
    missing: [room],
    damaged: [room],
  },
  { type: 'history', request: 3, content: log },
  { type: 'history', request: 3, content: null },
  { type: 'rows', rows: [{ room, cursor: big, seq: 2, by, at: 3, bytes, receipt }] },
  { type: 'acked', request: 4, cursor: 5 },
  { type: 'refused', request: 4, code: 'forbidden', message: 'no' },
  { type: 'result', result: { id: 'c' as CommandId, ok: true, seq: null, cursor: 3 } },
  { type: 'leased', request: 5, ids: [2 ** 33, big], receipts: [receipt, receipt] },
  { type: 'awareness', room, bytes },
  { type: 'presence', online: [by] },
  { type: 'lost', room },
  { type: 'error', code: 'too-slow', message: 'come back' },
  { type: 'pong' },
  { type: 'handed', request: 6, results: ['taken', 'known', 'receipt-invalid'] },
  { type: 'notice', code: 'too-many-requests', message: 'slower', retryAfter: 20 },
];

describe('frames', () => {
  it.each(clientMessages.map((message) => [message.type, message] as const))(
    '[F-1] of a device say %s and are understood',
    (_type, message) => {
      expect(decodeClientMessage(encodeClientMessage(message))).toEqual({ ok: true, value: message });
    },
  );
  it.each(relayMessages.map((message) => [message.type, message] as const))(
    '[F-1] of the relay say %s and are understood',
    (_type, message) => {
      expect(decodeRelayMessage(encodeRelayMessage(message))).toEqual({ ok: true, value: message });
    },
  );

  it('[F-2] that are mutated 20,000 times are refused or a message, and never throw', () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    const frames = [...clientMessages.map(encodeClientMessage), ...relayMessages.map(encodeRelayMessage)];
    let refused = 0;
    for (let i = 0; i < 20_000; i++) {
      const frame = mutate(frames[random(frames.length)]!, random);
      // Half of them with a checksum that fits, so that what lies behind it is tried too.
      const sealed = i % 2 ? reseal(frame) : frame;
      for (const decode of [decodeClientMessage, decodeRelayMessage]) {
        const decoded = decode(sealed);
        if (!decoded.ok) {
          refused++;
          expect(decoded.error.code, `seed ${seed}, frame ${i}`).toBe('bad-frame');
        }
      }
    }
    expect(refused, `seed ${seed}`).toBeGreaterThan(20_000);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['four bytes', new Uint8Array(4)],
    ['an unknown type', reseal(Uint8Array.of(99, 0, 0, 0, 0))],
    ['bytes left over', reseal(Uint8Array.of(10, 0, 0, 0, 0, 0))],
    ['a count beyond the bytes', reseal(Uint8Array.of(2, 1, 255, 255, 255, 255, 15, 0, 0, 0, 0))],
  ])('[F-2] with %s are refused', (_what, frame) => {
    expect(decodeClientMessage(frame)).toMatchObject({ ok: false, error: { code: 'bad-frame' } });
  });

  it.each<[string, unknown]>([
    ['no object', 'x'],
    ['no id', { n: 1, room, type: 't' }],
    ['a strange id', { id: '../x', n: 1, room, type: 't' }],
    ['a broken number', { id: 'c', n: 1.5, room, type: 't' }],
    ['a negative number', { id: 'c', n: -1, room, type: 't' }],
    ['a room that is none', { id: 'c', n: 1, room: 'w/chat', type: 't' }],
    ['an endless type', { id: 'c', n: 1, room, type: 't'.repeat(65) }],
  ])('[F-2] with a command of %s are refused', (_what, command) => {
    const frame = encodeClientMessage({ type: 'command', command } as ClientMessage);
    expect(decodeClientMessage(frame)).toMatchObject({ ok: false });
  });
});

function mutate(frame: Uint8Array, random: (below: number) => number): Uint8Array {
  const changed = [...frame];
  for (let left = 1 + random(3); left > 0; left--) {
    const at = random(changed.length || 1);
    switch (random(4)) {
      case 0:
        changed[at] = random(256);
        break;
      case 1:
        changed.splice(at, random(6));
        break;
      case 2:
        changed.splice(at, 0, ...Array.from({ length: random(6) }, () => random(256)));
        break;
      default:
        changed.length = at;
    }
  }
  return Uint8Array.from(changed);
}

/** The same frame with the checksum of what it now says. */
function reseal(frame: Uint8Array): Uint8Array {
  const sealed = frame.slice();
  if (sealed.length < 4) return sealed;
  const body = sealed.subarray(0, sealed.length - 4);
  new DataView(sealed.buffer).setUint32(body.length, crc32(body), true);
  return sealed;
}
