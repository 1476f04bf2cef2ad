import * as Y from 'yjs';
import type { CommandId, RoomId } from '../../../shared/base/ids.ts';
import type { ErrorCode } from '../../../shared/base/errors.ts';
import { equalBytes } from '../../../shared/base/bytes.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import type { OutboxRecord, OwedRow, QueuedUpdates } from '../../../client/data/storage/contract.ts';
import { decodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import { entryKey } from './entry-key.ts';
import { hasDeletions, type LostRows } from './lost.ts';
import { must } from './broken.ts';
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

/** What was written on something that a restore took, and that nobody had any more. */
const buildsOnLost: ReadonlySet<ErrorCode> = new Set(['update-missing-reference', 'update-clock-gap']);
/** The same, on what others wrote and bring back only later: the person is shown it, and may send it again. */
const buildsOnOthers: ErrorCode = 'update-missing-reference';

/** What must hold when everything that failed works again. */
export async function checkEverything(
  world: SimWorld,
  pages: Pages,
  sent: readonly Sent[],
  lost: LostRows,
): Promise<void> {
  const { oracle } = world;
  const kept = new Map<SimDevice, Kept>();
  for (const device of world.devices) kept.set(device, await keptBy(world, device));
  const { gone, excused } = checkLost(world, lost, kept);
  const touched = new Set([...lost.texts.values()].map(({ room }) => room));
  const refused = new Map<SimDevice, ReadonlySet<string>>();
  for (const [device, { outbox, queue, owed }] of kept) {
    refused.set(
      device,
      new Set([...outbox.map(({ id }) => id), ...[...queue, ...owed].map(({ room }) => room)]),
    );
    for (const { room, failure } of [...outbox, ...queue])
      must(
        failure === null ||
          honestlyRefused.has(failure.code) ||
          (gone.has(baseOf(room)) && buildsOnLost.has(failure.code)) ||
          (touched.has(room) && failure.code === buildsOnOthers),
        () => `${device.name} meant well in ${room} and was refused: ${failure?.code} ${failure?.message}`,
      );
    await checkDevice(world, device);
  }
  checkTexts(world, pages, lost, kept, excused);
  checkSent(world, sent, refused, excused);
  for (const { device, room, client, clock } of pages.promised) {
    // Two machines went on under one id: what one of them wrote is moved under another, word by word.
    if (oracle.copied.has(device.id)) continue;
    must(
      (oracle.room(room).clocks.get(client) ?? 0) >= clock ||
        refused.get(device)!.has(room) ||
        excused.has(room),
      () => `${device.name} kept ${room} up to ${clock} of ${client}, and it is nowhere`,
    );
  }
}

/** What a device has that is not, or not known to be, on the relay. */
interface Kept {
  readonly outbox: readonly OutboxRecord[];
  readonly queue: readonly QueuedUpdates[];
  readonly owed: readonly OwedRow[];
}

async function keptBy(world: SimWorld, { machine: { storage } }: SimDevice): Promise<Kept> {
  return {
    outbox: await world.done(storage.outbox.all()),
    queue: await world.done(storage.texts.queue()),
    owed: await world.done(storage.journal.owed()),
  };
}

/** Parts of a room, and what is written about it, stand or fall with it. */
const baseOf = (room: RoomId): string => room.split(':')[0]!;

interface Gone {
  /** Rooms, without their parts, of which something is lost that no living device had. */
  readonly gone: ReadonlySet<string>;
  /** What is not back: ids of commands, and rooms of which a part of the text is missing. */
  readonly excused: ReadonlySet<string>;
}

/**
 * What a restore took and a living device had is back; or it builds on what nobody had, and then the device shows it.
 */
function checkLost(world: SimWorld, lost: LostRows, kept: ReadonlyMap<SimDevice, Kept>): Gone {
  const { oracle } = world;
  const gone = new Set<string>();
  const excused = new Set<string>();
  const able = (room: RoomId, holders: ReadonlySet<SimDevice>): SimDevice[] =>
    [...holders].filter(
      ({ member }) => oracle.mayRead(member, room) || oracle.room(baseOf(room) as RoomId).rows.length === 0,
    );
  const entries = [...lost.entries].filter(([key, { room }]) => !oracle.room(room).said.has(key));
  const texts = [...lost.texts.values()].filter(
    ({ room, client, end }) => (oracle.room(room).clocks.get(client) ?? 0) < end,
  );
  for (const { room, holders } of [...entries.map(([, entry]) => entry), ...texts])
    if (able(room, holders).length === 0) gone.add(baseOf(room));
  for (const [key, { room, entry, holders }] of entries) {
    excused.add(entry.id);
    const having = able(room, holders);
    const isKey = ({ bytes }: OwedRow): boolean =>
      decodeLogRun(bytes).some((each) => entryKey(room, each) === key);
    const why = having.flatMap((device) =>
      kept
        .get(device)!
        .owed.flatMap((row) => (row.room === room && isKey(row) ? [row.failure?.code ?? null] : [])),
    );
    const buildsOnGone = gone.has(baseOf(room)) && why.some((code) => code !== 'receipt-invalid');
    // It is of another conversation than the one that has the name now.
    const isOfAnother = oracle.wasMadeAnew(room) && why.includes('already-exists');
    must(
      having.length === 0 || buildsOnGone || isOfAnother,
      () => `${entry.type} ${entry.id} of ${room} was lost, and ${namesOf(having)} had it`,
    );
  }
  for (const { room, client, end, holders } of texts) {
    excused.add(room);
    const having = able(room, holders);
    // A text that came whole has no receipts; what is sent anew may be refused like anything else.
    const isShown = having.some((device) => {
      const { queue, owed } = kept.get(device)!;
      return [...queue, ...owed].some(
        (each) => each.room === room && (each.failure || gone.has(baseOf(room))),
      );
    });
    must(
      having.length === 0 || isShown,
      () => `${room} up to ${end} of ${client} was lost, and ${namesOf(having)} had it`,
    );
  }
  return { gone, excused };
}

const namesOf = (devices: readonly SimDevice[]): string => devices.map(({ name }) => name).join(', ');

/** Each command that was kept is in its log once, or refused with a reason; what was acknowledged is there. */
function checkSent(
  world: SimWorld,
  sent: readonly Sent[],
  refused: ReadonlyMap<SimDevice, ReadonlySet<string>>,
  excused: ReadonlySet<string>,
): void {
  const { oracle } = world;
  const stored = new Map<string, number>();
  for (const { entries } of oracle.rooms.values())
    for (const { id } of entries) if (!id.startsWith('fact-')) stored.set(id, (stored.get(id) ?? 0) + 1);
  for (const [id, times] of stored) must(times === 1, () => `command ${id} is stored ${times} times`);
  for (const [id, room] of oracle.ackedCommands)
    must(stored.has(id) || excused.has(id), () => `command ${id} to ${room} was acknowledged and is gone`);
  for (const { id, device, isGone, room } of sent) {
    // How far somebody has read is nobody's words: a refusal of it is not kept for them.
    const isDone =
      stored.has(id) ||
      excused.has(id) ||
      oracle.done.has(id) ||
      refused.get(device)!.has(id) ||
      room.endsWith(':reads');
    must(isDone || isGone === true, () => `${device.name} kept command ${id} to ${room}, and it is nowhere`);
  }
}

/** Relay and every copy byte for byte, and in it everything that was acknowledged. */
function checkTexts(
  world: SimWorld,
  pages: Pages,
  lost: LostRows,
  kept: ReadonlyMap<SimDevice, Kept>,
  excused: ReadonlySet<string>,
): void {
  const { oracle } = world;
  /** A deletion has no receipt where the text came whole; sent anew it may be refused, and the device shows that. */
  const isRefusedTo = (device: SimDevice, room: RoomId): boolean => {
    const { queue, owed } = kept.get(device)!;
    return [...queue, ...owed].some((each) => each.room === room && each.failure !== null);
  };
  for (const [room, { clocks, rows }] of oracle.rooms) {
    if (clocks.size === 0) continue;
    const stored = docOf(rows);
    const relays = world.relay.text(room);
    must(
      equalBytes(relays, Y.encodeStateAsUpdate(stored)),
      () => `${room}: the relay says other than its log`,
    );
    for (const acked of oracle.acked) {
      if (acked.room !== room || excused.has(room)) continue;
      const holders = lost.deletions.get(acked)?.holders;
      must(
        holders?.size === 0 ||
          hasDeletions(stored, acked) ||
          [...(holders ?? [])].some((device) => isRefusedTo(device, room)),
        () => `${room}: an acknowledged deletion is gone`,
      );
    }
    for (const device of world.devices)
      for (const { session, doc } of pages.openTexts(device))
        if (session.room === room && session.ready && !session.locked && oracle.mayRead(device.member, room))
          must(equalBytes(relays, bytesOf(doc)), () =>
            differs(`a page of ${device.name} (${session.saved})`, stored, doc),
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
      const runs = [...(record!.kept ?? []), { from: record!.from, to: entries.length }];
      const expected = entries.filter(({ seq }) => runs.some(({ from, to }) => seq >= from && seq < to));
      must(
        JSON.stringify(own) === JSON.stringify(expected),
        () => `${name} has another log of ${room}: ${own.length} of ${entries.length} from ${record!.from}`,
      );
      for (const entry of own)
        must(oracle.mayKnow(member, room, entry), () => `${name} holds ${entry.id}, from before they came`);
      const whole = kind.fold(kind.initial, entries);
      const begin = kind.limited?.from(whole, member) ?? 0;
      const state = begin > 0 ? kind.limited!.hide(whole, begin) : whole;
      must(
        JSON.stringify(record!.state) === JSON.stringify(state),
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
