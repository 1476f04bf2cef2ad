import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { newId, type DeviceId, type RoomId } from '../../../shared/base/ids.ts';
import { decodeRelayMessage, encodeClientMessage } from '../../../shared/protocol/codec.ts';
import { protocolVersion, schemaVersion } from '../../../shared/protocol/version.ts';
import { asBytes } from '../../../shared/base/bytes.ts';

/** What a message of a server says, as far as the benchmark cares. Bytes are only valid while the message is. */
export interface Told {
  /** Updates that others may see now. */
  readonly updates: readonly Uint8Array[];
  /** An answer to "what do I lack": updates, and of how many rooms. */
  readonly whole?: { readonly updates: readonly Uint8Array[]; readonly rooms: number };
  /** Requests that were acknowledged; `next` stands for the oldest that is not. */
  readonly acked?: readonly (number | 'next')[];
  /** Client ids to write under. */
  readonly leased?: readonly number[];
  readonly refused?: string;
}

/** How a kind of server is spoken to. Every socket is one client in one room. */
export interface Dialect {
  /** Where a socket for the room connects. */
  path(room: string): string;
  /** What a client says first; the answer to it has `whole`. Empty where nobody answers. */
  greeting(room: string): Uint8Array[];
  /** Asks again for all there is. */
  ask(room: string): Uint8Array;
  /** Everything it takes to read these rooms over an open socket; absent where a socket has one room. */
  askMany?(rooms: readonly string[]): Uint8Array[];
  update(room: string, request: number, bytes: Uint8Array): Uint8Array;
  /** Asks for client ids, where one may not draw them oneself. */
  lease?(): Uint8Array;
  read(message: Uint8Array): Told;
}

const nothing: Told = { updates: [] };
const emptyVector = Uint8Array.of(0);
const sync = 0;
const [step1, step2, update] = [0, 1, 2];

function message(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  const encoder = encoding.createEncoder();
  for (const part of parts)
    if (typeof part === 'number') encoding.writeVarUint(encoder, part);
    else if (typeof part === 'string') encoding.writeVarString(encoder, part);
    else encoding.writeVarUint8Array(encoder, part);
  return encoding.toUint8Array(encoder);
}

function readSync(decoder: decoding.Decoder): Told {
  const step = decoding.readVarUint(decoder);
  const bytes = decoding.readVarUint8Array(decoder);
  if (step === step2) return { updates: [], whole: { updates: [bytes], rooms: 1 } };
  return step === update ? { updates: [bytes] } : nothing;
}

/** y-websocket, as `@y/websocket-server` and our plain socket speak it. */
export function yWebsocket(path: (room: string) => string): Dialect {
  const ask = message(sync, step1, emptyVector);
  return {
    path,
    greeting: () => [ask],
    ask: () => ask,
    update: (_room, _request, bytes) => message(sync, update, bytes),
    read(bytes) {
      const decoder = decoding.createDecoder(bytes);
      return decoding.readVarUint(decoder) === sync ? readSync(decoder) : nothing;
    },
  };
}

/** The same frames to servers that only pass them on. */
export const passedOn = (): Dialect => ({ ...yWebsocket((room) => `/${room}`), greeting: () => [] });

/** Hocuspocus: the name of the document before everything, sign-in inside, and a status for each update. */
export function hocuspocus(): Dialect {
  const [signIn, token, syncReply, status] = [2, 0, 4, 8];
  const ask = (room: string): Uint8Array => message(room, sync, step1, emptyVector);
  const greeting = (room: string): Uint8Array[] => [message(room, signIn, token, 'anybody'), ask(room)];
  return {
    path: () => '/',
    greeting,
    ask,
    askMany: (rooms) => rooms.flatMap(greeting),
    update: (room, _request, bytes) => message(room, sync, update, bytes),
    read(bytes) {
      const decoder = decoding.createDecoder(bytes);
      decoding.readVarUint8Array(decoder); // the room's name
      const type = decoding.readVarUint(decoder);
      if (type === sync || type === syncReply) return readSync(decoder);
      if (type !== status) return nothing;
      return decoding.readVarUint(decoder) === 1
        ? { updates: [], acked: ['next'] }
        : { updates: [], refused: 'an update was not taken' };
    },
  };
}

/** Our own socket: one for all rooms, rows pushed, requests acknowledged. */
export function device(token: string): Dialect {
  const pull = (...rooms: readonly string[]): Uint8Array =>
    encodeClientMessage({
      type: 'pull',
      request: 0,
      wants: rooms.map((room) => ({ room: room as RoomId, cursor: 0, have: 0 })),
    });
  return {
    path: () => `/sync?token=${token}`,
    greeting: (room) => [
      encodeClientMessage({
        type: 'hello',
        hello: { version: protocolVersion, schema: schemaVersion, device: newId<DeviceId>() },
      }),
      pull(room),
    ],
    ask: (room) => pull(room),
    askMany: (rooms) => [pull(...rooms)],
    update: (room, request, bytes) =>
      encodeClientMessage({ type: 'update', request, room: room as RoomId, bytes: asBytes(bytes) }),
    lease: () => encodeClientMessage({ type: 'lease', request: 0, count: 1 }),
    read(bytes) {
      const decoded = decodeRelayMessage(bytes);
      if (!decoded.ok) return { updates: [], refused: decoded.error.message };
      const said = decoded.value;
      switch (said.type) {
        case 'rows':
          return { updates: said.rows.map((row) => row.bytes) };
        case 'acked':
          return { updates: [], acked: [said.request] };
        case 'batch': {
          const updates = said.rooms.flatMap((room) => (room.kind === 'text' ? room.updates : []));
          return { updates: [], whole: { updates, rooms: said.rooms.length } };
        }
        case 'leased':
          return { updates: [], leased: said.ids };
        case 'refused':
        case 'error':
          return { updates: [], refused: `${said.code}: ${said.message}` };
        default:
          return nothing;
      }
    },
  };
}
