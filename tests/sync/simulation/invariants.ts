import * as Y from 'yjs';
import type { CommandId, RoomId } from '../../../shared/base/ids.ts';
import type { ErrorCode } from '../../../shared/base/errors.ts';
import { equalBytes } from '../../../shared/base/bytes.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { must } from './oracle.ts';
import type { Pages } from './texts.ts';
import type { SimDevice, SimWorld } from './world.ts';

/** A command that a device kept. */
export interface Sent {
  readonly id: CommandId;
  readonly device: SimDevice;
  readonly room: RoomId;
  /** The database it lay in is gone. */
  isGone?: boolean;
}

/** People who mean well are refused only because rights or things moved under them. */
const honestlyRefused: ReadonlySet<ErrorCode> = new Set([
  'forbidden',
  'room-not-found',
  'member-not-found',
  'already-exists',
  'document-deleted',
  'last-owner',
]);

/** What must hold when everything that failed works again. */
export async function checkEverything(world: SimWorld, pages: Pages, sent: readonly Sent[]): Promise<void> {
  const { oracle } = world;
  const refused = new Map<SimDevice, Set<string>>();
  for (const device of world.devices) {
    const { storage } = device.machine;
    const outbox = await world.done(storage.outbox.all());
    const queue = await world.done(storage.texts.queue());
    refused.set(device, new Set([...outbox.map(({ id }) => id), ...queue.map(({ room }) => room)]));
    for (const { room, failure } of [...outbox, ...queue])
      must(
        failure === null || honestlyRefused.has(failure.code),
        () => `${device.name} meant well in ${room} and was refused: ${failure?.code} ${failure?.message}`,
      );
    await checkDevice(world, device);
  }
  checkTexts(world, pages);
  checkSent(world, sent, refused);
  for (const { device, room, client, clock } of pages.promised) {
    // Two machines went on under one id: what one of them wrote is moved under another, word by word.
    if (oracle.copied.has(device.id)) continue;
    must(
      (oracle.room(room).clocks.get(client) ?? 0) >= clock || refused.get(device)!.has(room),
      () => `${device.name} kept ${room} up to ${clock} of ${client}, and it is nowhere`,
    );
  }
}

/** Each command that was kept is in its log once, or refused with a reason; what was acknowledged is there. */
function checkSent(
  world: SimWorld,
  sent: readonly Sent[],
  refused: ReadonlyMap<SimDevice, ReadonlySet<string>>,
): void {
  const { oracle } = world;
  const stored = new Map<string, number>();
  for (const { entries } of oracle.rooms.values())
    for (const { id } of entries) if (!id.startsWith('fact-')) stored.set(id, (stored.get(id) ?? 0) + 1);
  for (const [id, times] of stored) must(times === 1, () => `command ${id} is stored ${times} times`);
  for (const [id, room] of oracle.ackedCommands)
    must(stored.has(id), () => `command ${id} to ${room} was acknowledged and is gone`);
  for (const { id, device, isGone, room } of sent) {
    // How far somebody has read is nobody's words: a refusal of it is not kept for them.
    const isDone =
      stored.has(id) || oracle.done.has(id) || refused.get(device)!.has(id) || room.endsWith(':reads');
    must(isDone || isGone === true, () => `${device.name} kept command ${id} to ${room}, and it is nowhere`);
  }
}

/** Relay and every copy byte for byte, and in it everything that was acknowledged. */
function checkTexts(world: SimWorld, pages: Pages): void {
  const { oracle } = world;
  for (const [room, { clocks, rows }] of oracle.rooms) {
    if (clocks.size === 0) continue;
    const kept = docOf(rows);
    const relays = world.relay.text(room);
    must(equalBytes(relays, Y.encodeStateAsUpdate(kept)), () => `${room}: the relay says other than its log`);
    for (const acked of oracle.acked) {
      if (acked.room !== room) continue;
      const { ds } = Y.decodeUpdate(acked.bytes);
      for (const [client, ranges] of ds.clients)
        for (const { clock, len } of ranges)
          must(isDeleted(kept, client, clock, len), () => `${room}: an acknowledged deletion is gone`);
    }
    for (const device of world.devices)
      for (const { session, doc } of pages.openTexts(device))
        if (session.room === room && session.ready && !session.locked && oracle.mayRead(device.member, room))
          must(equalBytes(relays, bytesOf(doc)), () =>
            differs(`a page of ${device.name} (${session.saved})`, kept, doc),
          );
  }
}

