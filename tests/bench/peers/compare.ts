import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { median, percentile, type Figure, type Target } from '../measure.ts';
import type { Fan, FanResult } from './jobs.ts';
import { hold, load, servers, type Running, type Server } from './servers.ts';

/** How long and how often; medians of the rounds are told. */
export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
}

type Name = keyof typeof servers;

/** One after the other, round after round, so that what else the machine does falls on all of them. */
async function alternating<Result>(
  names: readonly Name[],
  rounds: number,
  measure: (running: Running, server: Server) => Promise<Result>,
): Promise<Map<Name, Result[]>> {
  const results = new Map<Name, Result[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const name of names) {
      const server: Server = servers[name];
      const running = await server.start();
      try {
        results.get(name)!.push(await measure(running, server));
      } finally {
        await running.stop();
      }
    }
  return results;
}

const medianOf = <Result>(results: readonly Result[], of: (result: Result) => number): number =>
  median(results.map(of));

/** A line for each server, and how it stands to ours. */
function lines<Result>(
  what: string,
  unit: string,
  results: ReadonlyMap<Name, readonly Result[]>,
  of: (result: Result) => number,
  how: (name: Name, all: readonly Result[]) => string = (name) => servers[name].what,
): Figure[] {
  const ours = medianOf(results.get('plain') ?? [], of);
  return [...results].map(([name, all]) => {
    const value = medianOf(all, of);
    const ratio = name === 'plain' || !(ours > 0) ? '' : `; weft is ${(ours / value).toFixed(2)} × this`;
    return { name: `${what}: ${servers[name].name}`, value, unit, how: `${how(name, all)}${ratio}` };
  });
}

interface Shape {
  readonly name: string;
  readonly rooms: number;
  readonly perRoom: number;
  /** Least ratio to `@y/websocket-server`. */
  readonly timesMemory: number;
}

/** Everybody in a room types. */
const shapes: readonly Shape[] = [
  { name: '1 room of 50', rooms: 1, perRoom: 50, timesMemory: 4 },
  { name: '1 room of 200', rooms: 1, perRoom: 200, timesMemory: 6 },
  { name: '20 rooms of 10', rooms: 20, perRoom: 10, timesMemory: 1.5 },
];

/**
 * Letters that each has on their way at saturation. More makes every server faster that packs what a turn brought, and
 * is nobody's typing; fewer, and the servers wait for the load.
 */
const onTheirWay = 2;

const fanTask = ({ rooms, perRoom }: Shape, rate: number | null, seconds: number): Fan => ({
  do: 'fan',
  rooms,
  perRoom,
  writersPerRoom: perRoom,
  window: onTheirWay,
  rate,
  warm: 1.5,
  seconds,
});

const loads = (_name: Name, all: readonly FanResult[]): string =>
  `processors in use: server ${medianOf(all, (each) => each.serverLoad).toFixed(2)}, load ` +
  medianOf(all, (each) => each.loadLoad).toFixed(2);

export async function fanOut({ rounds, seconds }: Effort): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const shape of shapes) {
    const { name, rooms, timesMemory } = shape;
    // Every device is sent all rooms of its workspace: many rooms on own sockets would be another measurement.
    const names: Name[] = ['plain', 'yMemory', 'yLevel', 'hocuspocus', 'bare', 'shared'];
    if (rooms === 1) names.splice(1, 0, 'device');
    const results = await alternating(names, rounds, (running) =>
      load<FanResult>(running, fanTask(shape, null, seconds)),
    );
    const rate = (of: Name): number => medianOf(results.get(of)!, (each) => each.deliveries);
    const what = `fan-out, ${name}`;
    figures.push(...lines(what, 'deliveries/s', results, (each) => each.deliveries, loads));
    figures.push(...lines(`${what}, CPU`, 's/100,000', results, (each) => each.serverCpu));
    figures.push(
      atLeast(`${what}: weft to @hocuspocus/server with SQLite`, rate('plain') / rate('hocuspocus'), 1),
      atLeast(`${what}: weft to @y/websocket-server`, rate('plain') / rate('yMemory'), timesMemory),
    );
  }
  return figures;
}

/** About half of what the slowest server carries in a room of 50. */
const moderate = 1_000;

export async function latency({ rounds, seconds }: Effort): Promise<Figure[]> {
  const figures: Figure[] = [];
  const [shape] = shapes;
  for (const rate of [100, moderate]) {
    const results = await alternating(
      ['plain', 'device', 'yMemory', 'yLevel', 'hocuspocus', 'bare', 'shared'],
      rounds,
      (running) => load<FanResult>(running, fanTask(shape!, rate, seconds)),
    );
    const what = `${rate} updates/s in a room of 50`;
    figures.push(...lines(`${what}, p50`, 'ms', results, (each) => each.p50, loads));
    figures.push(...lines(`${what}, p99`, 'ms', results, (each) => each.p99));
    if (rate !== moderate) continue;
    const p99 = (of: Name): number => medianOf(results.get(of)!, (each) => each.p99);
    for (const of of ['yMemory', 'hocuspocus'] as const)
      figures.push(atMost(`${what}, p99: weft to ${servers[of].name}`, p99('plain') / p99(of), 1));
  }
  return figures;
}

