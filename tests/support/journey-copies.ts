import { isDeepStrictEqual } from 'node:util';
import type { Page } from 'playwright-core';
import * as Y from 'yjs';
import type { LogEntry } from '../../shared/access/kind.ts';
import { findRoom } from '../../shared/documents/registry.ts';
import { until } from './relay-process.ts';

/** Everything of the shared rooms that somebody holds: logs as their entries, texts as the bytes of one Yjs update. */
export interface Copy {
  readonly logs: Readonly<Record<string, readonly unknown[]>>;
  readonly texts: Readonly<Record<string, string>>;
  /** Logs whose beginning was left with the relay: how many entries there are, and what they come to. */
  readonly states: Readonly<Record<string, LogState>>;
}

interface LogState {
  readonly head: number;
  readonly state: unknown;
}

interface Held {
  readonly logs: Record<string, unknown[]>;
  readonly states: Record<string, LogState>;
  /** Base64 of each stored piece. */
  readonly texts: Record<string, string[]>;
}

/** One update as a fresh document writes it: whoever holds the same structs has the same bytes. */
function asOneUpdate(pieces: readonly Uint8Array[]): string {
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const piece of pieces) Y.applyUpdate(doc, piece);
  });
  if (doc.store.pendingStructs ?? doc.store.pendingDs) throw new Error('pieces of a text are missing');
  const bytes = Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64');
  doc.destroy();
  return bytes;
}

/** What is in the database of this browser, read past the program. */
export async function copyOfDevice(page: Page): Promise<Copy> {
  const held = await page.evaluate(async (): Promise<Held> => {
    const ended = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('the database failed'));
      });
    const base64 = (bytes: Uint8Array): string =>
      btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    const names = (await indexedDB.databases()).flatMap(({ name }) =>
      // Beside it is the index of the search.
      name?.startsWith('weft:') && !name.endsWith(':search') ? name : [],
    );
    if (names.length !== 1) throw new Error(`this device has ${names.length} databases`);
    const db = await ended(indexedDB.open(names[0]!));
    try {
      const tx = db.transaction(['rooms', 'entries', 'snapshots', 'updates']);
      const entries = tx.objectStore('entries');
      const [records, keys, values, snapshots, updates] = await Promise.all([
        ended(tx.objectStore('rooms').getAll()),
        ended(entries.getAllKeys()),
        ended(entries.getAll()),
        ended(tx.objectStore('snapshots').getAll()),
        ended(tx.objectStore('updates').getAll()),
      ]);
      const held: Held = { logs: {}, states: {}, texts: {} };
      keys.forEach((key, i) => (held.logs[(key as [string, number])[0]] ??= []).push(values[i]));
      for (const { room, from, head, state } of records as {
        room: string;
        from: number;
        head: number;
        state: unknown;
      }[])
        if (from > 0) held.states[room] = { head, state };
      for (const { room, bytes } of [...snapshots, ...updates] as { room: string; bytes: Uint8Array }[])
        (held.texts[room] ??= []).push(base64(bytes));
      return held;
    } finally {
      db.close();
    }
  });
  const texts = Object.entries(held.texts).map(
    ([room, pieces]) => [room, asOneUpdate(pieces.map((piece) => Buffer.from(piece, 'base64')))] as const,
  );
  return { logs: held.logs, texts: Object.fromEntries(texts), states: held.states };
}

/** What the relay has stored, as far as the owner of `token` may read it. */
export async function copyOfRelay(address: string, token: string): Promise<Copy> {
  const ask = async (path: string): Promise<Response> => {
    const response = await fetch(address + path, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const rooms = (await (await ask('/api/rooms')).json()) as { room: string }[];
  const logs: Record<string, unknown[]> = {};
  const texts: Record<string, string> = {};
  for (const { room } of rooms) {
    const isText = /^[^/]+\/(?:doc|scratch)\/[^:]+$/.test(room);
    const query = `room=${encodeURIComponent(room)}`;
    if (isText) {
      texts[room] = asOneUpdate([new Uint8Array(await (await ask(`/api/text?${query}`)).arrayBuffer())]);
      continue;
    }
    const entries = (logs[room] = [] as unknown[]);
    for (;;) {
      const answer = await ask(`/api/log?${query}&limit=1000&from=${entries.length}`);
      const page = (await answer.json()) as { entries: unknown[] };
      if (page.entries.length === 0) break;
      entries.push(...page.entries);
    }
  }
  return { logs, texts, states: {} };
}

/** The same of one log by whoever has all of its entries. */
function stateOf(room: string, entries: readonly unknown[]): LogState {
  const kind = findRoom(room)?.kind;
  if (kind?.class !== 'log') throw new Error(`${room} is no log`);
  return { head: entries.length, state: kind.fold(kind.initial, entries as LogEntry[]) };
}

/** What can be told of every room by all of them: its entries, or what they come to where somebody has no more. */
function comparable(copies: readonly Copy[]): Record<string, unknown>[] {
  const short = new Set(copies.flatMap(({ states }) => Object.keys(states)));
  return copies.map(({ logs, texts, states }) => {
    const told: Record<string, unknown> = { ...logs, ...texts };
    for (const room of short) {
      const state = states[room] ?? (logs[room] && stateOf(room, logs[room]));
      if (state) told[room] = state;
    }
    return told;
  });
}

/** Until all of them hold byte for byte the same; gives it. On failure it says which rooms differ. */
export async function untilEqual(copies: readonly (() => Promise<Copy>)[]): Promise<Copy> {
  let last: readonly Record<string, unknown>[] = [];
  try {
    return await until(
      'all copies are equal',
      async () => {
        const read = await Promise.all(copies.map((copy) => copy()));
        last = comparable(read);
        return last.every((told) => isDeepStrictEqual(told, last[0])) ? read[0] : undefined;
      },
      20_000,
    );
  } catch (error) {
    const rooms = new Set(last.flatMap((told) => Object.keys(told)));
    const differing = [...rooms].filter((room) =>
      last.some((told) => !isDeepStrictEqual(told[room], last[0]?.[room])),
    );
    const told = differing.map((room) => {
      const of = last.map((each) => JSON.stringify(each[room])?.slice(0, 300) ?? 'absent');
      return `${room}:\n  ${of.join('\n  ')}`;
    });
    throw new Error(`Copies differ in ${differing.length} rooms:\n${told.join('\n')}`, { cause: error });
  }
}
