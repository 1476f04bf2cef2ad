import { systemClock } from '../shared/base/clock.ts';
import packageFile from '../package.json' with { type: 'json' };
import { backUp } from './backup/backup.ts';
import { finish, inBytes, optionsOf, placesOf, refuse, say } from './command-line.ts';

const usage = `npm run backup -- --to <folder> [--data <folder>]
Backs the workspace up into a new folder below --to, whether its relay runs or not.`;

async function run(): Promise<void> {
  const text = { type: 'string' } as const;
  const { to, data } = optionsOf({ to: text, data: text }, usage);
  if (!to) refuse(`--to is missing.\n${usage}`);
  const began = performance.now();
  const { folder, manifest, running } = await backUp({
    ...placesOf(data),
    to,
    version: packageFile.version,
    clock: systemClock,
  });
  const { database, pictures, workspace, head } = manifest;
  say(`Backed up and verified: ${folder}`);
  say(
    `  workspace ${workspace} up to cursor ${head}: ${database.rows} rows, ${inBytes(database.bytes)}; ` +
      `${pictures.count} pictures, ${inBytes(pictures.bytes)}`,
  );
  say(
    `  in ${((performance.now() - began) / 1000).toFixed(1)} s, ${running ? 'while the relay went on' : 'with the relay stopped'}`,
  );
  if (pictures.missing.length > 0)
    say(
      `  ${pictures.missing.length} pictures are missing or damaged in the data folder and not in the backup`,
    );
}

finish(run());
