import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, RelayProcess, until } from '../../support/relay-process.ts';
import { signIn } from '../../support/sign-in.ts';
import type { Job, LoadedServer, Task } from './jobs.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const program = (name: string): string[] => ['--import', 'tsx', here(`processes/${name}.ts`)];

/** A server in a process of its own, on a folder of its own. */
export interface Running extends LoadedServer {
  /** Ends it and starts it again on the same data. */
  restart(): Promise<Running>;
  stop(): Promise<void>;
}

export interface Server {
  readonly name: string;
  /** What it does, for the table. */
  readonly what: string;
  /** Keeps documents over a restart. */
  readonly keeps: boolean;
  start(): Promise<Running>;
}

/** A server that does not answer must not hold up the others for ever. Milliseconds. */
const longestTask = 300_000;

const children = new Set<ChildProcess>();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

function launch(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(patience);
}

/** A foreign server: `command` is told its port and its folder. */
function peer(
  server: Omit<Server, 'start'>,
  speaks: LoadedServer['speaks'],
  args: readonly string[],
  environment: (port: number, folder: string) => NodeJS.ProcessEnv,
): Server {
  const start = async (folder: string): Promise<Running> => {
    const port = await freePort();
    const child = launch(args, { HOST: '127.0.0.1', PORT: String(port), ...environment(port, folder) });
    await until(`${server.name} listens`, () => listens(port), 20_000);
    return {
      port,
      pid: child.pid!,
      speaks,
      prefix: '/',
      token: '',
      room: 'room',
      async restart() {
        await end(child);
        return start(folder);
      },
      async stop() {
        await end(child);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  };
  return { ...server, start: () => start(mkdtempSync(join(tmpdir(), 'weft-bench-'))) };
}

/** Our relay by one of its sockets: durable and gated, as it is built. */
function weft(name: string, what: string, speaks: 'y-websocket' | 'device'): Server {
  return {
    name,
    what,
    keeps: true,
    async start() {
      const relay = new RelayProcess(await freePort(), { env: { WEFT_LOG: 'warn' } });
      await relay.start();
      const { token, workspace } = await signIn(relay.address);
      const running = (): Running => ({
        port: relay.port,
        pid: relay.pid!,
        speaks,
        prefix: '/sync/',
        token,
        room: `${workspace.id}/scratch/room`,
        async restart() {
          await relay.restart();
          return running();
        },
        stop: async () => void (await relay.stop()),
      });
      return running();
    },
  };
}

const yWebsocketServer = [here('../../../node_modules/@y/websocket-server/src/server.js')];

export const servers = {
  plain: weft('weft', 'plain socket, durable, gated', 'y-websocket'),
  device: weft('weft, own socket', 'durable, gated, every row with author and time', 'device'),
  yMemory: peer(
    { name: '@y/websocket-server', what: 'in memory', keeps: false },
    'y-websocket',
    yWebsocketServer,
    () => ({ YPERSISTENCE: undefined }),
  ),
  yLevel: peer(
    { name: '@y/websocket-server, LevelDB', what: 'y-leveldb', keeps: true },
    'y-websocket',
    yWebsocketServer,
    (_port, folder) => ({ YPERSISTENCE: folder }),
  ),
  hocuspocus: peer(
    { name: '@hocuspocus/server, SQLite', what: 'stores seconds later', keeps: true },
    'hocuspocus',
    program('hocuspocus'),
    (_port, folder) => ({ DATABASE: join(folder, 'documents.db') }),
  ),
  bare: peer(
    { name: 'bare ws', what: 'passes messages on, no documents', keeps: false },
    'passed-on',
    [...program('broadcast'), 'bare'],
    () => ({}),
  ),
  shared: peer(
    {
      name: 'shared frames',
      what: 'the same, one frame for all, one write per receiver and turn',
      keeps: false,
    },
    'passed-on',
    [...program('broadcast'), 'shared'],
    () => ({}),
  ),
} as const satisfies Record<string, Server>;

/** Runs one task against a server, the load in a process of its own; what it answers. */
export async function load<Result>(server: LoadedServer, task: Task): Promise<Result> {
  const child = startLoad({ server, task });
  const [answer] = await Promise.all([lines(child), once(child, 'exit')]);
  if (child.exitCode !== 0) throw new Error(`the load failed: ${task.do}`);
  return JSON.parse(answer) as Result;
}

/** Starts a task that holds on; `release` ends it. */
export async function hold(server: LoadedServer, task: Task): Promise<() => Promise<void>> {
  const child = startLoad({ server, task });
  await Promise.race([
    once(child.stdout!, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error(`the load failed: ${task.do}`))),
  ]);
  return () => end(child);
}

function startLoad({ server, task }: Job): ChildProcess {
  const { port, pid, speaks, prefix, token, room } = server;
  const job: Job = { server: { port, pid, speaks, prefix, token, room }, task };
  const child = spawn(process.execPath, ['--import', 'tsx', here('load.ts'), JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  const patience = setTimeout(() => child.kill('SIGKILL'), longestTask).unref();
  child.once('exit', () => {
    clearTimeout(patience);
    children.delete(child);
  });
  return child;
}

async function lines(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout!) text += String(chunk);
  return text;
}
