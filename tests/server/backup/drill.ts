import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as Y from 'yjs';
import { isTooEarly } from '../../../server/relay/handback.ts';
import type { Caller, Connection, Relay } from '../../../server/relay/contract.ts';
import { backUp } from '../../../server/backup/backup.ts';
import { restoreBackup, type Restored } from '../../../server/backup/restore.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import {
  newId,
  type CommandId,
  type DeviceId,
  type MemberId,
  type RoomId,
} from '../../../shared/base/ids.ts';
import { decodeRelayMessage, encodeClientMessage } from '../../../shared/protocol/codec.ts';
import { decodeLogRun, encodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import type {
  ClientMessage,
  HandedResult,
  HandedRow,
  HeldLease,
  RelayMessage,
  Welcome,
} from '../../../shared/protocol/messages.ts';
import { protocolVersion, schemaVersion } from '../../../shared/protocol/version.ts';

type Of<Type extends RelayMessage['type']> = Extract<RelayMessage, { type: Type }>;

interface Held {
  readonly row: HandedRow;
  readonly epoch: string;
  readonly cursor: number;
}

/** Rows in one hand-back: small, so that others come in between. */
const atOnce = 7;

/** A device without a network: keeps what it saw with its receipts, and hands it back after a restore. */
export class DrillDevice {
  readonly member: MemberId;
  readonly id = newId<DeviceId>();
  readonly session = newId();
  readonly leases: HeldLease[] = [];
  readonly held: Held[] = [];
  welcome: Welcome | null = null;
  n = 0;
  readonly #doc = new Y.Doc();
  readonly #said: RelayMessage[] = [];
  #waiting: (() => void)[] = [];
  #connection: Connection | null = null;
  #request = 0;

  constructor(member: MemberId) {
    this.member = member;
  }

  get isOnline(): boolean {
    return this.#connection !== null;
  }
  get caller(): Caller {
    return { member: this.member, device: this.id, session: this.session };
  }

  /** Says hello, and fetches all it may read. False when the relay does not let it in. */
  async connect(relay: Relay, isSignedIn: boolean): Promise<boolean> {
    const link = {
      send: (messages: readonly Uint8Array[]) => messages.forEach((message) => this.#hear(message)),
      close: () => this.disconnect(),
      buffered: 0,
    };
    this.#said.length = 0;
    this.#connection = relay.connectDevice(link, () => (isSignedIn ? this.caller : null));
    const hello = { version: protocolVersion, schema: schemaVersion, device: this.id };
    this.#send({ type: 'hello', hello });
    if (!(await this.#until('welcome', () => true))) return false;
    this.n = Math.max(this.n, this.welcome?.lastCommand ?? 0);
    await this.fetch(relay);
    return true;
  }
  disconnect(): void {
    const connection = this.#connection;
    this.#connection = null;
    connection?.gone();
    this.#wake();
  }

  #send(message: ClientMessage): void {
    this.#connection?.receive(encodeClientMessage(message));
  }
  #wake(): void {
    for (const tell of this.#waiting.splice(0)) tell();
  }
  #hear(message: Uint8Array): void {
    const decoded = decodeRelayMessage(message);
    if (!decoded.ok) throw new Error(decoded.error.message);
    this.#said.push(decoded.value);
    if (decoded.value.type === 'welcome') ({ welcome: this.welcome } = decoded.value);
    if (decoded.value.type === 'rows')
      for (const { cursor, ...row } of decoded.value.rows)
        this.held.push({ row, epoch: this.welcome!.epoch, cursor });
    this.#wake();
  }
  /** The first message that fits; null when the connection ended before. */
  async #until<Type extends RelayMessage['type']>(
    type: Type,
    fits: (message: Of<Type>) => boolean,
  ): Promise<Of<Type> | null> {
    for (;;) {
      const found = this.#said.find((each): each is Of<Type> => each.type === type && fits(each as Of<Type>));
      if (found) return found;
      if (!this.#connection) return null;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Everything it may read, once more. */
  async fetch(relay: Relay): Promise<void> {
    const wants = relay.readable(this.member).map(({ room }) => ({ room, cursor: 1, have: 0 }));
    const request = ++this.#request;
    this.#send({ type: 'pull', request, wants });
    const batch = await this.#until('batch', (said) => said.request === request);
    const { epoch } = this.welcome!;
    for (const content of batch?.rooms ?? [])
      if (content.kind === 'log')
        content.entries.forEach((entry, at) => {
          const bytes = encodeLogRun(entry.seq, [entry]);
          const { seq, by, at: made } = entry;
          const row = { room: content.room, seq, by, at: made, bytes, receipt: content.receipts[at]! };
          this.held.push({ row, epoch, cursor: content.cursor });
        });
      else
        content.rows.forEach(({ cursor, by, at, receipt }, i) => {
          const row = { room: content.room, seq: 0, by, at, bytes: content.updates[i]!, receipt };
          this.held.push({ row, epoch, cursor });
        });
  }

  async command(room: RoomId, type: string, data: unknown, id = newId<CommandId>()) {
    this.#send({ type: 'command', command: { id, n: ++this.n, room, type, data } });
    return (await this.#until('result', ({ result }) => result.id === id))?.result ?? null;
  }

  /** Writes a mark that nobody else writes; true when it was acknowledged. */
  async write(room: RoomId, mark: string): Promise<boolean> {
    if (this.leases.length === 0) {
      const request = ++this.#request;
      this.#send({ type: 'lease', request, count: 2 });
      const said = await this.#until('leased', (each) => each.request === request);
      said?.ids.forEach((id, at) => this.leases.push({ id, receipt: said.receipts[at]! }));
      if (!said) return false;
      this.#doc.clientID = said.ids[0]!;
    }
    const before = Y.encodeStateVector(this.#doc);
    this.#doc.getMap(room).set(mark, true);
    const bytes = Y.encodeStateAsUpdate(this.#doc, before);
    const request = ++this.#request;
    this.#send({ type: 'update', request, room, bytes });
    const answer = await Promise.race([
      this.#until('acked', (said) => said.request === request),
      this.#until('refused', (said) => said.request === request),
    ]);
    return answer?.type === 'acked';
  }

  /** What the relay may have lost, in the order it came; rooms that others depend on first. */
  lost(): HandedRow[] {
    const { epoch, epochs } = this.welcome!;
    const rank = (room: RoomId): number =>
      room.includes('/directory/') ? 0 : room.includes('/chat/') ? 1 : 2;
    return this.held
      .filter((held) => {
        if (held.epoch === epoch) return false;
        const from = epochs.findIndex((each) => each.epoch === held.epoch);
        return from < 0 || held.cursor > Math.min(...epochs.slice(from).map(({ until }) => until));
      })
      .map(({ row }) => row)
      .sort(
        (a, b) => rank(a.room) - rank(b.room) || (rank(a.room) < 2 && a.room === b.room ? a.seq - b.seq : 0),
      );
  }

  /** Reclaims its ids and hands everything back, twice what came too early; `seen` is called after each answer. */
  async handBack(seen: () => void): Promise<Map<HandedResult, number>> {
    const request = ++this.#request;
    this.#send({ type: 'reclaim', request, leases: this.leases });
    const own = await this.#until('leased', (said) => said.request === request);
    if (own && own.ids.length < this.leases.length) throw new Error(`${this.member} lost a lease`);
    const counted = new Map<HandedResult, number>();
    let rows = this.lost();
    for (const isLast of [false, true]) {
      const early: HandedRow[] = [];
      for (let from = 0; from < rows.length; from += atOnce) {
        const some = rows.slice(from, from + atOnce);
        const results = await this.#handed(some);
        seen();
        results.forEach((result, at) => {
          if (isTooEarly(result) && !isLast) early.push(some[at]!);
          else counted.set(result, (counted.get(result) ?? 0) + 1);
        });
      }
      rows = early;
    }
    return counted;
  }
  async #handed(rows: readonly HandedRow[]): Promise<readonly HandedResult[]> {
    const request = ++this.#request;
    this.#send({ type: 'handback', request, rows });
    return (await this.#until('handed', (said) => said.request === request))?.results ?? [];
  }
}

/** What a row says, wherever it stands: an entry by author and id, a text by its marks. */
export function saidIn({ room, bytes }: HandedRow, isText: boolean): string[] {
  if (!isText) return decodeLogRun(bytes).map(({ by, id, type, at }) => `${room} ${by} ${id} ${type} ${at}`);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, bytes);
  return [...doc.getMap(room).keys()].map((mark) => `${room} ${mark}`);
}

/** A workspace in a folder of its own, which is backed up, lost and restored. */
export class DrillSite {
  readonly #folder = mkdtempSync(join(tmpdir(), 'weft-drill-'));
  readonly data = join(this.#folder, 'data');
  readonly revocations = join(this.#folder, 'revocations.log');
  readonly clock = { now: (): number => ++this.#now };
  readonly backups: string[] = [];
  #now = Date.UTC(2026, 0, 5);
  #workspace: Workspace | null = null;

  get workspace(): Workspace {
    if (!this.#workspace) throw new Error('the relay is stopped');
    return this.#workspace;
  }
  get relay(): Relay {
    return this.workspace.relay;
  }
  get isRunning(): boolean {
    return this.#workspace !== null;
  }
  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  async start(): Promise<void> {
    const { clock, revocations } = this;
    this.#workspace = await openWorkspace({ folder: this.data, durability: 'process', clock, revocations });
  }
  async stop(): Promise<void> {
    await this.relay.stop();
    this.workspace.close();
    this.#workspace = null;
  }

  async backUp(): Promise<void> {
    const { operator } = this.workspace;
    const { folder } = await backUp({
      data: this.data,
      to: join(this.#folder, 'backups'),
      revocations: this.revocations,
      version: 'test',
      clock: this.clock,
      source: {
        running: true,
        async copyTo(file) {
          const copied = await operator.copyTo(file);
          if (!copied.ok || !copied.value) throw new Error('not copied');
        },
        noted(facts) {
          operator.backedUp(facts);
          return Promise.resolve();
        },
        close() {},
      },
    });
    this.backups.push(folder);
  }
  loseJournal(): void {
    rmSync(this.revocations);
  }
  restore(from: string): Promise<Restored> {
    const { data, revocations, clock } = this;
    return restoreBackup({ from, data, revocations, replace: true, version: 'test', clock });
  }

  signIn(device: DrillDevice): void {
    const { member, id, session } = device;
    const now = this.clock.now();
    const row = { id: session, member, device: id, deviceName: '', createdAt: now, seenAt: now };
    this.workspace.authStore.claimDevice(id, member);
    this.workspace.authStore.insertSession(row, createHash('sha256').update(session).digest());
  }
  isSignedIn(device: DrillDevice): boolean {
    return this.workspace.authStore.sessionsOf(device.member).some(({ id }) => id === device.session);
  }

  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
