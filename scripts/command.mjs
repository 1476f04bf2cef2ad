import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json; every command runs there, wherever npm was called. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @typedef {{ status: number, output: string }} Outcome exit status (128 + n after a signal) and, if kept, what was printed */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let stopped = false;

/** Whether somebody asked this process to stop: then no further step should begin. */
export const wasStopped = () => stopped;

/**
 * Tells every program started by `run` to stop.
 * @param {NodeJS.Signals} signal
 */
export function stopRunning(signal) {
  stopped = true;
  // Ctrl-C at a terminal has already reached the whole group; a second one would make tools die without tidying up.
  if (signal === 'SIGINT' && process.stdin.isTTY) return;
  for (const child of running) child.kill(signal);
}

const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

// Listening only while something runs: at other times a signal does what it does to any process.
/** @param {import('node:child_process').ChildProcess} child */
function begin(child) {
  if (running.size === 0) for (const signal of signals) process.on(signal, stopRunning);
  running.add(child);
}

/** @param {import('node:child_process').ChildProcess} child */
function end(child) {
  running.delete(child);
  if (running.size === 0) for (const signal of signals) process.off(signal, stopRunning);
}

/**
 * Runs a program to its end. Signals sent to this process reach it.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ keep?: boolean, env?: NodeJS.ProcessEnv }} [options] keep: collect what it prints instead of showing it
 * @returns {Promise<Outcome>}
 */
export function run(file, args, { keep = false, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: keep ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      shell: process.platform === 'win32' && !file.includes('\\'),
    });
    begin(child);
    /** @type {Buffer[]} */
    const printed = [];
    child.stdout?.on('data', (chunk) => printed.push(chunk));
    child.stderr?.on('data', (chunk) => printed.push(chunk));
    child.once('error', (error) => {
      end(child);
      reject(error);
    });
    child.once('close', (code, signal) => {
      end(child);
      const status = code ?? (signal === 'SIGINT' ? 130 : 143);
      resolve({ status, output: Buffer.concat(printed).toString('utf8') });
    });
  });
}

/**
 * Runs a Node program, such as a tool from node_modules, with this very Node.
 * @param {readonly string[]} args
 * @param {{ keep?: boolean, env?: NodeJS.ProcessEnv }} [options]
 */
export const runNode = (args, options) => run(process.execPath, args, options);

/**
 * Ends the process with one sentence for the person at the keyboard.
 * @param {string} sentence
 * @param {number} [status]
 * @returns {never}
 */
export function giveUp(sentence, status = 1) {
  process.stderr.write(`${sentence}\n`);
  process.exit(status);
}
