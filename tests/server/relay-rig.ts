import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { asBytes, type Bytes } from '../../shared/base/bytes.ts';
import { newId, type CommandId, type DeviceId, type MemberId, type RoomId } from '../../shared/base/ids.ts';
import { decodeRelayMessage, encodeClientMessage } from '../../shared/protocol/codec.ts';
import type {
  ClientMessage,
  CommandResult,
  RelayMessage,
  Row,
  Welcome,
} from '../../shared/protocol/messages.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';
import { defaultBounds, type Bounds } from '../../server/bounds.ts';
import { attachSockets } from '../../server/http/sockets.ts';
import type { Caller, Relay, Sessions } from '../../server/relay/contract.ts';
import { createRelay, type RelayDeps } from '../../server/relay/relay.ts';
import type { RelayStore } from '../../server/storage/contract.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteCustomers } from '../../server/storage/sqlite/customers.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';

export const member = (name: string): MemberId => name as MemberId;
export const device = (name: string): DeviceId => name as DeviceId;

/** A relay with real sockets over a database in a temporary folder, and people who are signed in by saying their name. */
export interface Rig {
  readonly relay: Relay;
  readonly store: RelayStore;
  readonly origin: string;
  room(kind: string, id: string, part?: string): RoomId;
  /** Adds members to the directory, the first as its owner. */
  people(...names: string[]): Promise<void>;
  /** `name` or `name.device`: what a session's token looks like here. */
  caller(token: string): Caller;
  device(token: string): Promise<TestDevice>;
  revoke(token: string): void;
  /** The session runs out without anybody saying so. */
  expire(token: string): void;
  restart(deps?: Partial<RelayDeps>): Promise<void>;
  stop(): Promise<void>;
}

