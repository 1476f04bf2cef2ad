import { expect, it } from 'vitest';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';
import { startRelay, until, type RelayProcess } from '../support/relay-process.ts';
import { join, signIn, type SignedIn } from '../support/sign-in.ts';
import { brokenPromises, Page, Writer } from '../support/writer.ts';

const kills = Number(process.env['WEFT_KILLS'] ?? 25);
const seed = seedFromEnvironment();
/** Two relays at a time when there is much to do: most of a round is waiting for a process to start. */
const lanes = kills >= 100 ? 2 : 1;
/** Rooms are changed after so many kills, so that comparing stays short. All are compared once more at the end. */
const killsPerPage = 20;

interface Told {
  acknowledged: number;
  delivered: number;
  readonly restarts: number[];
}

class Lane {
  readonly #random: (below: number) => number;
  readonly #told: Told;
  readonly #pages: Page[] = [];
  #relay!: RelayProcess;
  #people: SignedIn[] = [];
  #writers: Writer[] = [];

  constructor(number: number, told: Told) {
    this.#random = seededRandom(seed + number);
    this.#told = told;
  }

  async run(rounds: number): Promise<void> {
    this.#relay = await startRelay();
    try {
      const admin = await signIn(this.#relay.address);
      this.#people = [admin, ...(await join(this.#relay.address, admin, ['Ana', 'Bo', 'Chen', 'Dora']))];
      for (let round = 0; round < rounds; round++) await this.#round(round);
      for (const page of this.#pages) await this.#compare(page, `page ${page.text} at the end`);
    } finally {
      await this.#relay.stop();
    }
    for (const page of this.#pages) {
      this.#told.acknowledged += page.promised;
      this.#told.delivered += page.delivered;
    }
  }

  async #round(round: number): Promise<void> {
    if (round % killsPerPage === 0) await this.#turnPage(round);
    // Every second time all clients die with the relay: nobody is left who could send anything again.
    else if (this.#random(2) === 0) this.#writers = this.#newWriters(this.#pages.at(-1)!);
    const away = this.#writers.filter((writer) => !writer.isConnected);
    await Promise.all(away.map((writer) => writer.connect(this.#relay.address)));
    // Writing goes on in every turn of the loop until the kill, which comes while answers are on their way.
    const target = 10 + this.#random(120);
    await until('some are acknowledged', () => {
      for (const writer of this.#writers) for (let i = 0; i < 6; i++) writer.write();
      return this.#writers.reduce((sum, { device }) => sum + device.acked.size, 0) >= target;
    });
    await this.#relay.kill9();
    await Promise.all(this.#writers.map((writer) => writer.device.gone()));
    for (const writer of this.#writers) writer.collect();
    const began = performance.now();
    await this.#relay.start();
    this.#told.restarts.push(performance.now() - began);
    await this.#compare(this.#pages.at(-1)!, `kill ${round}`);
  }

  #newWriters = (page: Page): Writer[] => this.#people.map((who) => new Writer(who, page));

  async #turnPage(round: number): Promise<void> {
    const [admin, ...others] = this.#people;
    const page = new Page(admin!.workspace.id, `killed-${round}`);
    this.#pages.push(page);
    this.#writers = this.#newWriters(page);
    await this.#writers[0]!.connect(this.#relay.address);
    await this.#writers[0]!.createGroup(others.map(({ member }) => member.id));
  }

  async #compare(page: Page, when: string): Promise<void> {
    const writers = this.#writers.filter((writer) => writer.page === page);
    const wrong = await brokenPromises(this.#relay.address, this.#people[0]!, page, writers);
    expect(wrong, `seed ${seed}, ${when}`).toEqual([]);
  }
}

it(
  `keeps every update that a client saw acknowledged or from another, over ${kills} kills (seed ${seed})`,
  async () => {
    const told: Told = { acknowledged: 0, delivered: 0, restarts: [] };
    const rounds = Math.ceil(kills / lanes);
    await Promise.all(Array.from({ length: lanes }, (_, lane) => new Lane(lane, told).run(rounds)));
    const sorted = told.restarts.sort((a, b) => a - b);
    console.info(
      `${rounds * lanes} kills, seed ${seed}: ${told.acknowledged} acknowledged and ${told.delivered} delivered, ` +
        `0 lost, 0 twice; served again after ${Math.round(sorted[sorted.length >> 1]!)} ms (middle), ` +
        `${Math.round(sorted.at(-1)!)} ms (longest)`,
    );
    expect(told.acknowledged).toBeGreaterThan(kills * 15);
    expect(told.delivered).toBeGreaterThan(kills * 15);
  },
  120_000 + kills * 10_000,
);
