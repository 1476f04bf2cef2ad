import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { newId, type MemberId } from '../../shared/base/ids.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { Journey, owner as ownerOf } from '../support/journey.ts';
import { Person } from '../support/person.ts';
import { startRelay } from '../support/relay-process.ts';
import { seededRandom } from '../shared/random.ts';
import { hasBrowser } from './large-world.ts';
import { median, milliseconds, percentile, type Figure } from './measure.ts';

const customers = Number(process.env['WEFT_BENCH_CUSTOMERS'] ?? 100_000);
/** Talks of each in the year, and people who have them. */
const talksOfEach = 4;
const sellers = 200;
const times = 5;
const day = 24 * 3_600_000;
const hour = 3_600_000;
const sources = ['Website', 'Fair', 'Shop', 'Letter', 'Friends', ''];
const stages = [null, 'talk', 'won', 'lost'];

/** A year of a company, written into the relay's tables as its logs would have made them. */
function fill(folder: string, now: number): void {
  const database = openDatabase(join(folder, 'weft.db'), { durability: 'process' });
  const random = seededRandom(7);
  const people = Array.from({ length: sellers }, () => newId<MemberId>());
  const add = database.prepare(
    `INSERT INTO customers (id, begun_at, ended_at, owner, first_owner, source, stage, waiting_since, changed_at,
       last_guest, talk, talk_guest, name, company) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const talk = database.prepare(
    `INSERT OR IGNORE INTO customer_talks (since, customer, owner, source, first_answer, last_answer, last_guest)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  database.transaction(() => {
    for (let i = 0; i < customers; i++) {
      const owner = people[random(sellers)]!;
      const begun = now - random(365) * day - random(day);
      const waits = random(50) === 0 ? now - random(3 * day) : null;
      const source = sources[random(sources.length)]!;
      const { lastInsertRowid: n } = add.run(
        ...[newId(), begun, random(12) === 0 ? now - random(365) * day : null, owner, owner, source],
        ...[stages[random(4)], waits, begun, begun, begun, begun, `Customer ${i}`, `Company ${i % 900}`],
      );
      for (let of = 0; of < talksOfEach; of++) {
        const since = begun + random(Math.max(1, now - begun));
        const answer = since + random(random(4) === 0 ? 10 * hour : hour);
        talk.run(since, n, owner, source, answer, answer + random(4 * hour), since + random(hour));
      }
    }
  })();
  database.close();
}

/** From the next click on, until as many bars are in the page. */
const noteDrawn = (bars: number): string => `
  globalThis.drawn = undefined;
  addEventListener('click', () => {
    const clicked = performance.now();
    const look = () => {
      if (document.querySelector('figure table')?.rows.length === ${bars + 1})
        requestAnimationFrame(() => (globalThis.drawn = performance.now() - clicked));
      else requestAnimationFrame(look);
    };
    look();
  }, { capture: true, once: true });
`;

async function drawn(page: Page, bars: number, click: () => Promise<void>): Promise<number> {
  await page.evaluate(noteDrawn(bars));
  await click();
  const noted = await page.waitForFunction(() => (globalThis as unknown as { drawn?: number }).drawn);
  return (await noted.jsonValue())!;
}

/** The dashboards of somebody who leads everybody, over HTTP and as a page, and what others feel of it. */
export async function dashboards(): Promise<Figure[]> {
  const relay = await startRelay({ env: { WEFT_LOG: 'warn' } });
  const person = hasBrowser() ? new Person('Admin', relay.port, {}) : null;
  try {
    const admin = await ownerOf(relay.address);
    const now = Date.now();
    await relay.kill9();
    fill(relay.data, now);
    await relay.start();
    let asked = 0;
    const ask = async (days: number, step: number): Promise<void> => {
      // Another moment each time: the same question is not counted twice.
      const to = now + ++asked;
      const question = new URLSearchParams({ from: `${to - days * day}`, to: `${to}`, step: `${step}` });
      const answer = await fetch(`${relay.address}/api/customers/figures?${question}`, {
        headers: { authorization: `Bearer ${admin.token}` },
      });
      const { customers: all } = (await answer.json()) as { customers: number };
      if (all === 0) throw new Error('nobody was counted');
    };
    const samples = async (days: number, step: number): Promise<number> => {
      const all: number[] = [];
      for (let i = 0; i < times; i++) all.push(await milliseconds(() => ask(days, step)));
      return median(all);
    };
    const first = await milliseconds(() => ask(30, day));
    const month = await samples(30, day);
    const year = await samples(365, 7 * day);
    const waits: number[] = [];
    let isOver = false;
    const neighbour = (async () => {
      while (!isOver)
        waits.push(await milliseconds(async () => void (await fetch(`${relay.address}/healthz`))));
    })();
    for (let i = 0; i < times; i++) await ask(365, 7 * day);
    isOver = true;
    await neighbour;
    const pages: { month: number[]; year: number[] } = { month: [], year: [] };
    if (person) {
      await person.line.plugIn();
      await person.begin();
      const journey = new Journey(person);
      await journey.signIn(admin);
      const { page } = person;
      // So long the same answer would be given again.
      const notTheSame = (): Promise<void> => new Promise((go) => setTimeout(go, 5_500));
      for (let i = 0; i < times; i++) {
        await person.open('/customers');
        await page.getByRole('button', { name: 'Links, replies and settings' }).click();
        const item = page.getByRole('menuitem', { name: 'Figures' });
        await item.waitFor();
        await notTheSame();
        pages.month.push(await drawn(page, 30, () => item.click()));
        const radio = page.getByRole('radio', { name: 'A year' });
        pages.year.push(await drawn(page, 53, () => radio.click({ force: true })));
      }
    }
    const how = `${customers.toLocaleString('en')} customers of ${sellers} people, ${talksOfEach} talks each`;
    const most = { most: 1_000 };
    const value = (name: string, of: number, what: string, target?: Figure['target']): Figure => ({
      ...{ name, value: of, unit: 'ms', how: `${what}; ${how}, median of ${times}` },
      ...(target ? { target } : {}),
    });
    return [
      {
        ...{ name: 'figures after a start', value: first, unit: 'ms', target: most },
        how: `the first question to a relay that just started; ${how}`,
      },
      value('figures of 30 days', month, 'asked of the relay', most),
      value('figures of a year', year, 'asked of the relay', most),
      {
        ...{ name: 'a neighbour meanwhile', value: percentile(waits, 0.99), unit: 'ms' },
        how: 'p99 of an answer to somebody else while figures of a year are counted',
      },
      ...(person
        ? [
            value('figures page', median(pages.month), 'from the click to the frame with the charts', most),
            value('figures page, a year', median(pages.year), 'from the choice to the frame', most),
          ]
        : []),
    ];
  } finally {
    await person?.close();
    await relay.stop();
  }
}
