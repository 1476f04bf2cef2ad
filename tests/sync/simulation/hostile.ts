import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import type { FrameSocket } from '../../../client/data/sync/contract.ts';
import { asBytes, crc32, type Bytes } from '../../../shared/base/bytes.ts';
import {
  newId,
  type CommandId,
  type DeviceId,
  type MemberId,
  type RoomId,
} from '../../../shared/base/ids.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import { encodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import { decodeRelayMessage, encodeClientMessage } from '../../../shared/protocol/codec.ts';
import { protocolVersion, schemaVersion } from '../../../shared/protocol/version.ts';
import type { SimWorld } from './world.ts';

/** Kinds of forgery; `twice` is the one that is not. */
const kinds = 20;
export const twice = 17;

/**
 * A member of the workspace who means harm, with a program of their own: true credentials, forged frames. What the relay
 * should have refused and did not, the oracle sees.
 */
export class Hostile {
  readonly #world: SimWorld;
  readonly #member: MemberId;
  readonly #device = 'mallorys' as DeviceId;
  #socket: FrameSocket | null = null;
  #ids: number[] = [];
  #receipts: Uint8Array[] = [];
  #n = 0;
  #request = 0;

  constructor(world: SimWorld, member: MemberId) {
    this.#world = world;
    this.#member = member;
  }

