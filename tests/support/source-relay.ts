import { build } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { administrator } from './relay-process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
// Inside the project, so that the program finds its libraries.
const folder = join(root, 'node_modules', '.cache', 'weft', `source-relay-${process.pid}`);
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

let built: Promise<unknown> | undefined;
const program = join(folder, 'main.mjs');
const buildOnce = (): Promise<unknown> =>
  (built ??= build({
    absWorkingDir: root,
    entryPoints: ['server/main.ts'],
    outfile: program,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  }));

/** A relay from today's source, as a process of its own on a folder of its own. */
export interface SourceRelay {
  /** Such as `http://127.0.0.1:23456`. */
  readonly address: string;
  readonly pid: number;
  /** What it printed: JSON lines. */
  lines(): string[];
  /** One figure of `/metrics`, by its name and labels as they stand there. */
  metric(name: string): Promise<number>;
  /** Resident memory in bytes. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

export async function startFromSource(env: Readonly<Record<string, string>> = {}): Promise<SourceRelay> {
  await buildOnce();
  const data = mkdtempSync(join(tmpdir(), 'weft-source-'));
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: '0',
      WEFT_DATA: data,
      WEFT_ADMIN_EMAIL: administrator.email,
      WEFT_ADMIN_PASSWORD: administrator.password,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let out = '';
  const ended = once(child, 'exit');
  const address = await new Promise<string>((ready, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const found = /"listening":"([^"]+)"/.exec(out)?.[1];
      if (found) ready(found);
    });
    child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()));
    void ended.then(() => failed(new Error(`the relay ended: ${out}`)));
  });
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${address}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    if (!line) throw new Error(`no metric ${name}`);
    return Number(line.slice(name.length + 1));
  };
  return {
    address,
    pid: child.pid!,
    lines: () => out.trim().split('\n'),
    metric,
    memory: () => metric('process_resident_memory_bytes'),
    async stop() {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await ended;
      children.delete(child);
      rmSync(data, { recursive: true, force: true });
    },
  };
}
