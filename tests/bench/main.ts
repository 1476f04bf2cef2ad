/**
 * Figures of the built relay on this machine, beside those of other servers. Others' load moves them: compare within
 * one run, not between machines. `peers` stands for all that compare; `--check` ends with 1 when a figure that must hold does not.
 */
import { parseArgs } from 'node:util';
import { broadcast } from './broadcast.ts';
import { bundle, offlineStart } from './browser.ts';
import { largeConversations } from './conversations.ts';
import { customers } from './customers.ts';
import { device } from './device.ts';
import { dashboards } from './figures.ts';
import { firstSync } from './first-sync.ts';
import { handover } from './handover.ts';
import { history } from './history.ts';
import { largeGroup } from './large-group.ts';
import { neighbours } from './neighbours.ts';
import { holds, toTable, type Figure } from './measure.ts';
import { acknowledged, catchUp, coldOpen, fanOut, latency, memory, type Effort } from './peers/compare.ts';
import { durableUpdates } from './relay.ts';
import { search } from './search.ts';
import { wordRules } from './words.ts';

type Bench = (effort: Effort) => Promise<Figure[]>;

const peers: Readonly<Record<string, Bench>> = {
  'fan-out': fanOut,
  latency,
  acknowledged,
  'cold-open': coldOpen,
  'catch-up': catchUp,
  memory,
};
const benches: Readonly<Record<string, Bench>> = {
  durable: durableUpdates,
  ...peers,
  'large-group': largeGroup,
  neighbours,
  figures: dashboards,
  words: wordRules,
  handover,
  broadcast,
  history,
  device,
  search,
  conversations: largeConversations,
  customers,
  'first-sync': firstSync,
  start: offlineStart,
  bundle,
};

const known = ['peers', ...Object.keys(benches)].join(', ');
const usage = `npm run bench -- [name …] [--json] [--check] [--rounds <n>] [--seconds <n>]\nNames: ${known}.`;

function refuse(sentence: string): never {
  console.error(`${sentence}\n${usage}`);
  process.exit(2);
}

function wishes() {
  const options = {
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
  } as const;
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals } = wishes();
const effort: Effort = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
const asked = positionals.flatMap((name) => (name === 'peers' ? Object.keys(peers) : [name]));
const unknown = asked.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) refuse(`No bench is called ${unknown.join(', ')}.`);
if (!(effort.rounds >= 1 && effort.seconds > 0)) refuse('--rounds and --seconds take a number above 0.');

const figures: Figure[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const found = await bench(effort);
  figures.push(...found);
  if (values.json)
    for (const figure of found) console.log(JSON.stringify({ ...figure, holds: holds(figure) }));
}
if (!values.json) console.log(toTable(figures));
if (values.check && !figures.every(holds)) process.exit(1);
