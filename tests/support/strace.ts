import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A test run that breaks off must not leave tracers behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGINT')));

/** Follows every thread of a process, and makes system calls of it fail as the disk would make them fail. */
export class Trace {
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  /** `faults` as strace takes them after `-e inject=`. Resolves when the process is being followed. */
  static async attach(pid: number, faults: readonly string[]): Promise<Trace> {
    const folder = mkdtempSync(join(tmpdir(), 'weft-trace-'));
    const injected = faults.flatMap((fault) => ['-e', `inject=${fault}`]);
    const args = ['-f', '-y', '-s', '0', '-o', join(folder, 'trace')];
    args.push('-e', 'trace=pwrite64,fsync,fdatasync', ...injected, '-p', String(pid));
    const child = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    running.add(child);
    child.once('exit', () => running.delete(child));
    let said = '';
    // Listened to until the end: it also tells of threads that begin later, and dies when nobody takes that.
    const attached = new Promise<boolean>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('attached')) resolve(true);
      });
      child.once('close', () => resolve(false));
    });
    if (!(await attached)) throw new Error(`strace: ${said || 'it is not here'}`);
    return new Trace(child, folder);
  }

  /** The calls so far, one per line. */
  lines(): string[] {
    return readFileSync(join(this.#folder, 'trace'), 'utf8').split('\n');
  }

  get injected(): number {
    return this.lines().filter((line) => line.includes('(INJECTED)')).length;
  }

  /** Lets go of the process: from now on its calls are answered by the system. */
  async stop(): Promise<string[]> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGINT');
      await gone;
    }
    const lines = this.lines();
    rmSync(this.#folder, { recursive: true, force: true });
    return lines;
  }
}

/** Why processes cannot be traced here, in words; null when they can. */
export async function whyNoTrace(): Promise<string | null> {
  if (spawnSync('strace', ['-V']).error) return 'strace is not installed';
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  try {
    await (await Trace.attach(child.pid!, [])).stop();
    return null;
  } catch (error) {
    return `this system lets nobody trace: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    child.kill('SIGKILL');
  }
}

/**
 * Bytes of a file, written from its beginning on, that were synced: what a power cut at the end of the trace leaves for
 * sure. Null when the trace saw no sync of it that worked.
 */
export function syncedBytes(lines: readonly string[], file: string): number | null {
  let written: number | null = null;
  let synced: number | null = null;
  /** Calls of threads that others' calls came between: what is done when they have worked. */
  const begun = new Map<string, () => void>();
  for (const line of lines) {
    const [thread = ''] = line.split(' ', 1);
    if (line.includes(' resumed>')) {
      if (/ = \d+$/.test(line)) begun.get(thread)?.();
      begun.delete(thread);
      continue;
    }
    if (!line.includes(`<${file}>`)) continue;
    const write = /pwrite64\(.*, (\d+), (\d+)(?:\) = \d+| <unfinished \.\.\.>)$/.exec(line);
    // A sync brings to the disk what was written when it began.
    const before = written;
    const worked = write
      ? () => (written = Number(write[1]) + Number(write[2]))
      : /f(data)?sync\(/.test(line) && before !== null
        ? () => (synced = before)
        : null;
    if (!worked) continue;
    if (line.endsWith('<unfinished ...>')) begun.set(thread, worked);
    else if (write || line.endsWith(' = 0')) worked();
  }
  return synced;
}
