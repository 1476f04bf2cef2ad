/** The load, in a process of its own: takes one job as JSON in its argument, prints one line of JSON. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import * as Y from 'yjs';
import { percentile } from '../measure.ts';
import { Client, readOnce } from './client.ts';
import { device, hocuspocus, passedOn, yWebsocket, type Dialect, type Told } from './dialects.ts';
import type { Fan, FanResult, Job, LoadedServer } from './jobs.ts';
import { endsOf, typedLetter } from './typed.ts';
import { clientFrame } from './wire.ts';

function dialectOf({ speaks, token, prefix }: LoadedServer): Dialect {
  switch (speaks) {
    case 'device':
      return device(token);
    case 'hocuspocus':
      return hocuspocus();
    case 'passed-on':
      return passedOn();
    case 'y-websocket':
      return yWebsocket((room) => `${prefix}${room}${token === '' ? '' : `?token=${token}`}`);
  }
}

/** Seconds of processor time a process has used, of its own and of the system for it. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
  // User and system time in ticks of a hundredth second, the 14th and 15th field; the first two are cut off.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const chunkSize = 512;

/** Letters of one writer as frames, made before the time is taken. */
class Letters {
  readonly #frameOf: (clock: number) => Uint8Array;
  readonly #chunks: { readonly from: number; readonly frames: Buffer; readonly ends: Uint32Array }[] = [];
  #made = 0;

  constructor(frameOf: (clock: number) => Uint8Array, count: number) {
    this.#frameOf = frameOf;
    while (this.#made < count) this.#more();
  }

  #more(): void {
    const size = chunkSize;
    const ends = new Uint32Array(size + 1);
    const frames: Uint8Array[] = [];
    for (let i = 0; i < size; i++) {
      const frame = this.#frameOf(this.#made + i);
      frames.push(frame);
      ends[i + 1] = ends[i]! + frame.length;
    }
    this.#chunks.push({ from: this.#made, frames: Buffer.concat(frames), ends });
    this.#made += size;
  }

