import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { executablePath, Person, type PersonOptions } from './person.ts';
import { type RelayOptions, type RelayProcess, startRelay } from './relay-process.ts';

export { launchBrowser, Person, screenshot, type PersonOptions } from './person.ts';

/** On somebody's own machine tests without a browser are skipped; where commits are judged they fail. */
const mustSkip = !existsSync(executablePath) && !process.env['CI'];

/** A relay and the people at it, for the tests of one file. */
export interface BrowserWorld {
  readonly relay: RelayProcess;
  newPerson(name: string, options?: PersonOptions): Promise<Person>;
}

/**
 * Call it at the top of a file or of a `describe`: it starts a relay before the tests, fails each test in which a
 * browser complained without being excused, and closes everything afterwards. Who came in a test goes with it; who came
 * in `beforeAll` stays.
 */
export function browserWorld(options: RelayOptions = {}): BrowserWorld {
  const people: Person[] = [];
  let relay: RelayProcess | undefined;
  const running = (): RelayProcess => {
    if (!relay) throw new Error('The relay runs only while tests do');
    return relay;
  };
  let before = 0;
  beforeEach((context) => {
    before = people.length;
    if (mustSkip) context.skip(`no Chromium at ${executablePath}`);
  });
  beforeAll(async () => {
    if (mustSkip) return;
    if (!existsSync(executablePath))
      throw new Error(`No Chromium at ${executablePath}; name one in CHROMIUM`);
    relay = await startRelay(options);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await Promise.allSettled(people.map((person) => person.leaveTraces(`failed/${task.name}`)));
    const problems = people.flatMap((person) => person.takeProblems());
    await Promise.allSettled(people.splice(before).map((person) => person.close()));
    if (problems.length > 0) throw new Error(`Browsers complained:\n${problems.join('\n')}`);
  });
  afterAll(async () => {
    await Promise.allSettled(people.map((person) => person.close()));
    await relay?.stop();
  });
  return {
    get relay() {
      return running();
    },
    async newPerson(name, personOptions = {}) {
      const person = new Person(name, running().port, personOptions);
      people.push(person);
      await person.line.plugIn();
      await person.begin();
      return person;
    },
  };
}
