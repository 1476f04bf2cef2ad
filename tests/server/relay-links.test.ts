import { beforeEach, describe, expect, it } from 'vitest';
import * as decoding from 'lib0/decoding';
import * as Y from 'yjs';
import type { Bytes } from '../../shared/base/bytes.ts';
import type { ErrorCode } from '../../shared/base/errors.ts';
import type { CommandId, DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import { decodeRelayMessage, encodeClientMessage } from '../../shared/protocol/codec.ts';
import type { ClientMessage, RelayMessage } from '../../shared/protocol/messages.ts';
import type { Caller, Connection, Link, Relay } from '../../server/relay/contract.ts';
import { plainUpdate } from '../../server/relay/plain-session.ts';
import { createRelay } from '../../server/relay/relay.ts';
import type { RelayStore } from '../../server/storage/contract.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';

/** A relay whose turns end when the test says so, and links that keep what they are given. */
let store: RelayStore;
let relay: Relay;
let turn: (() => void)[];
const endTurn = (): void => {
  while (turn.length > 0) for (const run of turn.splice(0)) run();
};

interface TestLink extends Link {
  readonly writes: (readonly Bytes[])[];
  readonly closed: ErrorCode[];
  buffered: number;
}
const makeLink = (): TestLink => {
  const link: TestLink = {
    writes: [],
    closed: [],
    buffered: 0,
    send: (messages) => void link.writes.push([...messages]),
    close: (code) => void link.closed.push(code),
  };
  return link;
};
const callerOf = (name: string): Caller => ({
  member: name as MemberId,
  device: `${name}-device` as DeviceId,
  session: name,
});
const said = (link: TestLink): RelayMessage[] =>
  link.writes.flat().map((frame) => {
    const decoded = decodeRelayMessage(frame);
    if (!decoded.ok) throw new Error(decoded.error.message);
    return decoded.value;
  });
const send = (to: Connection, message: ClientMessage): void => to.receive(encodeClientMessage(message));
const greet = (name: string): { link: TestLink; connection: Connection } => {
  const link = makeLink();
  const connection = relay.connectDevice(link, () => callerOf(name));
  send(connection, { type: 'hello', hello: { version: 1, schema: 1, device: 'd' as DeviceId } });
  endTurn();
  link.writes.length = 0;
  return { link, connection };
};
const command = (n: number, room: RoomId, type: string, data: unknown): ClientMessage => ({
  type: 'command',
  command: { id: `c${n}` as CommandId, n, room, type, data },
});
let chat: RoomId;

beforeEach(async () => {
  store = createMemoryStore();
  turn = [];
  relay = createRelay({ store, version: 'test', defer: (run) => turn.push(run), later: () => {} });
  for (const name of ['ada', 'ben', 'eve', 'zoe']) {
    const data = { member: name, name, email: '', role: 'owner' };
    await relay.appendFact(
      `${store.workspace}/directory/main` as RoomId,
      'member.join',
      'ada' as MemberId,
      data,
    );
  }
  chat = `${store.workspace}/chat/team` as RoomId;
});

describe('one turn of the relay', () => {
  it('[S-5] writes once to each socket, the same frame to all who may read the same', () => {
    const [ada, ben, eve, zoe] = ['ada', 'ben', 'eve', 'zoe'].map(greet);
    send(ada!.connection, command(1, chat, 'chat.create', { type: 'group', title: '', members: ['ben'] }));
    for (let n = 2; n < 30; n++) send(ada!.connection, command(n, chat, 'chat.send', { text: `${n}` }));
    send(
      eve!.connection,
      command(1, `${store.workspace}/doc/d:about` as RoomId, 'doc.create', { title: '' }),
    );
    expect(ben!.link.writes).toEqual([]);
    endTurn();
    expect([ada, ben, eve, zoe].map((each) => each!.link.writes.length)).toEqual([1, 1, 1, 1]);
    expect(ada!.link.writes[0]![0]).toBe(ben!.link.writes[0]![0]);
    expect(eve!.link.writes[0]![0]).toBe(zoe!.link.writes[0]![0]);
    expect(said(ben!.link)).toMatchObject([{ type: 'rows', rows: { length: 30 } }]);
    expect(said(zoe!.link)).toMatchObject([{ type: 'rows', rows: { length: 1 } }]);
    expect(said(ada!.link).filter(({ type }) => type === 'result')).toHaveLength(29);
  });

  it('[C-2] shows and answers nothing before it is stored', () => {
    const [ada, ben] = [greet('ada'), greet('ben')];
    send(ada.connection, command(1, chat, 'chat.create', { type: 'group', title: '', members: ['ben'] }));
    expect(store.room(chat)).toBeNull();
    expect([...ada.link.writes, ...ben.link.writes]).toEqual([]);
    // Whoever asks in the same turn is answered from what is stored: so it is stored first.
    send(ben.connection, { type: 'pull', request: 1, wants: [{ room: chat, cursor: 0, have: 0 }] });
    expect(store.room(chat)?.rows).toBe(1);
    endTurn();
    expect(said(ben.link).find(({ type }) => type === 'batch')).toMatchObject({ rooms: [{ head: 1 }] });
    expect(said(ben.link).filter(({ type }) => type === 'rows')).toHaveLength(1);
  });

  it('[C-2] opens no room by a right that the disk refused', () => {
    const [ada, ben] = [greet('ada'), greet('ben')];
    const { commit } = store;
    store.commit = () => {
      throw new Error('the disk is full');
    };
    send(ada.connection, command(1, chat, 'chat.create', { type: 'group', title: '', members: ['ben'] }));
    send(ben.connection, { type: 'pull', request: 1, wants: [{ room: chat, cursor: 0, have: 0 }] });
    store.commit = commit;
    endTurn();
    expect(said(ben.link)).toMatchObject([{ type: 'batch', rooms: [], missing: [chat] }]);
    expect(said(ada.link)).toMatchObject([
      { type: 'result', result: { ok: false, code: 'storage-failed' } },
      { type: 'error', code: 'storage-failed' },
    ]);
    expect(ada.link.closed).toEqual(['storage-failed']);
    expect(ben.link.closed).toEqual([]);
  });

  it('[E-4] answers what the disk refused, then ends its socket, and takes nothing that comes behind', () => {
    const [ada, ben] = [greet('ada'), greet('ben')];
    const { commit } = store;
    store.commit = () => {
      throw new Error('the disk is full');
    };
    send(ada.connection, command(1, chat, 'chat.create', { type: 'group', title: '', members: ['ben'] }));
    send(ada.connection, command(2, chat, 'chat.send', { text: 'first' }));
    // Another one's question ends the group in the middle of the turn.
    send(ben.connection, { type: 'pull', request: 1, wants: [{ room: chat, cursor: 0, have: 0 }] });
    store.commit = commit;
    const other = `${store.workspace}/chat/other` as RoomId;
    send(ada.connection, command(3, other, 'chat.create', { type: 'group', title: '', members: [] }));
    endTurn();
    expect(said(ada.link).map(({ type }) => type)).toEqual(['result', 'result', 'error']);
    expect(ada.link.closed).toEqual(['storage-failed']);
    expect([store.room(chat), store.room(other)]).toEqual([null, null]);
    expect(ben.link.closed).toEqual([]);
  });

  it('[E-3] ends a socket that leaves too much unread, and no other', () => {
    const [ada, ben] = [greet('ada'), greet('ben')];
    ben.link.buffered = 9 * 1024 * 1024;
    send(ada.connection, command(1, chat, 'chat.create', { type: 'group', title: '', members: ['ben'] }));
    endTurn();
    expect(ben.link.closed).toEqual(['too-slow']);
    expect(ada.link.closed).toEqual([]);
    const before = ben.link.writes.length;
    send(ada.connection, command(2, chat, 'chat.send', { text: 'x' }));
    endTurn();
    expect(ben.link.writes).toHaveLength(before);
  });

  it('[E-2] drops what was queued for a session that ends in it, and what it still sends', () => {
    const [ada, ben] = [greet('ada'), greet('ben')];
    send(ada.connection, command(1, chat, 'chat.create', { type: 'group', title: '', members: ['ben'] }));
    send(ben.connection, { type: 'ping' });
    relay.endSession('ben');
    send(ben.connection, command(1, chat, 'chat.send', { text: 'late' }));
    endTurn();
    expect(said(ben.link)).toMatchObject([{ type: 'error', code: 'session-ended' }]);
    expect(store.room(chat)?.rows).toBe(1);
  });

  it('lists the readable rooms of a member', () => {
    const ada = greet('ada');
    send(ada.connection, command(1, chat, 'chat.create', { type: 'group', title: '', members: ['ben'] }));
    endTurn();
    const rooms = (name: string): string[] => relay.readable(name as MemberId).map(({ room }) => room);
    expect(rooms('ben')).toEqual([`${store.workspace}/directory/main`, chat]);
    expect(rooms('eve')).toEqual([`${store.workspace}/directory/main`]);
  });
});

describe('the plain clients of a room', () => {
  /** Somebody who types into the room under a client id of their own. */
  const enter = (name: string, room: RoomId, client: number) => {
    const link = makeLink();
    const connected = relay.connectPlain(link, callerOf(name), room);
    if (!connected.ok) throw new Error(connected.error.message);
    endTurn();
    link.writes.length = 0;
    const doc = new Y.Doc();
    doc.clientID = client;
    const type = (letters: string): void => {
      doc.once('update', (bytes: Uint8Array) => connected.value.receive(plainUpdate(bytes)));
      doc.getText('t').insert(doc.getText('t').length, letters);
    };
    /** What was sent to it, as a document. */
    const seen = (): string => {
      const copy = new Y.Doc();
      for (const frame of link.writes.flat()) {
        const decoder = decoding.createDecoder(frame);
        expect([decoding.readVarUint(decoder), decoding.readVarUint(decoder)]).toEqual([0, 2]);
        Y.applyUpdate(copy, decoding.readVarUint8Array(decoder));
      }
      return copy.getText('t').toJSON();
    };
    return { link, type, seen };
  };
  let pad: RoomId;
  beforeEach(() => {
    pad = `${store.workspace}/scratch/pad` as RoomId;
  });

  it('[P-6] get what a commit brought as one message, the same for all, and no echo of their own', () => {
    const [ada, ben, eve] = [enter('ada', pad, 1), enter('ben', pad, 2), enter('eve', pad, 3)];
    for (const letter of 'hello') ada.type(letter);
    expect(ben.link.writes).toEqual([]);
    endTurn();
    expect([ada, ben, eve].map(({ link }) => link.writes.flat().length)).toEqual([0, 1, 1]);
    expect(ben.link.writes[0]![0]).toBe(eve.link.writes[0]![0]);
    expect(ben.seen()).toBe('hello');
  });

  it('[P-6] get the same message when several of them write at once, and each room its own', () => {
    const [ada, ben, eve] = [enter('ada', pad, 1), enter('ben', pad, 2), enter('eve', pad, 3)];
    const other = enter('zoe', `${store.workspace}/scratch/other` as RoomId, 4);
    for (const letter of 'abc') for (const each of [ada, ben, other]) each.type(letter);
    endTurn();
    const frames = [ada, ben, eve].map(({ link }) => link.writes.flat());
    expect(frames.map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(new Set(frames.flat()).size).toBe(1);
    expect([...eve.seen()].sort().join('')).toBe('aabbcc');
    expect(other.link.writes).toEqual([]);
  });

  it('[E-3] end with too much unread, and nobody else does', () => {
    const [ada, ben, eve] = [enter('ada', pad, 1), enter('ben', pad, 2), enter('eve', pad, 3)];
    ben.link.buffered = 9 * 1024 * 1024;
    for (const letter of 'abc') ada.type(letter);
    endTurn();
    expect(ben.link.closed).toEqual(['too-slow']);
    expect([...ada.link.closed, ...eve.link.closed]).toEqual([]);
    expect(eve.seen()).toBe('abc');
  });

  it('[E-4] are shown nothing of a commit that failed, though it was joined with others', () => {
    const [ada, ben, eve] = [enter('ada', pad, 1), enter('ben', pad, 2), enter('eve', pad, 3)];
    const { commit } = store;
    store.commit = () => {
      throw new Error('the disk is full');
    };
    ada.type('a');
    ben.type('b');
    endTurn();
    store.commit = commit;
    expect(eve.link.writes).toEqual([]);
    expect(store.room(pad)).toBeNull();
  });
});
