import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** `RELAY` names another build than `dist/relay.mjs`, for when that one is being made anew. */
const program = process.env['RELAY'] ?? fileURLToPath(new URL('../../dist/relay.mjs', import.meta.url));

/** The administrator of every relay that tests start, unless their `env` says otherwise. */
export const administrator = { email: 'admin@example.org', password: 'a correct horse, a battery' } as const;

/** A test run that breaks off must not leave relays behind. */
const children = new Set<ChildProcess>();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** Asks again until `ask` gives something other than undefined or false; fails after `within` milliseconds. */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  within = 10_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer as NonNullable<T>;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${within} ms`);
    await delay(20);
  }
}

const isHealthy = (address: string): Promise<boolean> =>
  fetch(`${address}/healthz`).then(
    (response) => response.ok,
    () => false,
  );

export interface RelayOptions {
  /** Environment beside port, host, data folder and first administrator. An undefined value takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A folder that exists already and is kept at the end; without it a fresh one, removed by `stop`. */
  readonly data?: string;
}

/** The built relay as a process of its own, so that it can be killed as a power cut would. */
export class RelayProcess {
  readonly port: number;
  readonly data: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #keepData: boolean;
  readonly #printed: Buffer[] = [];
  #child: ChildProcess | undefined;

  constructor(port: number, options: RelayOptions) {
    this.port = port;
    this.#keepData = options.data !== undefined;
    this.data = options.data ?? mkdtempSync(join(tmpdir(), 'weft-relay-'));
    this.#env = {
      ...process.env,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      WEFT_DATA: this.data,
      WEFT_ADMIN_EMAIL: administrator.email,
      WEFT_ADMIN_PASSWORD: administrator.password,
      ...options.env,
    };
  }

  /** Such as `http://127.0.0.1:23456`, without a slash at the end. */
  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Everything it printed since it was first started. */
  log(): string {
    return Buffer.concat(this.#printed).toString('utf8');
  }

  async start(): Promise<void> {
    if (!existsSync(program)) throw new Error('dist/relay.mjs is missing: run `npm run build` first');
    const child = spawn(process.execPath, [program], { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    children.add(child);
    child.once('exit', () => children.delete(child));
    child.stdout.on('data', (chunk: Buffer) => this.#printed.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => this.#printed.push(chunk));
    const ended = () => child.exitCode !== null || child.signalCode !== null;
    await until('the relay answers /healthz', () => ended() || isHealthy(this.address), 20_000).catch(
      (error: unknown) => {
        throw new Error(`It does not answer:\n${this.log().slice(-2_000)}`, { cause: error });
      },
    );
    if (ended()) throw new Error(`The relay ended with ${child.exitCode}:\n${this.log()}`);
  }

  /** SIGKILL: no farewell, nothing flushed. Resolves when the process is gone. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Resolves with the exit status when it has ended by itself; null when a signal ended it. */
  async gone(): Promise<number | null> {
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child?.exitCode ?? null;
  }

  /** On the same folder and port as before. */
  async restart(): Promise<void> {
    await this.#end('SIGTERM');
    await this.start();
  }

  /** Asks it to end and removes its folder. Gives the exit status; fails when draining takes longer than promised. */
  async stop(): Promise<number | null> {
    try {
      return await this.#end('SIGTERM');
    } finally {
      if (!this.#keepData) rmSync(this.data, { recursive: true, force: true });
    }
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const gone = once(child, 'exit');
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(patience);
    if (signal === 'SIGTERM' && child.signalCode === 'SIGKILL')
      throw new Error(`The relay did not end within 10 s of SIGTERM:\n${this.log()}`);
    return child.exitCode;
  }
}

/** A relay that answers, on a random port of this machine. */
export async function startRelay(options: RelayOptions = {}): Promise<RelayProcess> {
  const relay = new RelayProcess(await freePort(), options);
  await relay.start();
  return relay;
}