/**
 * A page keeps the contents that its person deleted for as long as they can be brought back by undo; everybody else's
 * copy does not. So a page is compared by what it would tell a copy.
 */
function bytesOf(page: Y.Doc): Uint8Array {
  return Y.encodeStateAsUpdate(docOf([{ bytes: Y.encodeStateAsUpdate(page) }]));
}

/** Exactly these updates: Yjs would tidy formatting marks by deletions of its own, which is a page's business. */
function docOf(updates: readonly { readonly bytes: Uint8Array }[]): Y.Doc {
  const doc = new Y.Doc();
  doc.on('afterTransaction', (transaction: Y.Transaction) => {
    transaction._needFormattingCleanup = false;
  });
  doc.transact(() => {
    for (const { bytes } of updates) Y.applyUpdate(doc, bytes);
  });
  return doc;
}

function isDeleted(doc: Y.Doc, client: number, from: number, length: number): boolean {
  const structs = doc.store.clients.get(client) ?? [];
  if (Y.getState(doc.store, client) < from + length) return false;
  for (let at = Y.findIndexSS(structs, from); at < structs.length; at++) {
    const struct = structs[at]!;
    if (struct.id.clock >= from + length) break;
    if (!struct.deleted) return false;
  }
  return true;
}

const differs = (where: string, relays: Y.Doc, other: Y.Doc): string =>
  `${where} holds another text than the relay: ${JSON.stringify(contentOf(other))} for ${JSON.stringify(contentOf(relays))}`;

const contentOf = (doc: Y.Doc) => ({
  t: doc.getText('t').toDelta() as unknown,
  content: doc.getXmlFragment('content').toString(),
  m: doc.getMap('m').toJSON(),
  vector: [...Y.decodeStateVector(Y.encodeStateVector(doc))],
});

/** A device holds exactly what its member may read, as the relay has it. */
async function checkDevice(world: SimWorld, device: SimDevice): Promise<void> {
  const { oracle } = world;
  const { storage } = device.machine;
  const { name, member } = device;
  const held = new Map((await world.done(storage.rooms.all())).map((record) => [record.room, record]));
  for (const room of held.keys())
    must(
      oracle.mayRead(member, room) || held.get(room)!.cursor === 0,
      () => `${name} holds ${room}, which ${member} may not read`,
    );
  for (const room of oracle.readable(member)) {
    const { rows, entries, clocks } = oracle.room(room);
    const record = held.get(room);
    if (rows.length === 0) continue;
    must(record !== undefined && !record.stale, () => `${name} lacks ${room}`);
    const kind = findRoom(room)!.kind;
    if (kind.class === 'log') {
      const own = await world.done(storage.rooms.entries(room, 0, 100_000));
      must(
        JSON.stringify(own) === JSON.stringify(entries.slice(record!.from)),
        () => `${name} has another log of ${room}: ${own.length} of ${entries.length} from ${record!.from}`,
      );
      must(
        JSON.stringify(record!.state) === JSON.stringify(kind.fold(kind.initial, entries)),
        () => `${name} reduced ${room} otherwise`,
      );
      continue;
    }
    if (clocks.size === 0) continue;
    const { updates } = await world.done(storage.texts.read(room));
    const doc = docOf(updates);
    must(equalBytes(world.relay.text(room), Y.encodeStateAsUpdate(doc)), () =>
      differs(name, docOf(rows), doc),
    );
  }
}
