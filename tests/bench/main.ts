/**
 * `npm run bench [-- --json] [-- name …]`: figures of the built relay on this machine. Others' load moves them: compare
 * within one run, not between machines.
 */
import { bundle, offlineStart } from './browser.ts';
import { device } from './device.ts';
import { toTable, type Figure } from './measure.ts';
import { catchUp, coldOpen, durableUpdates, fanOut, memory } from './relay.ts';

const benches: Readonly<Record<string, () => Promise<Figure[]>>> = {
  durable: durableUpdates,
  fan: fanOut,
  open: coldOpen,
  memory,
  catch: catchUp,
  device,
  start: offlineStart,
  bundle,
};

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const json = process.argv.includes('--json');
const unknown = asked.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`No bench is called ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}

const figures: Figure[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const found = await bench();
  figures.push(...found);
  if (json) for (const figure of found) console.log(JSON.stringify(figure));
}
if (!json) console.log(toTable(figures));