export async function startRig(
  deps: Omit<Partial<RelayDeps>, 'bounds'> & {
    bounds?: Partial<Bounds>;
    sessions?: Partial<Sessions>;
    /** Instead of a database in a folder of the rig's own: opened at the start and at every restart. */
    open?: () => RelayStore;
  } = {},
): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-relay-'));
  const revoked = new Set<string>();
  const bounds = { ...defaultBounds, ...deps.bounds };
  let tables: Pick<RelayDeps, 'customers' | 'projections'> = {};
  const open =
    deps.open ??
    (() => {
      const database = openDatabase(join(folder, 'weft.db'), { durability: 'full' });
      const customers = createSqliteCustomers(database);
      tables = { customers, projections: [customers] };
      return createSqliteStore(database, { syncsBeside: true });
    });
  let store = deps.store ?? open();
  let relay = createRelay({ version: 'test', ...tables, ...deps, bounds, store });
  const callerOf = (token: string): Caller => {
    const [name = '', on = `${name}-device`] = token.split('.');
    return { member: member(name), device: device(on), session: token };
  };
  const sessions: Sessions = {
    verify: (token) => (token === 'wrong' || revoked.has(token) ? null : callerOf(token)),
    seen: () => {},
    ...deps.sessions,
  };
  let server: Server;
  let detach: () => void;
  let origin = '';
  const devices: TestDevice[] = [];
  const listen = async () => {
    server = createServer((_request, response) => response.end());
    const isOwnOrigin = (each: string): boolean => each === 'https://own.example';
    const cookieToken = ({ headers }: { headers: { cookie?: string } }) =>
      /(?:^|; )weft_session=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? null;
    detach = attachSockets(server, {
      relay,
      sessions,
      isOwnOrigin,
      cookieToken,
      bounds,
      ...(deps.metrics ? { metrics: deps.metrics } : {}),
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    origin = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const close = async () => {
    await relay.stop();
    detach();
    await new Promise((closed) => server.close(closed));
    store.close();
  };
  await listen();

  return {
    get relay() {
      return relay;
    },
    get store() {
      return store;
    },
    get origin() {
      return origin;
    },
    room: (kind, id, part) => roomId(store.workspace, kind, id, part),
    async people(...names) {
      const directory = roomId(store.workspace, 'directory', 'main');
      for (const name of names) {
        const role = Object.keys(relay.directory().members).length === 0 ? 'owner' : 'member';
        const data = { member: name, name, email: `${name}@example.org`, role };
        await relay.appendFact(directory, 'member.join', member(name), data);
      }
    },
    caller: callerOf,
    async device(token) {
      const connected = await connect(origin, token);
      devices.push(connected);
      return connected;
    },
    expire: (token) => void revoked.add(token),
    revoke(token) {
      revoked.add(token);
      relay.endSession(token);
    },
    async restart(next = {}) {
      await close();
      store = next.store ?? open();
      relay = createRelay({ version: 'test', ...tables, ...deps, bounds, ...next, store });
      await listen();
    },
    async stop() {
      for (const each of devices) each.socket.terminate();
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type OfType<T extends RelayMessage['type']> = Extract<RelayMessage, { type: T }>;

/** A device that speaks the protocol and keeps everything it was told. */
export class TestDevice {
  readonly socket: WebSocket;
  readonly said: RelayMessage[] = [];
  readonly ended: Promise<number>;
  welcome!: Welcome;
  n = 0;
  #request = 0;
  #waiting: { test: (message: RelayMessage) => boolean; found: (message: RelayMessage) => void }[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.ended = new Promise((ended) => socket.on('close', (code) => ended(code)));
    socket.on('message', (data: Buffer) => {
      const decoded = decodeRelayMessage(data);
      if (!decoded.ok) throw new Error(decoded.error.message);
      this.said.push(decoded.value);
      const met = this.#waiting.filter(({ test }) => test(decoded.value));
      this.#waiting = this.#waiting.filter((each) => !met.includes(each));
      for (const { found } of met) found(decoded.value);
    });
  }

  send(message: ClientMessage): void {
    this.socket.send(encodeClientMessage(message));
  }

  /** The first message that is so, among those said and those to come. */
  until<T extends RelayMessage['type']>(type: T, test: (message: OfType<T>) => boolean = () => true) {
    const matches = (message: RelayMessage): message is OfType<T> =>
      message.type === type && test(message as OfType<T>);
    const already = this.said.find(matches);
    if (already) return Promise.resolve(already);
    return new Promise<OfType<T>>((found) =>
      this.#waiting.push({ test: matches, found: (message) => found(message as OfType<T>) }),
    );
  }

  rows(): Row[] {
    return this.said.flatMap((message) => (message.type === 'rows' ? message.rows : []));
  }
  row(room: RoomId, test: (row: Row) => boolean = () => true) {
    return this.until('rows', ({ rows }) => rows.some((row) => row.room === room && test(row)));
  }

  async command(room: RoomId, type: string, data: unknown, id = newId<CommandId>()): Promise<CommandResult> {
    this.send({ type: 'command', command: { id, n: ++this.n, room, type, data } });
    return (await this.until('result', ({ result }) => result.id === id)).result;
  }

  async update(room: RoomId, bytes: Uint8Array) {
    const request = ++this.#request;
    this.send({ type: 'update', request, room, bytes });
    return Promise.race([
      this.until('acked', (message) => message.request === request),
      this.until('refused', (message) => message.request === request),
    ]);
  }

  async lease(count = 1): Promise<number[]> {
    const request = ++this.#request;
    this.send({ type: 'lease', request, count });
    return [...(await this.until('leased', (message) => message.request === request)).ids];
  }

  async changes(since: number) {
    const request = ++this.#request;
    this.send({ type: 'changes', request, since });
    return (await this.until('changed', (message) => message.request === request)).changed;
  }

  async pull(...wants: { room: RoomId; cursor?: number; have?: number }[]) {
    const request = ++this.#request;
    const full = wants.map(({ room, cursor = 0, have = 0 }) => ({ room, cursor, have }));
    this.send({ type: 'pull', request, wants: full });
    return this.until('batch', (message) => message.request === request);
  }

  async history(room: RoomId, before: number, limit: number) {
    const request = ++this.#request;
    this.send({ type: 'history', request, room, before, limit });
    return (await this.until('history', (message) => message.request === request)).content;
  }

  /** Everything sent before has been answered once this has. */
  async settle(): Promise<void> {
    const before = this.said.filter(({ type }) => type === 'pong').length;
    this.send({ type: 'ping' });
    let pongs = 0;
    await this.until('pong', () => ++pongs > before);
  }
}

async function connect(origin: string, token: string): Promise<TestDevice> {
  const socket = new WebSocket(`${origin}/sync`, [`weft.token.${token}`]);
  const connected = new TestDevice(socket);
  await new Promise((opened, failed) => {
    socket.once('open', opened);
    socket.once('error', failed);
  });
  return greet(connected, token);
}

async function greet(connected: TestDevice, token: string): Promise<TestDevice> {
  connected.send({
    type: 'hello',
    hello: { version: protocolVersion, schema: schemaVersion, device: device(token.replace('.', '-')) },
  });
  connected.welcome = (await connected.until('welcome')).welcome;
  connected.n = connected.welcome.lastCommand;
  return connected;
}

/** A document of one device: collects what is typed as updates under one client id. */
export function typing(client: number, from?: Uint8Array) {
  const doc = new Y.Doc();
  doc.clientID = client;
  if (from) Y.applyUpdate(doc, from);
  let made: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
    if (transaction.local) made.push(update);
  });
  return {
    doc,
    text: doc.getText('t'),
    /** What was made since the last call, as one update. */
    take(): Bytes {
      const update = made.length === 1 ? made[0]! : Y.mergeUpdates(made);
      made = [];
      return asBytes(update);
    },
  };
}
