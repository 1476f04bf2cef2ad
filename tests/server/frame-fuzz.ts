import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import { crc32 } from '../../shared/base/bytes.ts';
import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import { encodeClientMessage } from '../../shared/protocol/codec.ts';
import type { ClientMessage } from '../../shared/protocol/messages.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';
import type { ForgeryWorld, Random } from './forgery-world.ts';

/** Frames as honest programs send them, of our own protocol and of the plain one. */
export interface RealFrames {
  readonly hello: Uint8Array;
  readonly own: readonly Uint8Array[];
  readonly plain: readonly Uint8Array[];
}

export function realFrames({ eve, doc, pad, chat, mine, hers, relay, store }: ForgeryWorld): RealFrames {
  const typed = (client: number, room: RoomId): Uint8Array => {
    const copy = new Y.Doc();
    Y.applyUpdate(copy, relay.text(room));
    copy.clientID = client;
    const before = Y.encodeStateVector(copy);
    copy.transact(() => {
      copy.getText('t').insert(0, 'typed 👋');
      copy.getText('t').format(0, 2, { bold: true });
      copy.getText('t').delete(3, 2);
      copy.getMap('m').set('key', { a: [1, null, 'x'], b: new Uint8Array(3) });
    });
    return Y.encodeStateAsUpdate(copy, before);
  };
  const owner = new Y.Doc();
  owner.clientID = mine.pad.client;
  const awareness = new Awareness(owner);
  awareness.setLocalState({ cursor: 1, user: { name: 'Eve', color: '#abc' } });
  const caret = encodeAwarenessUpdate(awareness, [awareness.clientID]);
  awareness.destroy();

  const row = store.rowsAfter(pad, 0)[0]!;
  const update = typed(mine.pad.client, pad);
  const command = { id: newId<CommandId>(), n: 1, room: chat, type: 'chat.send', data: { text: 'x' } };
  const messages: ClientMessage[] = [
    { type: 'changes', request: 1, since: 0 },
    { type: 'pull', request: 2, wants: [pad, doc, chat].map((room) => ({ room, cursor: 0, have: 0 })) },
    { type: 'history', request: 3, room: chat, before: 2, limit: 10 },
    { type: 'update', request: 4, room: pad, bytes: update },
    { type: 'update', request: 5, room: pad, bytes: relay.text(pad) },
    { type: 'update', request: 6, room: doc, bytes: relay.text(doc) },
    { type: 'command', command },
    { type: 'lease', request: 7, count: 2 },
    { type: 'watch', room: pad },
    { type: 'awareness', room: pad, bytes: caret },
    { type: 'unwatch', room: pad },
    { type: 'ping' },
    {
      type: 'handback',
      request: 8,
      rows: [
        { room: pad, seq: row.seq, by: row.by, at: row.at, bytes: row.bytes, receipt: new Uint8Array(16) },
      ],
    },
    { type: 'reclaim', request: 9, leases: [{ id: hers.pad.client, receipt: new Uint8Array(16) }] },
  ];
  const plain = (...parts: readonly (number | Uint8Array)[]): Uint8Array => {
    const encoder = encoding.createEncoder();
    for (const part of parts)
      if (typeof part === 'number') encoding.writeVarUint(encoder, part);
      else encoding.writeVarUint8Array(encoder, part);
    return encoding.toUint8Array(encoder);
  };
  return {
    hello: encodeClientMessage({
      type: 'hello',
      hello: { version: protocolVersion, schema: schemaVersion, device: eve.device },
    }),
    own: messages.map(encodeClientMessage),
    plain: [
      plain(0, 0, Uint8Array.of(0)),
      plain(0, 0, Y.encodeStateVectorFromUpdate(relay.text(pad))),
      plain(0, 1, relay.text(pad)),
      plain(0, 2, update),
      plain(1, caret),
      plain(3),
    ],
  };
}

/** Changes some bytes, leaves some out, puts some in, or takes a piece of another frame. */
export function mutate(frame: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = [...frame];
  for (let left = 1 + random(4); left > 0; left--) {
    const at = random(bytes.length + 1);
    switch (random(8)) {
      case 0:
        bytes.splice(at, 1 + random(8));
        break;
      case 1:
        bytes.splice(at, 0, ...Array.from({ length: 1 + random(8) }, () => random(256)));
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3: {
        const other = others[random(others.length)]!;
        const from = random(other.length);
        bytes.splice(at, random(20), ...other.subarray(from, from + random(200)));
        break;
      }
      case 4:
        // A number as large as one can be written.
        bytes.splice(at, 1, 255, 255, 255, 255, 255, 255, 255, random(16));
        break;
      case 5:
        bytes[at] = [0, 1, 127, 128, 255][random(5)]!;
        break;
      default:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    }
  }
  return Uint8Array.from(bytes);
}

/** The frame with a checksum that is right, so that what is behind it is reached. */
export function resealed(frame: Uint8Array): Uint8Array {
  if (frame.length < 5) return frame;
  const sealed = frame.slice();
  new DataView(sealed.buffer).setUint32(sealed.length - 4, crc32(sealed.subarray(0, -4)), true);
  return sealed;
}

/** A frame of a known type whose body is made up of numbers, names and pieces, as the grammar of frames has it. */
export function madeUp(random: Random, rooms: readonly RoomId[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, random(16));
  for (let left = random(8); left > 0; left--)
    switch (random(5)) {
      case 0:
        encoding.writeVarUint(encoder, [0, 1, 2 ** 31, 2 ** 53 - 1, random(100)][random(5)]!);
        break;
      case 1:
        encoding.writeVarString(encoder, rooms[random(rooms.length)]!);
        break;
      case 2:
        encoding.writeVarString(
          encoder,
          JSON.stringify(
            [null, {}, [], 'x', { id: 'x', n: 1, room: rooms[0], type: 'chat.send', data: {} }][random(5)],
          ),
        );
        break;
      case 3:
        encoding.writeVarUint8Array(
          encoder,
          Uint8Array.from({ length: random(40) }, () => random(256)),
        );
        break;
      default:
        encoding.writeUint8(encoder, random(256));
    }
  const body = encoding.toUint8Array(encoder);
  const frame = new Uint8Array(body.length + 4);
  frame.set(body);
  return resealed(frame);
}