  /** Sends the letters from one clock to before another. */
  send(client: Client, from: number, to: number): void {
    while (this.#made < to) this.#more();
    for (let clock = from; clock < to;) {
      const chunk = this.#chunks[Math.floor(clock / chunkSize)]!;
      const end = Math.min(to, chunk.from + chunkSize);
      const bytes = chunk.frames.subarray(chunk.ends[clock - chunk.from], chunk.ends[end - chunk.from]);
      client.wire.sendFramed(bytes);
      clock = end;
    }
  }
}

interface Writer {
  readonly client: Client;
  readonly letters: Letters;
  readonly readers: number;
  sent: number;
  /** Letters all readers of the room have, added up. */
  delivered: number;
  /** When letter n was sent, of `performance.now`. */
  readonly sentAt: number[];
}

/** Letters made ahead at saturation, of all writers. */
const madeAhead = 250_000;
/** Seconds beyond the measured ones for which letters are made ahead at a rate. */
const spare = 1;

async function fan(server: LoadedServer, job: Fan): Promise<FanResult> {
  const dialect = dialectOf(server);
  const writers: Writer[] = [];
  const numbers = new Map<number, number>();
  const latencies: number[] = [];
  let measuring = false;
  let delivered = 0;
  let onDelivery = (): void => {};

  /** Writer, clock after its last letter, writer, … of what a message brought. */
  const decoded = new WeakMap<Told, number[]>();
  const endsIn = (told: Told): number[] => {
    let ends = decoded.get(told);
    if (ends) return ends;
    ends = told.updates.flatMap(endsOf);
    for (let i = 0; i < ends.length; i += 2) ends[i] = numbers.get(ends[i]!)!;
    decoded.set(told, ends);
    return ends;
  };

  /** Counts what one reader is told. */
  const readerOf = (client: Client): void => {
    const had = new Float64Array(writers.length);
    client.onTold = (told) => {
      if (told.updates.length === 0) return;
      const ends = endsIn(told);
      const now = measuring && job.rate !== null ? performance.now() : 0;
      for (let i = 0; i < ends.length; i += 2) {
        const n = ends[i]!;
        const writer = writers[n]!;
        const before = had[n]!;
        const end = ends[i + 1]!;
        if (end <= before || writer.client === client) continue;
        had[n] = end;
        writer.delivered += end - before;
        delivered += end - before;
        if (now > 0)
          for (let clock = before; clock < end; clock++) latencies.push(now - writer.sentAt[clock]!);
      }
      onDelivery();
    };
  };

  const clients: Client[] = [];
  for (let room = 0; room < job.rooms; room++) {
    const reader = readOnce(dialect.read);
    for (let i = 0; i < job.perRoom; i += 25) {
      const some = Array.from({ length: Math.min(25, job.perRoom - i) }, () =>
        Client.open(server.port, dialect, `${server.room}${room}`, { read: reader() }),
      );
      clients.push(...(await Promise.all(some)));
    }
  }
  const count = job.rooms * job.writersPerRoom;
  const ahead = job.rate === null ? madeAhead : job.rate * (job.warm + job.seconds + spare);
  for (const [n, client] of clients.entries()) {
    if (n % job.perRoom >= job.writersPerRoom) continue;
    const id = await client.clientId(1_000_000 + n);
    const frameOf = (clock: number): Uint8Array =>
      clientFrame(dialect.update(client.room, clock, typedLetter(id, clock)));
    numbers.set(id, writers.length);
    writers.push({
      client,
      letters: new Letters(frameOf, ahead / count),
      readers: job.perRoom - 1,
      sent: 0,
      delivered: 0,
      sentAt: [],
    });
  }
  for (const client of clients) readerOf(client);

  const type = (writer: Writer, more: number): void => {
    if (more <= 0) return;
    const from = writer.sent;
    writer.sent += more;
    if (job.rate !== null)
      for (let clock = from; clock < writer.sent; clock++) writer.sentAt[clock] = performance.now();
    writer.letters.send(writer.client, from, writer.sent);
  };

  let stopped = false;
  let due = false;
  const begun = performance.now();
  /** Every writer has so many of its letters on their way, or types at its rate. */
  const keepTyping = (): void => {
    due = false;
    if (stopped) return;
    if (job.rate === null) {
      for (const writer of writers)
        type(writer, job.window - (writer.sent - Math.floor(writer.delivered / writer.readers)));
      return;
    }
    const each = job.rate / count / 1_000;
    const passed = performance.now() - begun;
    // Spread: the writers do not type in the same moment.
    for (const [n, writer] of writers.entries())
      type(writer, Math.floor(passed * each + n / count) - writer.sent);
    setTimeout(keepTyping, 1);
  };
  keepTyping();
  if (job.rate === null)
    onDelivery = () => {
      if (due) return;
      due = true;
      setImmediate(keepTyping);
    };

  await delay(job.warm * 1_000);
  measuring = true;
  const before = { at: performance.now(), delivered, server: cpuOf(server.pid), own: process.cpuUsage() };
  await delay(job.seconds * 1_000);
  const seconds = (performance.now() - before.at) / 1_000;
  const own = process.cpuUsage(before.own);
  const counted = delivered - before.delivered;
  const cpu = cpuOf(server.pid) - before.server;
  measuring = false;
  stopped = true;
  const sent = (): number => writers.reduce((sum, writer) => sum + writer.sent * writer.readers, 0);
  for (const deadline = performance.now() + 20_000; delivered < sent(); await delay(20))
    if (performance.now() > deadline) throw new Error(`only ${delivered} of ${sent()} deliveries arrived`);
  const dead = clients.find((client) => client.wire.ended !== null);
  if (dead) throw new Error(`a connection ended: ${dead.wire.ended}`);
  return {
    deliveries: counted / seconds,
    serverCpu: (cpu / counted) * 100_000,
    serverLoad: cpu / seconds,
    loadLoad: (own.user + own.system) / 1e6 / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  };
}

async function acknowledge(server: LoadedServer, rate: number, seconds: number): Promise<number[]> {
  const dialect = dialectOf(server);
  const client = await Client.open(server.port, dialect, `${server.room}acknowledged`);
  const id = await client.clientId(1_000_000);
  const sentAt: number[] = [];
  const latencies: number[] = [];
  let acked = 0;
  client.onTold = (told) => {
    for (const request of told.acked ?? []) {
      latencies.push(performance.now() - sentAt[request === 'next' ? acked : request]!);
      acked++;
    }
  };
  const warm = rate;
  const begun = performance.now();
  for (let next = 0; next < rate * seconds + warm;) {
    for (; next < ((performance.now() - begun) / 1_000) * rate; next++) {
      sentAt.push(performance.now());
      client.wire.send([dialect.update(client.room, next, typedLetter(id, next))]);
    }
    await delay(1);
  }
  for (const deadline = performance.now() + 10_000; acked < sentAt.length; await delay(5))
    if (performance.now() > deadline) throw new Error(`${sentAt.length - acked} updates were not answered`);
  return latencies.slice(warm);
}

const word = 'word ';

/** Writes a document from top to bottom with every tenth insertion somewhere in it; the size of the whole. */
async function writeLarge(server: LoadedServer, updates: number, inserts: number): Promise<number> {
  const dialect = dialectOf(server);
  const client = await Client.open(server.port, dialect, `${server.room}large`);
  const doc = new Y.Doc();
  doc.clientID = await client.clientId(1_000_000);
  const text = doc.getText('t');
  for (let request = 1; request <= updates; request++) {
    const before = Y.encodeStateVector(doc);
    doc.transact(() => {
      for (let i = 0; i < inserts; i++) {
        const end = text.length;
        text.insert(i % 10 === 0 ? (i * 7919 + request * 31) % (end + 1) : end, word);
      }
    });
    client.wire.send([dialect.update(client.room, request, Y.encodeStateAsUpdate(doc, before))]);
    if (request % 20 === 0) await client.settled();
  }
  await client.settled();
  client.wire.close();
  return Y.encodeStateAsUpdate(doc).length;
}

/** Milliseconds from connecting to a Y.Doc that has all of the large document. */
async function openLarge(server: LoadedServer, inserts: number): Promise<number> {
  const doc = new Y.Doc();
  const begun = performance.now();
  // Some servers answer before they have read the document, and send it afterwards.
  const client = await Client.open(server.port, dialectOf(server), `${server.room}large`, {
    isAll(updates) {
      for (const update of updates) Y.applyUpdate(doc, update);
      return doc.getText('t').length === inserts * word.length;
    },
  });
  const took = performance.now() - begun;
  client.wire.close();
  return took;
}

/** Each of so many documents is opened, written once and closed, a few at a time. */
async function writeDocuments(server: LoadedServer, count: number, letters: number): Promise<void> {
  const dialect = dialectOf(server);
  const doc = new Y.Doc();
  doc.clientID = 1_000_000;
  doc.getText('t').insert(0, 'x'.repeat(letters));
  const bytes = Y.encodeStateAsUpdate(doc);
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const room = `${server.room}${next++}`;
      const client = await Client.open(server.port, dialect, room);
      client.wire.send([dialect.update(room, 0, bytes)]);
      await client.settled();
      client.wire.close();
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
}

/** Milliseconds until all of so many rooms have arrived: over as few sockets as the protocol knows. */
async function catchUp(server: LoadedServer, count: number): Promise<number> {
  const dialect = dialectOf(server);
  const rooms = Array.from({ length: count }, (_, i) => `${server.room}${i}`);
  const begun = performance.now();
  if (dialect.askMany) {
    const atOnce = server.speaks === 'device' ? 200 : 50;
    const client = await Client.open(server.port, dialect, `${server.room}0`);
    for (let got = 1; got < count;) {
      const answered = await client.many(rooms.slice(got, got + atOnce));
      if (answered === 0) throw new Error('the server answered with nothing');
      got += answered;
    }
    client.wire.close();
  } else {
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < count) {
        const client = await Client.open(server.port, dialect, rooms[next++]!, {
          isAll: (updates) => updates.some(({ length }) => length > 2),
        });
        client.wire.close();
      }
    };
    // As many as a browser opens to one host.
    await Promise.all(Array.from({ length: 6 }, one));
  }
  return performance.now() - begun;
}

/** Opens sockets and keeps them until this process is told to end. */
async function idle(server: LoadedServer, count: number, rooms: number): Promise<void> {
  const dialect = dialectOf(server);
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) await Client.open(server.port, dialect, `${server.room}${next++ % rooms}`);
  };
  await Promise.all(Array.from({ length: 20 }, one));
}

async function run({ server, task }: Job): Promise<unknown> {
  switch (task.do) {
    case 'fan':
      return fan(server, task);
    case 'acknowledge':
      return acknowledge(server, task.rate, task.seconds);
    case 'write-large':
      return writeLarge(server, task.updates, task.inserts);
    case 'open-large':
      return openLarge(server, task.inserts);
    case 'write-documents':
      return writeDocuments(server, task.count, task.letters);
    case 'catch-up':
      return catchUp(server, task.count);
    case 'idle':
      return idle(server, task.count, task.rooms);
  }
}

const job = JSON.parse(process.argv[2]!) as Job;
const result = await run(job);
process.stdout.write(`${JSON.stringify(result ?? null)}\n`);
if (job.task.do !== 'idle') process.exit(0);
