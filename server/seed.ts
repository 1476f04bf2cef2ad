import { passwordProblem } from './auth/passwords.ts';
import { finish, optionsOf, refuse, say } from './command-line.ts';
import { readConfig } from './config.ts';
import { fillWorkspace, isEmpty, sizes } from './seed/fill.ts';
import { createRandom } from './seed/random.ts';
import { hour } from './seed/timeline.ts';
import { openWorkspace } from './workspace.ts';

const usage = `npm run seed -- --size small|large [--seed <number>] [--until <date>] [--password <text>] [--url <address>]
Fills the empty workspace in WEFT_DATA while its relay is stopped.`;

interface Wish {
  readonly size: keyof typeof sizes;
  readonly seed: number;
  readonly until: number;
  readonly password: string;
  readonly url: string | null;
}

function readWish(now: number): Wish {
  const text = { type: 'string' } as const;
  const options = { size: text, seed: text, until: text, password: text, url: text };
  const given = optionsOf(options, usage);
  const { size = 'small', seed = '1', until, password = 'try weft together', url = null } = given;
  if (!Object.hasOwn(sizes, size)) refuse(`--size must be small or large.\n${usage}`);
  if (!/^\d{1,9}$/.test(seed)) refuse(`--seed must be a whole number of at most nine digits.\n${usage}`);
  const end = until === undefined ? Math.floor(now / hour) * hour : Date.parse(until);
  if (Number.isNaN(end)) refuse(`--until must be a date such as 2026-03-01.\n${usage}`);
  const problem = passwordProblem(password);
  if (problem) refuse(`--password: ${problem}.`);
  return { size: size as Wish['size'], seed: Number(seed), until: end, password, url };
}

async function run(): Promise<void> {
  const wish = readWish(Date.now());
  const read = readConfig(process.env);
  if (!read.ok) refuse(read.error);
  const { config } = read.value;
  let now = wish.until;
  // Should the machine die on the way, the folder is made anew: no need to wait for the disk each time.
  const workspace = await openWorkspace({
    folder: config.data,
    durability: 'process',
    revocations: config.revocations,
    clock: { now: () => now },
  });
  if (!isEmpty(workspace)) {
    workspace.close();
    refuse(
      `The workspace in ${config.data} has people or content already; choose another folder with WEFT_DATA.`,
    );
  }
  const began = performance.now();
  const until = new Date(wish.until).toISOString();
  say(`Filling ${config.data}: size ${wish.size}, seed ${wish.seed}, until ${until} …`);
  const people = await fillWorkspace(workspace, {
    size: sizes[wish.size],
    random: createRandom(wish.seed),
    password: wish.password,
    until: wish.until,
    travel: (at) => (now = at),
  });
  await workspace.relay.stop();
  workspace.close();
  const { messages, documents, groups, directs } = sizes[wish.size];
  say(
    `${people.length} people, ${groups + directs} conversations, ${messages} messages and ${documents} documents ` +
      `in ${((performance.now() - began) / 1000).toFixed(1)} s.`,
  );
  say(
    `Sign in at ${wish.url ?? config.publicUrl ?? `http://${config.host}:${config.port}`} as one of these:`,
  );
  const shown = ['owner', 'administrator', 'member', 'member', 'member', 'member'];
  for (const [index, as] of shown.entries()) {
    const person = people[index];
    if (person) say(`  ${person.email.padEnd(32)} ${person.name}, ${as}`);
  }
  say(`Password of everybody: ${wish.password}`);
  say('This password is known to others: do not put this workspace on an open network.');
}

finish(run());
