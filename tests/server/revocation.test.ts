import { createHash } from 'node:crypto';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, type DeviceId, type RoomId } from '../../shared/base/ids.ts';
import { decodeRelayMessage, encodeClientMessage } from '../../shared/protocol/codec.ts';
import type { RelayMessage } from '../../shared/protocol/messages.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';
import { administrator } from '../support/relay-process.ts';
import { join, signIn, type SignedIn } from '../support/sign-in.ts';
import { startFromSource, type SourceRelay } from '../support/source-relay.ts';

/** Revocations of each kind; a hundred by `WEFT_REVOCATION_ROUNDS=100`. */
const rounds = Number(process.env['WEFT_REVOCATION_ROUNDS'] ?? 8);
/** Milliseconds from the 2xx to the last byte. */
const most = 1_000;

let relay: SourceRelay;
let owner: SignedIn & { readonly session: { readonly id: string } };
beforeAll(async () => {
  relay = await startFromSource();
  owner = (await signIn(relay.address)) as typeof owner;
}, 60_000);
afterAll(() => relay.stop());

const call = async (who: SignedIn, method: string, path: string, body?: unknown): Promise<Response> => {
  const answer = await fetch(relay.address + path, {
    method,
    headers: { authorization: `Bearer ${who.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
};
let n = 0;
const command = async (who: SignedIn, name: string, type: string, data: unknown): Promise<void> => {
  const commands = [{ id: newId(), n: ++n, room: name, type, data }];
  const { results } = (await (await call(who, 'POST', '/api/commands', { commands })).json()) as {
    results: { ok: boolean; code?: string }[];
  };
  if (!results[0]?.ok) throw new Error(`${type}: ${results[0]?.code}`);
};
const room = (kind: string, id: string): string => `${owner.workspace.id}/${kind}/${id}`;
const directory = (): string => room('directory', 'main');

/** A socket of somebody, with what it was told and when the last of it came. */
class Ear {
  readonly socket: WebSocket;
  readonly opened: Promise<unknown>;
  readonly ended: Promise<unknown>;
  lastAt = 0;
  /** Of `performance.now`, by room: rows and carets, not what is said of the connection. */
  readonly contentAt = new Map<string, number>();

  constructor(path: string, token: string, hear: (bytes: Buffer, ear: Ear) => void) {
    this.socket = new WebSocket(relay.address.replace('http', 'ws') + path, [`weft.token.${token}`]);
    this.opened = once(this.socket, 'open');
    this.ended = new Promise((resolve) => this.socket.on('close', resolve));
    this.opened.catch(() => {});
    // A connection that is cut is an end like another here.
    this.socket.on('error', () => {});
    this.socket.on('message', (bytes: Buffer) => {
      this.lastAt = performance.now();
      hear(bytes, this);
    });
  }
}

/** A device that says hello and then only listens, unless it is told to write. */
class Device extends Ear {
  readonly said: RelayMessage[] = [];
  #request = 0;

  constructor(token: string) {
    super('/sync', token, (bytes) => {
      const decoded = decodeRelayMessage(bytes);
      if (!decoded.ok) throw new Error(decoded.error.message);
      const message = decoded.value;
      this.said.push(message);
      if (message.type === 'rows')
        for (const row of message.rows) this.contentAt.set(row.room, performance.now());
      if (message.type === 'awareness') this.contentAt.set(message.room, performance.now());
    });
    const hello = { version: protocolVersion, schema: schemaVersion, device: newId<DeviceId>() };
    this.socket.once('open', () => this.socket.send(encodeClientMessage({ type: 'hello', hello })));
  }
  command(name: string, type: string, data: unknown): void {
    const message = { id: newId(), n: ++this.#request, room: name as RoomId, type, data };
    if (this.socket.readyState === WebSocket.OPEN)
      this.socket.send(encodeClientMessage({ type: 'command', command: message as never }));
  }
}

/** A y-websocket client of one room that writes the time into a map under its own name. */
class Plain extends Ear {
  readonly doc = new Y.Doc();
  constructor(name: string, token: string) {
    super(`/sync/${name}`, token, () => this.contentAt.set(name, performance.now()));
  }
  write(key: string): void {
    const before = Y.encodeStateVector(this.doc);
    this.doc.getMap('at').set(key, performance.now());
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint(encoder, 2);
    encoding.writeVarUint8Array(encoder, Y.encodeStateAsUpdate(this.doc, before));
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(encoding.toUint8Array(encoder));
  }
}

const until = async (what: string, met: () => boolean): Promise<void> => {
  const deadline = performance.now() + 20_000;
  while (!met()) {
    if (performance.now() > deadline) throw new Error(`not met: ${what}`);
    await delay(2);
  }
};

/** Writes to a room on and on while `work` runs, as fast as the relay and this process can bear with others. */
async function underLoad<T>(name: string, work: () => Promise<T>): Promise<T> {
  const writers = [1, 2, 3].map(() => new Plain(name, owner.token));
  await Promise.all(writers.map(({ opened }) => opened));
  const ticking = setInterval(() => {
    for (const writer of writers) for (let i = 0; i < 2; i++) writer.write('load');
  }, 5);
  try {
    return await work();
  } finally {
    clearInterval(ticking);
    for (const writer of writers) writer.socket.close();
  }
}

/** What a room's map says in the end, by key: when the last write that was taken was sent. */
async function writtenAt(name: string): Promise<Map<string, number>> {
  const answer = await call(owner, 'GET', `/api/text?room=${encodeURIComponent(name)}`);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, new Uint8Array(await answer.arrayBuffer()));
  return new Map(Object.entries(doc.getMap('at').toJSON() as Record<string, number>));
}

interface Victim {
  readonly device: Device;
  readonly plain: Plain;
}

/** Connects somebody by both protocols, lets them write and hear, takes the right away, and measures. */
async function revokeUnderLoad(
  kind: string,
  victimOf: (round: number) => Promise<{ readonly who: SignedIn; revoke(): Promise<unknown> }>,
): Promise<number> {
  const pad = room('scratch', `revoked-${kind}`);
  const late: number[] = [];
  const revokedAt = new Map<string, number>();
  await underLoad(pad, async () => {
    for (let round = 0; round < rounds; round++) {
      const { who, revoke } = await victimOf(round);
      const victim: Victim = { device: new Device(who.token), plain: new Plain(pad, who.token) };
      await Promise.all([victim.device.opened, victim.plain.opened]);
      const key = `${kind}-${round}`;
      const writing = setInterval(() => victim.plain.write(key), 1);
      await until('hears on both sockets', () =>
        [victim.device, victim.plain].every(({ contentAt }) => contentAt.has(pad)),
      );
      await revoke();
      const at = performance.now();
      revokedAt.set(key, at);
      await Promise.all([victim.device.ended, victim.plain.ended]);
      clearInterval(writing);
      late.push(...[victim.device, victim.plain].map(({ lastAt }) => Math.max(0, lastAt - at)));
    }
  });
  const taken = await writtenAt(pad);
  for (const [key, at] of revokedAt) expect([key, (taken.get(key) ?? 0) <= at]).toEqual([key, true]);
  const last = Math.max(...late);
  console.log(`${kind}: ${rounds} revocations, last byte at most ${last.toFixed(1)} ms after the answer`);
  expect(last).toBeLessThanOrEqual(most);
  return last;
}

const another = (who: { email: string; password: string }) => signIn(relay.address, who);
const nameOf = (kind: string): string => `${kind}-${newId().slice(0, 8)}`;
const personOf = (name: string) => ({
  email: `${name.toLowerCase()}@example.org`,
  password: `the password of ${name}`,
});

describe('within a second of the answer nothing arrives and nothing is written', { timeout: 300_000 }, () => {
  test('when a member is removed', async () => {
    await revokeUnderLoad('removed', async () => {
      const [who] = await join(relay.address, owner, [nameOf('removed')]);
      return {
        who: who!,
        revoke: () => command(owner, directory(), 'member.remove', { member: who!.member.id }),
      };
    });
  });

  test('when a session, or the device of somebody else of the same person, is ended', async () => {
    const name = nameOf('session');
    await join(relay.address, owner, [name]);
    const home = await another(personOf(name));
    await revokeUnderLoad('session', async () => {
      const who = (await another(personOf(name))) as typeof owner;
      return { who, revoke: () => call(home, 'DELETE', `/api/sessions/${who.session.id}`) };
    });
  });

  test('when somebody signs out, here or everywhere', async () => {
    const name = nameOf('out');
    await join(relay.address, owner, [name]);
    await revokeUnderLoad('signed-out', async (round) => {
      const who = await another(personOf(name));
      const path = round % 2 === 0 ? '/api/sign-out' : '/api/sign-out-everywhere';
      return { who, revoke: () => call(who, 'POST', path) };
    });
  });

  test('when the password is changed on another device', async () => {
    const name = nameOf('password');
    await join(relay.address, owner, [name]);
    const person = personOf(name);
    const home = await another(person);
    await revokeUnderLoad('password', async () => {
      const who = await another(person);
      const next = `${name} says ${newId()}`;
      const revoke = async (): Promise<void> => {
        await call(home, 'POST', '/api/password', { current: person.password, next });
        person.password = next;
      };
      return { who, revoke };
    });
  });

  test('when somebody is taken out of a conversation', async () => {
    const [eve] = await join(relay.address, owner, [nameOf('talk')]);
    // A device of its own: commands of one device are numbered.
    const writer = new Device((await another(administrator)).token);
    const ear = new Device(eve!.token);
    await Promise.all([writer.opened, ear.opened]);
    const late: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const chat = room('chat', newId());
      await command(owner, chat, 'chat.create', { type: 'group', title: '', members: [eve!.member.id] });
      const plain = new Plain(chat, eve!.token);
      await plain.opened;
      const talking = setInterval(
        () => writer.command(chat, 'chat.send', { text: 'what only members hear' }),
        2,
      );
      const arguing = setInterval(() => ear.command(chat, 'chat.send', { text: 'from eve' }), 2);
      await until('hears', () => ear.contentAt.has(chat) && plain.contentAt.has(chat));
      await command(owner, chat, 'chat.removeMember', { member: eve!.member.id });
      const at = performance.now();
      await plain.ended;
      await delay(50);
      clearInterval(arguing);
      clearInterval(talking);
      late.push(...[ear, plain].map((each) => Math.max(0, (each.contentAt.get(chat) ?? 0) - at)));
      const log = await call(owner, 'GET', `/api/log?room=${encodeURIComponent(chat)}&limit=1000`);
      const { entries } = (await log.json()) as { entries: { type: string; by: string }[] };
      const removed = entries.findIndex(({ type }) => type === 'chat.removeMember');
      expect(removed).toBeGreaterThan(0);
      expect(entries.slice(removed + 1).some(({ by }) => by === eve!.member.id)).toBe(false);
      expect(entries.length).toBeGreaterThan(removed + 1);
    }
    const last = Math.max(...late);
    console.log(
      `conversation: ${rounds} revocations, last byte at most ${last.toFixed(1)} ms after the answer`,
    );
    expect(last).toBeLessThanOrEqual(most);
    writer.socket.close();
    ear.socket.close();
  });

  test('when a role is lowered', async () => {
    const [mei] = await join(relay.address, owner, [nameOf('role')]);
    const device = new Device(mei!.token);
    await device.opened;
    let name = 0;
    const renaming = setInterval(
      () => device.command(directory(), 'workspace.rename', { name: `w${++name}` }),
      2,
    );
    const setRole = (role: string) =>
      command(owner, directory(), 'member.role', { member: mei!.member.id, role });
    const results = (): number => device.said.filter(({ type }) => type === 'result').length;
    const accepted = (): number =>
      device.said.filter((message) => message.type === 'result' && message.result.ok).length;
    for (let round = 0; round < rounds; round++) {
      const before = accepted();
      await setRole('admin');
      await until('renames', () => accepted() > before);
      await setRole('member');
      const then = results();
      await until('is answered', () => results() > then + 2);
    }
    clearInterval(renaming);
    device.socket.close();
    const entries: { type: string; by: string; data: { role?: string } }[] = [];
    for (let from = 0; ; from = entries.length) {
      const answer = await call(
        owner,
        'GET',
        `/api/log?room=${encodeURIComponent(directory())}&from=${from}&limit=1000`,
      );
      const page = ((await answer.json()) as { entries: typeof entries }).entries;
      if (page.length === 0) break;
      entries.push(...page);
    }
    let isAdmin = false;
    let renamed = 0;
    for (const { type, by, data } of entries) {
      if (type === 'member.role') isAdmin = data.role === 'admin';
      if (type !== 'workspace.rename' || by !== mei!.member.id) continue;
      renamed++;
      expect(isAdmin).toBe(true);
    }
    expect(renamed).toBeGreaterThanOrEqual(rounds);
  });

  test('when a document is deleted', async () => {
    const late: number[] = [];
    const ear = new Device(owner.token);
    await ear.opened;
    for (let round = 0; round < rounds; round++) {
      const id = newId();
      await command(owner, room('doc', `${id}:about`), 'doc.create', { title: 'A doc' });
      const text = room('doc', id);
      const writer = new Plain(text, owner.token);
      await writer.opened;
      const fragment = writer.doc.getXmlFragment('content');
      const type = (): void => {
        const before = Y.encodeStateVector(writer.doc);
        const line = new Y.XmlElement('paragraph');
        line.insert(0, [new Y.XmlText('a line')]);
        fragment.push([line]);
        const encoder = encoding.createEncoder();
        encoding.writeVarUint(encoder, 0);
        encoding.writeVarUint(encoder, 2);
        encoding.writeVarUint8Array(encoder, Y.encodeStateAsUpdate(writer.doc, before));
        if (writer.socket.readyState === WebSocket.OPEN) writer.socket.send(encoding.toUint8Array(encoder));
      };
      const typing = setInterval(type, 2);
      await until('is written', () => ear.contentAt.has(text));
      await command(owner, room('doc', `${id}:about`), 'doc.delete', {});
      const at = performance.now();
      await delay(30);
      clearInterval(typing);
      writer.socket.close();
      late.push(Math.max(0, (ear.contentAt.get(text) ?? 0) - at));
      const rows = ear.said.flatMap((message) => (message.type === 'rows' ? message.rows : []));
      const deleted = rows.findLast((row) => row.room === room('doc', `${id}:about`))!.cursor;
      expect(rows.some((row) => row.room === text && row.cursor > deleted)).toBe(false);
    }
    const last = Math.max(...late);
    console.log(`document: ${rounds} deletions, last byte at most ${last.toFixed(1)} ms after the answer`);
    expect(last).toBeLessThanOrEqual(most);
    ear.socket.close();
  });
});

describe('what comes back or is on its way', { timeout: 60_000 }, () => {
  test('work from offline of somebody removed, lowered or taken out is refused with a code', async () => {
    const [ida] = await join(relay.address, owner, [nameOf('offline')]);
    const chat = room('chat', newId());
    await command(owner, chat, 'chat.create', { type: 'group', title: '', members: [ida!.member.id] });
    await command(owner, directory(), 'member.role', { member: ida!.member.id, role: 'admin' });
    // Offline from here on, and lowered and taken out meanwhile.
    await command(owner, directory(), 'member.role', { member: ida!.member.id, role: 'member' });
    await command(owner, chat, 'chat.removeMember', { member: ida!.member.id });
    const back = new Device(ida!.token);
    await back.opened;
    back.command(chat, 'chat.send', { text: 'written on a train' });
    back.command(directory(), 'workspace.rename', { name: 'Mine' });
    const results = () => back.said.flatMap((message) => (message.type === 'result' ? [message.result] : []));
    await until('both are answered', () => results().length === 2);
    expect(results().map((result) => !result.ok && result.code)).toEqual(['forbidden', 'forbidden']);
    await command(owner, directory(), 'member.remove', { member: ida!.member.id });
    await back.ended;
    const gone = new Device(ida!.token);
    await expect(gone.opened).rejects.toThrow('401');
    await gone.ended;
  });

  test('a picture that is on its way stops, both up and down', async () => {
    const name = nameOf('picture');
    await join(relay.address, owner, [name]);
    const bytes = Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      Buffer.alloc(24 * 1024 * 1024, 7),
    ]);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const address = `/api/blob?room=${encodeURIComponent(room('scratch', 'pictures'))}&hash=${hash}`;
    const put = (who: SignedIn, body: BodyInit) =>
      fetch(relay.address + address, {
        method: 'PUT',
        headers: { authorization: `Bearer ${who.token}` },
        body,
        duplex: 'half',
      } as RequestInit);
    expect((await put(owner, bytes)).status).toBe(204);

    const reader = await another(personOf(name));
    const request = httpGet(relay.address + address, {
      headers: { authorization: `Bearer ${reader.token}` },
    });
    request.on('error', () => {});
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    let received = 0;
    answer.once('data', (chunk: Buffer) => {
      received += chunk.length;
      answer.pause();
    });
    await until('has begun', () => received > 0);
    await call(reader, 'POST', '/api/sign-out');
    // The relay asks four times a second, when it has something to send.
    await delay(300);
    const over = new Promise<void>((resolve) => answer.on('close', resolve).on('error', () => resolve()));
    answer.on('data', (chunk: Buffer) => void (received += chunk.length));
    answer.resume();
    await over;
    expect(received).toBeLessThan(bytes.length);

    const writer = await another(personOf(name));
    let goOn: () => void = () => {};
    const ended = new Promise<void>((resolve) => (goOn = resolve));
    const half = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(bytes.subarray(0, 100_000));
        await ended;
        controller.enqueue(bytes.subarray(100_000));
        controller.close();
      },
    });
    const other = room('scratch', 'other-pictures');
    const uploading = fetch(`${relay.address}/api/blob?room=${encodeURIComponent(other)}&hash=${hash}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${writer.token}` },
      body: half,
      duplex: 'half',
    } as RequestInit);
    await delay(100);
    await call(writer, 'POST', '/api/sign-out');
    goOn();
    const refused = await uploading;
    expect(refused.status).toBe(401);
    const left = await fetch(`${relay.address}/api/blob?room=${encodeURIComponent(other)}&hash=${hash}`, {
      headers: { authorization: `Bearer ${owner.token}` },
    });
    expect(left.status).toBe(404);
  });
});
