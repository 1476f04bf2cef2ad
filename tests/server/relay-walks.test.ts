import * as Y from 'yjs';
import { expect, it } from 'vitest';
import { judge } from '../../server/relay/gate/judge.ts';
import { piecesOf } from '../../server/relay/gate/pieces.ts';
import { createPlaces } from '../../server/relay/gate/places.ts';
import { readUpdate } from '../../server/relay/gate/read-update.ts';
import { atOnce, unbounded } from '../../server/relay/gate/work.ts';
import { scratchKind } from '../../shared/features/scratch/kind.ts';
import { seededRandom, seedFromEnvironment } from '../shared/random.ts';
import { characters, writeUpdate, type Point, type Run, type Struct } from '../support/update-writer.ts';
import { startMeasured } from './measured-relay.ts';

type Random = ReturnType<typeof seededRandom>;

/** A struct that may be carried past more than 256 items is applied alone; some of these are cut in two meanwhile. */
const few = 256 + 64;
const piece = { structs: 64, ranges: 64, bytes: 16 * 1024 };
const others = [7, 3_000] as const;

/** The most items that Yjs walked past for one struct meanwhile: it puts each of them into two sets. */
function longestWalk(work: () => void): number {
  const walked = new Map<Set<unknown>, number>();
  const { add } = Set.prototype;
  Set.prototype.add = function (value: unknown) {
    if (value instanceof Y.Item) walked.set(this, (walked.get(this) ?? 0) + 1);
    return add.call(this, value);
  };
  try {
    work();
  } finally {
    Set.prototype.add = add;
  }
  return Math.max(0, ...walked.values());
}

/** A text in which two others wrote at the same place. */
function begun(random: Random): Y.Doc {
  const doc = new Y.Doc();
  for (const client of others) {
    const structs = Array.from({ length: random(500) }, (_, i): Struct => {
      const before: Point = [client, random(Math.max(1, i))];
      const content = characters('o');
      if (i === 0 || random(3) === 0) return { content };
      return random(2) === 0 ? { origin: before, content } : { right: before, content };
    });
    if (structs.length > 0) Y.applyUpdate(doc, writeUpdate([{ client, clock: 0, structs }]));
  }
  return doc;
}

/** Somebody who says of what they wrote that it stands here and there, in long stretches of one kind. */
function made(client: number, doc: Y.Doc, earlier: readonly Run[], random: Random): Run {
  const structs: Struct[] = [];
  const loaded = (): Point | undefined => {
    const of = others[random(2)]!;
    const length = Y.getState(doc.store, of);
    return length > 0 ? [of, random(length)] : undefined;
  };
  const made = (): Point | undefined => {
    const all = [...earlier, { client, structs }].filter((run) => run.structs.length > 0);
    const run = all[random(all.length)];
    return run && [run.client, random(run.structs.length)];
  };
  while (structs.length < 900) {
    const [place, own] = [loaded(), made()];
    const lefts = [() => undefined, () => place, () => own, loaded, made];
    const neighbours = [...lefts, (): Point | undefined => [client, structs.length - 1]];
    const left = neighbours[random(neighbours.length)]!;
    const right = neighbours[random(neighbours.length)]!;
    for (let i = random(500); i >= 0; i--) {
      const [origin, before] = structs.length === 0 ? [] : [left(), right()];
      structs.push({
        ...(origin ? { origin } : {}),
        ...(before ? { right: before } : {}),
        content: characters('x'),
      });
    }
  }
  return { client, clock: 0, structs };
}

const charactersOf = (doc: Y.Doc): string[] => [...doc.getText('t').toJSON()].sort();

it(
  'what is applied together with others is carried past few items, wherever its neighbours are said to be',
  { timeout: 60_000 },
  () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    let together = 0;
    for (let round = 0; round < 16; round++) {
      const doc = begun(random);
      const whole = new Y.Doc();
      Y.applyUpdate(whole, Y.encodeStateAsUpdate(doc));
      const runs: Run[] = [];
      for (let left = 1 + random(2); left > 0; left--) runs.push(made(2_000 - left, doc, runs, random));
      const bytes = writeUpdate(runs);
      const update = atOnce(readUpdate(bytes, unbounded()));
      const question = { doc, places: createPlaces(), kind: scratchKind, update, owns: () => true };
      const plan = atOnce(judge(question, unbounded()));
      if ('code' in plan) throw new Error(`seed ${seed}, round ${round}: ${plan.message}`);
      together += plan.order.length - plan.far.size;
      for (const each of piecesOf(update, plan, (client) => Y.getState(doc.store, client), piece)) {
        const longest = longestWalk(() => Y.applyUpdate(doc, each.bytes));
        if (each.far === null) expect(longest, `seed ${seed}, round ${round}`).toBeLessThan(few);
      }
      Y.applyUpdate(whole, bytes);
      // Neighbours that never were may change the order, as everywhere; every character is there.
      expect(charactersOf(doc), `seed ${seed}, round ${round}`).toEqual(charactersOf(whole));
    }
    expect(together).toBeGreaterThan(1_000);
  },
);

it('takes what people wrote at one place while they were offline', { timeout: 60_000 }, async () => {
  const { relay, caller, pad } = await startMeasured();
  const ids = await relay.lease(caller, 3);
  const docs = ids.map((client) => {
    const doc = new Y.Doc();
    doc.clientID = client;
    return doc;
  });
  const [base, ...offline] = docs as [Y.Doc, Y.Doc, Y.Doc];
  base.getText('t').insert(0, 'a list of what is new'.repeat(100));
  for (const doc of offline) {
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(base));
    const text = doc.getText('t');
    for (let line = 0; line < 300; line++) text.insert(0, `${line}\n`);
    for (let at = 0; at < text.length; at += 7) text.insert(at, '·');
    for (let word = 0; word < 300; word++) text.insert(text.length, 'word ');
  }
  for (const doc of docs)
    expect(await relay.update(caller, pad, Y.encodeStateAsUpdate(doc))).toMatchObject({ ok: true });
  const stored = new Y.Doc();
  Y.applyUpdate(stored, relay.text(pad));
  for (const doc of offline) Y.applyUpdate(base, Y.encodeStateAsUpdate(doc));
  expect(stored.getText('t').toJSON()).toBe(base.getText('t').toJSON());
});

it('[U-13] refuses what stands behind more than 50,000 others at one place, however it is sent', async () => {
  const before = (client: number, count: number): Struct[] =>
    Array.from({ length: count }, () => ({ content: characters(client % 2 === 0 ? 'a' : 'b') }));
  const { relay, caller, pad } = await startMeasured();
  const [client] = await relay.lease(caller, 1);
  const far = (last: number): Struct => ({ right: [client!, last], content: characters('far') });
  const send = (clock: number, ...structs: Struct[]) =>
    relay.update(caller, pad, writeUpdate([{ client: client!, clock, structs }]));
  const tooFar = { ok: false, error: { code: 'too-large' } };
  // The first that was written stands last, and each struct below goes to the beginning.
  expect(await send(0, ...before(client!, 60_000), far(0))).toMatchObject(tooFar);
  expect(await send(0, ...before(client!, 60_000))).toMatchObject({ ok: true });
  expect(await send(60_000, far(0))).toMatchObject(tooFar);
  expect(await send(60_000, far(30_000))).toMatchObject({ ok: true });
});
