import * as decoding from 'lib0/decoding';
import { readVarString, readVarUint, readVarUint8Array } from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { writeUint8, writeUint8Array, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import { asBytes, crc32, type Bytes } from '../base/bytes.ts';
import { failure, isErrorCode, type Failure } from '../base/errors.ts';
import { isId, type CommandId, type DeviceId, type MemberId, type RoomId } from '../base/ids.ts';
import { err, ok, type Result } from '../base/result.ts';
import { limits } from './limits.ts';
import { decodeLogRun, encodeLogRun } from './log-bytes.ts';
import type {
  ClientMessage,
  Command,
  HandedResult,
  HandedRow,
  Hello,
  LogContent,
  RelayMessage,
  RoomContent,
  Row,
} from './messages.ts';
import { parseRoom } from './rooms.ts';

/**
 * Frames of `/sync` (PROTOCOL.md, F-1 to F-4): a type, a body, and the CRC-32 of both as four bytes, little end first.
 * Numbers are lib0 varuints, texts lib0 varstrings, bytes lib0 varbytes.
 */
const clientTypes = [
  'hello',
  'changes',
  'pull',
  'history',
  'update',
  'command',
  'lease',
  'watch',
  'unwatch',
  'awareness',
  'ping',
  'handback',
  'reclaim',
] as const satisfies readonly ClientMessage['type'][];
const relayTypes = [
  'welcome',
  'changed',
  'batch',
  'history',
  'rows',
  'acked',
  'refused',
  'result',
  'leased',
  'awareness',
  'presence',
  'lost',
  'error',
  'pong',
  'handed',
  'notice',
] as const satisfies readonly RelayMessage['type'][];

type Encoder = encoding.Encoder;
type Decoder = decoding.Decoder;

const writeJson = (encoder: Encoder, value: unknown): void => writeVarString(encoder, JSON.stringify(value));
/** JSON takes a hundred times as long to read as its bytes take to arrive: what is too long is not read at all. */
const readJson = (decoder: Decoder, most = Infinity): unknown => {
  const at = decoder.pos;
  if (readVarUint(decoder) > most) throw new Malformed('too long');
  decoder.pos = at;
  return JSON.parse(readVarString(decoder));
};

/** More than any list of a device may have; the bounds in `limits` are the relay's to name. */
const mostListed = 10_000;
const readCount = (decoder: Decoder): number => {
  const count = readVarUint(decoder);
  if (count > mostListed) throw new Malformed('the list is too long');
  return count;
};

/** Thrown inside a decode and turned into a failure at its edge; never leaves this module. */
class Malformed extends Error {}

const readRoom = (decoder: Decoder): RoomId => {
  const room = readVarString(decoder);
  if (!parseRoom(room)) throw new Malformed('not a room name');
  return room as RoomId;
};
const receiptLength = 16;
const readReceipt = (decoder: Decoder): Uint8Array => decoding.readUint8Array(decoder, receiptLength);
const readCode = (decoder: Decoder) => {
  const code = readVarString(decoder);
  return isErrorCode(code) ? code : ('internal' as const);
};

function seal(write: (encoder: Encoder) => void): Bytes {
  const encoder = encoding.createEncoder();
  write(encoder);
  const body = encoding.toUint8Array(encoder);
  const frame = new Uint8Array(body.length + 4);
  frame.set(body);
  new DataView(frame.buffer).setUint32(body.length, crc32(body), true);
  return asBytes(frame);
}

type SumOf = (body: Uint8Array) => number;

function open<M>(frame: Uint8Array, sumOf: SumOf, read: (decoder: Decoder) => M): Result<M, Failure> {
  if (frame.length < 5) return err(failure('bad-frame', 'frame too short'));
  const body = frame.subarray(0, frame.length - 4);
  const sum = new DataView(frame.buffer, frame.byteOffset + body.length, 4).getUint32(0, true);
  if (sum !== sumOf(body)) return err(failure('bad-frame', 'checksum does not match'));
  try {
    const decoder = decoding.createDecoder(body);
    const message = read(decoder);
    if (decoding.hasContent(decoder)) return err(failure('bad-frame', 'bytes after the message'));
    return ok(message);
  } catch (error) {
    return err(failure('bad-frame', error instanceof Error ? error.message : 'cannot be decoded'));
  }
}

export const encodeClientMessage = (message: ClientMessage): Bytes =>
  seal((encoder) => {
    writeVarUint(encoder, clientTypes.indexOf(message.type));
    switch (message.type) {
      case 'hello':
        return writeJson(encoder, message.hello);
      case 'changes':
        writeVarUint(encoder, message.request);
        return writeVarUint(encoder, message.since);
      case 'pull':
        writeVarUint(encoder, message.request);
        writeVarUint(encoder, message.wants.length);
        for (const want of message.wants) {
          writeVarString(encoder, want.room);
          writeVarUint(encoder, want.cursor);
          writeVarUint(encoder, want.have);
        }
        return;
      case 'history':
        writeVarUint(encoder, message.request);
        writeVarString(encoder, message.room);
        writeVarUint(encoder, message.before);
        return writeVarUint(encoder, message.limit);
      case 'update':
        writeVarUint(encoder, message.request);
        writeVarString(encoder, message.room);
        return writeVarUint8Array(encoder, message.bytes);
      case 'command':
        return writeJson(encoder, message.command);
      case 'lease':
        writeVarUint(encoder, message.request);
        return writeVarUint(encoder, message.count);
      case 'watch':
      case 'unwatch':
        return writeVarString(encoder, message.room);
      case 'awareness':
        writeVarString(encoder, message.room);
        return writeVarUint8Array(encoder, message.bytes);
      case 'ping':
        return;
      case 'handback':
        writeVarUint(encoder, message.request);
        writeVarUint(encoder, message.rows.length);
        for (const row of message.rows) writeHanded(encoder, row);
        return;
      case 'reclaim':
        writeVarUint(encoder, message.request);
        writeVarUint(encoder, message.leases.length);
        for (const { id, receipt } of message.leases) {
          writeVarUint(encoder, id);
          writeUint8Array(encoder, receipt);
        }
        return;
    }
  });

/**
 * For the relay: whatever arrives becomes a message or a failure. Shapes inside JSON are checked here too, and none of
 * more than `mostJson` bytes is read. `sumOf`: a faster `crc32`, where there is one.
 */
export const decodeClientMessage = (
  frame: Uint8Array,
  mostJson = 4 * limits.command,
  sumOf: SumOf = crc32,
): Result<ClientMessage, Failure> =>
  open(frame, sumOf, (decoder): ClientMessage => {
    const type = clientTypes[readVarUint(decoder)];
    if (type === undefined) throw new Malformed('unknown message type');
    switch (type) {
      case 'hello':
        return { type, hello: asHello(readJson(decoder, mostJson)) };
      case 'changes':
        return { type, request: readVarUint(decoder), since: readVarUint(decoder) };
      case 'pull': {
        const request = readVarUint(decoder);
        const count = readCount(decoder);
        const wants = [];
        for (let i = 0; i < count; i++)
          wants.push({ room: readRoom(decoder), cursor: readVarUint(decoder), have: readVarUint(decoder) });
        return { type, request, wants };
      }
      case 'history':
        return {
          type,
          request: readVarUint(decoder),
          room: readRoom(decoder),
          before: readVarUint(decoder),
          limit: readVarUint(decoder),
        };
      case 'update':
        return {
          type,
          request: readVarUint(decoder),
          room: readRoom(decoder),
          bytes: readVarUint8Array(decoder),
        };
      case 'command': {
        const command = asCommand(readJson(decoder, mostJson));
        if (!command) throw new Malformed('not a command');
        return { type, command };
      }
      case 'lease':
        return { type, request: readVarUint(decoder), count: readVarUint(decoder) };
      case 'watch':
      case 'unwatch':
        return { type, room: readRoom(decoder) };
      case 'awareness':
        return { type, room: readRoom(decoder), bytes: readVarUint8Array(decoder) };
      case 'ping':
        return { type };
      case 'handback': {
        const request = readVarUint(decoder);
        const count = readCount(decoder);
        const rows = [];
        for (let i = 0; i < count; i++) rows.push(readHanded(decoder));
        return { type, request, rows };
      }
      case 'reclaim': {
        const request = readVarUint(decoder);
        const count = readCount(decoder);
        const leases = [];
        for (let i = 0; i < count; i++)
          leases.push({ id: readVarUint(decoder), receipt: readReceipt(decoder) });
        return { type, request, leases };
      }
    }
  });

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function asHello(value: unknown): Hello {
  if (!isRecord(value)) throw new Malformed('not a hello');
  const { version, schema, device, token } = value;
  if (!isCount(version) || !isCount(schema) || !isId(device)) throw new Malformed('not a hello');
  const hello = { version, schema, device: device as string as DeviceId };
  if (token === undefined) return hello;
  if (typeof token !== 'string') throw new Malformed('not a hello');
  return { ...hello, token };
}

/** Checks the envelope of a command, whatever way it came; its data is judged by the rule of its type. */
export function asCommand(value: unknown): Command | null {
  if (!isRecord(value)) return null;
  const { id, n, room, type, data } = value;
  if (!isId(id) || !isCount(n) || !parseRoom(room) || typeof type !== 'string' || type.length > 64)
    return null;
  return { id: id as string as CommandId, n, room: room as RoomId, type, data };
}

const writeContent = (encoder: Encoder, content: RoomContent): void => {
  writeVarString(encoder, content.room);
  writeUint8(encoder, content.kind === 'text' ? 0 : 1);
  writeVarUint(encoder, content.cursor);
  if (content.kind === 'text') {
    writeVarString(encoder, content.by);
    writeVarUint(encoder, content.at);
    writeUint8(encoder, content.whole ? 1 : 0);
    writeVarUint(encoder, content.updates.length);
    for (const update of content.updates) writeVarUint8Array(encoder, update);
    writeVarUint(encoder, content.rows.length);
    for (const { cursor, by, at, receipt } of content.rows) {
      writeVarUint(encoder, cursor);
      writeVarString(encoder, by);
      writeVarUint(encoder, at);
      writeUint8Array(encoder, receipt);
    }
    return;
  }
  writeVarUint(encoder, content.from);
  writeVarUint(encoder, content.head);
  writeJson(encoder, content.base ?? null);
  writeVarUint8Array(encoder, encodeLogRun(content.from, content.entries));
  for (const receipt of content.receipts) writeUint8Array(encoder, receipt);
};

const readContent = (decoder: Decoder): RoomContent => {
  const room = readRoom(decoder);
  const isText = decoding.readUint8(decoder) === 0;
  const cursor = readVarUint(decoder);
  if (isText) {
    const by = readVarString(decoder) as MemberId;
    const at = readVarUint(decoder);
    const whole = decoding.readUint8(decoder) === 1;
    const count = readVarUint(decoder);
    const updates = [];
    for (let i = 0; i < count; i++) updates.push(readVarUint8Array(decoder));
    const rows = [];
    for (let left = readVarUint(decoder); left > 0; left--)
      rows.push({
        cursor: readVarUint(decoder),
        by: readVarString(decoder) as MemberId,
        at: readVarUint(decoder),
        receipt: readReceipt(decoder),
      });
    return { room, kind: 'text', cursor, by, at, whole, updates, rows };
  }
  return readLog(decoder, room, cursor);
};

const readLog = (decoder: Decoder, room: RoomId, cursor: number): LogContent => {
  const from = readVarUint(decoder);
  const head = readVarUint(decoder);
  const base = readJson(decoder);
  const entries = decodeLogRun(readVarUint8Array(decoder));
  const receipts = entries.map(() => readReceipt(decoder));
  return { room, kind: 'log', cursor, from, head, base, entries, receipts };
};

const writeRow = (encoder: Encoder, row: Row): void => {
  writeVarUint(encoder, row.cursor);
  writeHanded(encoder, row);
};

const writeHanded = (encoder: Encoder, row: HandedRow): void => {
  writeVarString(encoder, row.room);
  writeVarUint(encoder, row.seq);
  writeVarString(encoder, row.by);
  writeVarUint(encoder, row.at);
  writeVarUint8Array(encoder, row.bytes);
  writeUint8Array(encoder, row.receipt);
};

const readHanded = (decoder: Decoder): HandedRow => ({
  room: readRoom(decoder),
  seq: readVarUint(decoder),
  by: readVarString(decoder) as MemberId,
  at: readVarUint(decoder),
  bytes: readVarUint8Array(decoder),
  receipt: readReceipt(decoder),
});

/** What a frame to a device holds, without its sum. */
export const writeRelayMessage = (encoder: Encoder, message: RelayMessage): void => {
  writeVarUint(encoder, relayTypes.indexOf(message.type));
  switch (message.type) {
    case 'welcome':
      return writeJson(encoder, message.welcome);
    case 'changed':
      writeVarUint(encoder, message.request);
      return writeJson(encoder, message.changed);
    case 'batch':
      writeVarUint(encoder, message.request);
      writeVarUint(encoder, message.rooms.length);
      for (const content of message.rooms) writeContent(encoder, content);
      writeJson(encoder, message.missing);
      return writeJson(encoder, message.damaged);
    case 'history':
      writeVarUint(encoder, message.request);
      writeUint8(encoder, message.content ? 1 : 0);
      if (message.content) writeContent(encoder, message.content);
      return;
    case 'rows':
      writeVarUint(encoder, message.rows.length);
      for (const row of message.rows) writeRow(encoder, row);
      return;
    case 'acked':
      writeVarUint(encoder, message.request);
      return writeVarUint(encoder, message.cursor);
    case 'refused':
      writeVarUint(encoder, message.request);
      writeVarString(encoder, message.code);
      return writeVarString(encoder, message.message);
    case 'result':
      return writeJson(encoder, message.result);
    case 'leased':
      writeVarUint(encoder, message.request);
      writeJson(encoder, message.ids);
      for (const receipt of message.receipts) writeUint8Array(encoder, receipt);
      return;
    case 'awareness':
      writeVarString(encoder, message.room);
      return writeVarUint8Array(encoder, message.bytes);
    case 'presence':
      return writeJson(encoder, message.online);
    case 'lost':
      return writeVarString(encoder, message.room);
    case 'error':
      writeVarString(encoder, message.code);
      return writeVarString(encoder, message.message);
    case 'pong':
      return;
    case 'handed':
      writeVarUint(encoder, message.request);
      return writeJson(encoder, message.results);
    case 'notice':
      writeVarString(encoder, message.code);
      writeVarString(encoder, message.message);
      return writeVarUint(encoder, message.retryAfter);
  }
};

export const encodeRelayMessage = (message: RelayMessage): Bytes =>
  seal((encoder) => writeRelayMessage(encoder, message));

/** For the device. The relay is trusted as to shapes inside JSON, not as to framing. */
export const decodeRelayMessage = (frame: Uint8Array): Result<RelayMessage, Failure> =>
  open(frame, crc32, (decoder): RelayMessage => {
    const type = relayTypes[readVarUint(decoder)];
    if (type === undefined) throw new Malformed('unknown message type');
    switch (type) {
      case 'welcome':
        return { type, welcome: readJson(decoder) as (RelayMessage & { type: 'welcome' })['welcome'] };
      case 'changed': {
        const request = readVarUint(decoder);
        return {
          type,
          request,
          changed: readJson(decoder) as (RelayMessage & { type: 'changed' })['changed'],
        };
      }
      case 'batch': {
        const request = readVarUint(decoder);
        const count = readVarUint(decoder);
        const rooms = [];
        for (let i = 0; i < count; i++) rooms.push(readContent(decoder));
        const missing = readJson(decoder) as RoomId[];
        return { type, request, rooms, missing, damaged: readJson(decoder) as RoomId[] };
      }
      case 'history': {
        const request = readVarUint(decoder);
        const content = decoding.readUint8(decoder) === 1 ? readContent(decoder) : null;
        if (content?.kind === 'text') throw new Malformed('history of a text');
        return { type, request, content };
      }
      case 'rows': {
        const count = readVarUint(decoder);
        const rows: Row[] = [];
        for (let i = 0; i < count; i++) rows.push({ cursor: readVarUint(decoder), ...readHanded(decoder) });
        return { type, rows };
      }
      case 'acked':
        return { type, request: readVarUint(decoder), cursor: readVarUint(decoder) };
      case 'refused':
        return {
          type,
          request: readVarUint(decoder),
          code: readCode(decoder),
          message: readVarString(decoder),
        };
      case 'result':
        return { type, result: readJson(decoder) as (RelayMessage & { type: 'result' })['result'] };
      case 'leased': {
        const request = readVarUint(decoder);
        const ids = readJson(decoder) as number[];
        return { type, request, ids, receipts: ids.map(() => readReceipt(decoder)) };
      }
      case 'awareness':
        return { type, room: readRoom(decoder), bytes: readVarUint8Array(decoder) };
      case 'presence':
        return { type, online: readJson(decoder) as MemberId[] };
      case 'lost':
        return { type, room: readRoom(decoder) };
      case 'error':
        return { type, code: readCode(decoder), message: readVarString(decoder) };
      case 'pong':
        return { type };
      case 'handed':
        return { type, request: readVarUint(decoder), results: readJson(decoder) as HandedResult[] };
      case 'notice':
        return {
          type,
          code: readCode(decoder),
          message: readVarString(decoder),
          retryAfter: readVarUint(decoder),
        };
    }
  });