  #connect(): void {
    const { network } = this.#world;
    const caller = { member: this.#member, device: this.#device, session: 'mallorys' };
    const open = network.socketFor(
      'mallory',
      () => caller,
      () => true,
    );
    this.#socket = open({
      opened: () => {
        this.#send({
          type: 'hello',
          hello: { version: protocolVersion, schema: schemaVersion, device: this.#device },
        });
        this.#send({ type: 'lease', request: ++this.#request, count: 4 });
      },
      frame: (bytes) => {
        const decoded = decodeRelayMessage(bytes);
        if (!decoded.ok) return;
        if (decoded.value.type === 'leased') this.#ids.push(...decoded.value.ids);
        if (decoded.value.type === 'rows') this.#receipts = decoded.value.rows.map((row) => row.receipt);
        if (decoded.value.type === 'welcome') this.#n = decoded.value.welcome.lastCommand;
      },
      closed: () => {
        this.#socket = null;
      },
    });
  }

  /** An entry that its author never made, under the receipt of another row or one that is made up. */
  handBack(): void {
    if (!this.#socket) return this.#connect();
    const world = this.#world;
    const { oracle } = world;
    const [by] = [...oracle.people].find(([, { role }]) => role === 'owner')!;
    const chats = [...oracle.chats.keys()];
    const chat = chats.length > 0 ? world.pick(chats) : world.room('chat', 'c0');
    const at = world.clock.now();
    const seq = oracle.room(chat).entries.length;
    const data = { members: [this.#member] };
    const entry: LogEntry = { id: newId<CommandId>(), seq, type: 'chat.addMembers', by, at, data };
    const receipt =
      this.#receipts.length > 0 ? world.pick(this.#receipts) : new Uint8Array(16).map(() => world.below(256));
    const bytes = encodeLogRun(seq, [entry]);
    this.#send({
      type: 'handback',
      request: ++this.#request,
      rows: [{ room: chat, seq, by, at, bytes, receipt }],
    });
  }

  #send(message: Parameters<typeof encodeClientMessage>[0]): Bytes {
    const frame = encodeClientMessage(message);
    this.#socket?.send(frame);
    return frame;
  }

  #update(room: RoomId, bytes: Uint8Array): void {
    this.#send({ type: 'update', request: ++this.#request, room, bytes });
  }

  #command(room: RoomId, type: string, data: unknown, n = ++this.#n, id = newId<CommandId>()): void {
    this.#send({ type: 'command', command: { id, n, room, type, data } });
  }

  #both(room: RoomId, bytes: Uint8Array): void {
    this.#update(room, bytes);
    this.#update(room, bytes);
  }

  #again(room: RoomId): void {
    const id = newId<CommandId>();
    for (let times = 0; times < 2; times++)
      this.#command(room, 'chat.send', { text: 'again' }, ++this.#n, id);
  }

  /** The document as the relay has it, under a client id, and what a change adds to it. */
  #change(room: RoomId, client: number, edit: (doc: Y.Doc) => void): Uint8Array {
    const doc = new Y.Doc();
    for (const { bytes } of this.#world.oracle.room(room).rows) Y.applyUpdate(doc, bytes);
    const before = Y.encodeStateVector(doc);
    doc.clientID = client;
    edit(doc);
    return Y.encodeStateAsUpdate(doc, before);
  }

  /** Structs without content: somebody's future clocks, used up. */
  #burn(client: number, clock: number, length: number): Uint8Array {
    const encoder = encoding.createEncoder();
    for (const number of [1, 1, client, clock]) encoding.writeVarUint(encoder, number);
    encoding.writeUint8(encoder, 0);
    encoding.writeVarUint(encoder, length);
    encoding.writeVarUint(encoder, 0);
    return encoding.toUint8Array(encoder);
  }

  /** `kind`: which forgery; one of all otherwise. */
  act(wanted?: number): void {
    if (!this.#socket) return this.#connect();
    const world = this.#world;
    const { oracle } = world;
    const texts = [...oracle.rooms.keys()].filter((room) => oracle.rooms.get(room)!.clocks.size > 0);
    const room = texts.length > 0 ? world.pick(texts) : world.room('scratch', 'one');
    const clocks = oracle.room(room).clocks;
    const others = [...clocks.keys()].filter((client) => oracle.leases.get(client)?.device !== this.#device);
    const victim = others.length > 0 ? world.pick(others) : 2 ** 40;
    const own = this.#ids[world.below(this.#ids.length)] ?? 2 ** 41;
    const root = room.includes('/doc/') ? 'content' : 't';
    const type = (doc: Y.Doc): void => {
      if (root === 't') doc.getText(root).insert(0, 'forged');
      else doc.getXmlFragment(root).insert(0, [new Y.XmlElement('paragraph')]);
    };
    const rooms = [...oracle.rooms.keys()];
    const foreign = rooms.filter((each) => !oracle.mayRead(this.#member, each));
    const conversation = [...oracle.chats.keys()];
    const kind = wanted ?? world.below(kinds);
    world.trace.say('forge', () => `${kind} ${room}`);
    switch (kind) {
      case 0:
        return this.#update(room, this.#change(room, victim, type));
      case 1: {
        const doc = new Y.Doc();
        doc.clientID = own;
        type(doc);
        const between = Y.encodeStateVector(doc);
        type(doc);
        return this.#update(room, Y.encodeStateAsUpdate(doc, between));
      }
      case 2:
        return this.#update(room, this.#burn(victim, clocks.get(victim) ?? 0, 1_000));
      case 3:
        return this.#update(room, this.#burn(own, (clocks.get(own) ?? 0) + 5, 1));
      case 4: {
        // Deletes what nobody wrote yet.
        const encoder = encoding.createEncoder();
        for (const number of [0, 1, victim, 1, (clocks.get(victim) ?? 0) + 1, 5])
          encoding.writeVarUint(encoder, number);
        return this.#update(room, encoding.toUint8Array(encoder));
      }
      case 5:
        return this.#update(room, Uint8Array.of(...this.#change(room, own, type), 0));
      case 6:
        return this.#update(
          room,
          this.#change(room, own, (doc) => void doc.getMap('elsewhere').set('hidden', 'here')),
        );
      case 7: {
        const frame = encodeClientMessage({
          type: 'update',
          request: ++this.#request,
          room,
          bytes: this.#change(room, own, type),
        });
        frame[world.below(frame.length)]! ^= 1 << world.below(8);
        return this.#socket.send(frame);
      }
      case 8: {
        // The same with a checksum that is right.
        const bytes = this.#change(room, own, type);
        bytes[world.below(bytes.length)]! ^= 1 << world.below(8);
        return this.#update(room, bytes);
      }
      case 9:
        return this.#update(world.pick(rooms), this.#change(room, own, type));
      case 10: {
        const chat = conversation.length > 0 ? world.pick(conversation) : room;
        return this.#command(chat, 'chat.removeMember', { member: world.pick(world.devices).member });
      }
      case 11: {
        const chat = conversation.length > 0 ? world.pick(conversation) : room;
        return this.#command(chat, 'chat.send', { text: 'forged' });
      }
      case 12:
        return this.#command(world.room('directory', 'main'), 'member.role', {
          member: this.#member,
          role: 'owner',
        });
      case 13:
        return this.#command(world.room('directory', 'main'), 'member.remove', {
          member: world.pick(world.devices).member,
        });
      case 14: {
        const wants = (foreign.length > 0 ? foreign : rooms).slice(0, 20);
        this.#send({
          type: 'pull',
          request: ++this.#request,
          wants: wants.map((each) => ({ room: each, cursor: 0, have: 0 })),
        });
        for (const each of wants)
          this.#send({ type: 'history', request: ++this.#request, room: each, before: 100, limit: 100 });
        return;
      }
      case 15:
        // The same command twice at once.
        this.#command(world.room('chat', 'of-mallory'), 'chat.create', {
          type: 'group',
          title: '',
          members: [this.#member],
        });
        return this.#again(world.room('chat', 'of-mallory'));
      case twice:
        // True work, twice at once: what is on its way to the disk already must not be answered for before it is there.
        return this.#both(room, this.#change(room, own, type));
      case 16: {
        const watched = foreign.length > 0 ? world.pick(foreign) : room;
        this.#send({ type: 'watch', room: watched });
        return void this.#send({
          type: 'awareness',
          room: watched,
          bytes: Uint8Array.of(1, 1, 1, 2, 123, 125),
        });
      }
      case 18: {
        const docs = texts.filter((each) => each.includes('/doc/'));
        if (docs.length === 0) return;
        const doc = world.pick(docs);
        const script = (into: Y.Doc): void =>
          into.getXmlFragment('content').insert(0, [new Y.XmlElement('script')]);
        return this.#update(doc, this.#change(doc, own, script));
      }
      default: {
        const noise = asBytes(new Uint8Array(5 + world.below(40)).map(() => world.below(256)));
        new DataView(noise.buffer).setUint32(noise.length - 4, crc32(noise.subarray(0, -4)), true);
        return this.#socket.send(noise);
      }
    }
  }
}