export async function acknowledged({ rounds, seconds }: Effort): Promise<Figure[]> {
  const results = await alternating(['device', 'hocuspocus'], rounds, (running) =>
    load<number[]>(running, { do: 'acknowledge', rate: 200, seconds }),
  );
  const how = (name: Name): string => (name === 'device' ? 'durable, by its own socket' : 'from memory');
  const figures = [0.5, 0.99].flatMap((share) =>
    lines(`acknowledged at 200/s, p${share * 100}`, 'ms', results, (all) => percentile(all, share), how),
  );
  const p99 = medianOf(results.get('device')!, (all) => percentile(all, 0.99));
  return [...figures, atMost('durable acknowledgement at 200/s, p99', p99, 25, 'ms')];
}

export async function coldOpen({ rounds }: Effort): Promise<Figure[]> {
  const [updates, inserts] = [200, 500];
  let size = 0;
  const results = await alternating(['plain', 'device', 'yLevel', 'hocuspocus'], rounds, async (running) => {
    size = await load<number>(running, { do: 'write-large', updates, inserts });
    // Servers that store seconds later get the time to.
    await delay(3_000);
    const again = await running.restart();
    try {
      return await load<number>(again, { do: 'open-large', inserts: updates * inserts });
    } finally {
      await again.stop();
    }
  });
  const how = `${updates * inserts} inserts, ${(size / 1e6).toFixed(1)} MB, just started, to the last byte`;
  return lines(
    'cold open',
    'ms',
    results,
    (took) => took,
    () => how,
  );
}

export async function catchUp({ rounds }: Effort): Promise<Figure[]> {
  const count = 500;
  const results = await alternating(
    ['plain', 'device', 'yMemory', 'yLevel', 'hocuspocus'],
    rounds,
    async (running, server) => {
      // Everybody writes by a socket for each document; devices have no claim on ids they drew themselves.
      const writer: Running = running.speaks === 'device' ? { ...running, speaks: 'y-websocket' } : running;
      await load(writer, { do: 'write-documents', count, letters: 200 });
      if (!server.keeps) return load<number>(running, { do: 'catch-up', count });
      await delay(3_000);
      const again = await running.restart();
      try {
        return await load<number>(again, { do: 'catch-up', count });
      } finally {
        await again.stop();
      }
    },
  );
  const how = (name: Name): string => {
    const { keeps } = servers[name];
    const over = name === 'device' || name === 'hocuspocus' ? 'one socket' : 'a socket each, six at a time';
    return `${over}, ${keeps ? 'just started' : 'from memory'}`;
  };
  return lines('catch up 500 rooms', 'ms', results, (took) => took, how);
}

const residentOf = ({ pid }: Running): number =>
  (Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4_096) / 1e6;

/** What a process holds when nothing has happened for a while. */
async function settledMemory(running: Running): Promise<number> {
  let last = Infinity;
  for (let quiet = 0, waited = 0; quiet < 3 && waited < 30; waited++) {
    await delay(1_000);
    const now = residentOf(running);
    quiet = now < last - 0.5 ? 0 : quiet + 1;
    last = now;
  }
  return last;
}

async function documentsAtRest(name: Name, count: number): Promise<{ used: number; restarted: number }> {
  let running = await servers[name].start();
  try {
    const empty = await settledMemory(running);
    await load(running, { do: 'write-documents', count, letters: 1_000 });
    const used = (await settledMemory(running)) - empty;
    if (!servers[name].keeps) return { used, restarted: NaN };
    await delay(3_000);
    running = await running.restart();
    return { used, restarted: (await settledMemory(running)) - empty };
  } finally {
    await running.stop();
  }
}

async function idleSockets(name: Name, count: number): Promise<number> {
  const running = await servers[name].start();
  try {
    const release = await hold(running, { do: 'idle', count, rooms: count / 10 });
    const memory = await settledMemory(running);
    await release();
    return memory;
  } finally {
    await running.stop();
  }
}

export async function memory(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const documents = 5_000;
  for (const name of ['plain', 'yMemory', 'yLevel', 'hocuspocus'] as const) {
    const { used, restarted } = await documentsAtRest(name, documents);
    const what = `${documents} documents: ${servers[name].name}`;
    figures.push({
      name: `${what}, written and closed`,
      value: used,
      unit: 'MB',
      how: 'above empty, 1 kB each',
    });
    if (servers[name].keeps)
      figures.push({
        name: `${what}, at rest`,
        value: restarted,
        unit: 'MB',
        how: 'above empty, started again',
      });
    if (name === 'plain')
      figures.push(atMost(`${documents} documents at rest, above an empty relay`, restarted, 20, 'MB'));
  }
  const sockets = 10_000;
  for (const name of ['plain', 'device', 'yMemory', 'hocuspocus'] as const) {
    const value = await idleSockets(name, sockets);
    const how = name === 'device' ? 'one for all rooms each' : 'ten to a room';
    const what = `${sockets} idle sockets: ${servers[name].name}`;
    figures.push({ name: what, value, unit: 'MB', how });
    if (name === 'plain' || name === 'device') figures.push(atMost(what, value, 400, 'MB'));
  }
  return figures;
}

const atLeast = (name: string, value: number, least: number): Figure & { target: Target } => ({
  name,
  value,
  unit: '×',
  how: `at least ${least}`,
  target: { least },
});

const atMost = (name: string, value: number, most: number, unit = '×'): Figure & { target: Target } => ({
  name,
  value,
  unit,
  how: `at most ${most} ${unit}`,
  target: { most },
});
