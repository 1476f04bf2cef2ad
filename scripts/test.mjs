import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureChromium } from './chromium.mjs';
import { root, runNode, wasStopped } from './command.mjs';
import { ensureInstalled } from './install.mjs';
import { ensureStrace } from './strace.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ name: string, args: string[], mustFail?: boolean }} Check */

const tool = (/** @type {string} */ path) => join(root, 'node_modules', path);
const seconds = (/** @type {number} */ since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

const svelteCheck = [tool('svelte-check/bin/svelte-check'), '--tsgo', '--fail-on-warnings', '--tsconfig'];
const tsc = [tool('@typescript/native/bin/tsc'), '-p'];

/**
 * Two lanes run beside each other, each in its own order: lint takes about as long as all the rest, and two type
 * checks of components at once would write over each other's notes.
 * @type {Check[][]}
 */
const lanes = [
  [{ name: 'lint', args: [tool('eslint/bin/eslint.js'), '--max-warnings', '0', '.'] }],
  [
    { name: 'types of the client', args: [...svelteCheck, './tsconfig.json'] },
    {
      name: 'a type error in a component is seen',
      args: [...svelteCheck, './tests/fixtures/type-canary/tsconfig.json'],
      mustFail: true,
    },
    { name: 'types of the relay and the tools', args: [...tsc, 'tsconfig.node.json'] },
    { name: 'types of the tests', args: [...tsc, 'tests/tsconfig.json'] },
    { name: 'formatting', args: [tool('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'] },
  ],
];

/**
 * One check is one test.
 * @param {Check} check
 * @returns {Promise<Counts>}
 */
async function runCheck({ name, args, mustFail = false }) {
  const began = performance.now();
  const { status, output } = await runNode(args, { keep: true });
  const fine = mustFail ? status !== 0 && output.includes('Canary.svelte') : status === 0;
  console.log(`${fine ? '✓' : '✗'} ${name} (${seconds(began)})`);
  if (!fine) console.log(output.trimEnd() || `ended with status ${status}`);
  return { passed: fine ? 1 : 0, failed: fine ? 0 : 1, skipped: 0 };
}

/** @returns {Promise<Counts[]>} */
async function runChecks() {
  /** @type {Counts[]} */
  const counts = [];
  const walk = async (/** @type {Check[]} */ lane) => {
    for (const check of lane) if (!wasStopped()) counts.push(await runCheck(check));
  };
  await Promise.all(lanes.map(walk));
  return counts;
}

/**
 * Runs the tests themselves, with Vitest's own report on the screen, and counts from its JSON report.
 * @param {string | undefined} chromium
 * @returns {Promise<Counts>}
 */
async function runVitest(chromium) {
  const folder = join(root, 'dist', 'test');
  const report = join(folder, 'report.json');
  mkdirSync(folder, { recursive: true });
  rmSync(report, { force: true });
  const args = [tool('vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=json'];
  args.push(`--outputFile.json=${report}`);
  const { status } = await runNode(args, { env: chromium ? { CHROMIUM: chromium } : {} });
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  // A file that cannot be loaded, or whose preparation fails, has no failed test of its own to count; and an error
  // outside any file fails the run alone.
  /** @type {{ status: string, assertionResults: { status: string }[] }[]} */
  const files = testResults;
  const broken = files.filter(
    ({ status: outcome, assertionResults }) =>
      outcome === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = numFailedTests + broken;
  return {
    passed: numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: numPendingTests + numTodoTests,
  };
}

let counted = false;
process.once('exit', () => {
  // Whoever reads only the last line must not take an installation or a build that broke off for silence.
  if (!counted && !wasStopped()) console.log('\n0 passed, 1 failed');
});

await ensureInstalled();
const chromium = await ensureChromium();
await ensureStrace();
await ensureBuilt();
const counts = await runChecks();
if (!wasStopped()) counts.push(await runVitest(chromium));
if (wasStopped()) process.exit(130);
if (!chromium)
  console.log(
    '\nNo Chromium here for the browser tests. Name one in CHROMIUM, or run this as root on Debian.',
  );
const sum = (/** @type {keyof Counts} */ key) => counts.reduce((total, count) => total + count[key], 0);
const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
counted = true;
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
