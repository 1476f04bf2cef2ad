import { parentPort, workerData } from 'node:worker_threads';
import type { MemberId } from '../../../shared/base/ids.ts';
import { disk } from './device-disk.ts';
import { SimWorld, type SimDevice } from './world.ts';

export interface Year {
  readonly people: number;
  readonly days: number;
  /** People who write on one day. */
  readonly aDay: number;
  readonly seed: number;
}
export interface YearEnd {
  readonly sessions: number;
  readonly crashes: number;
  readonly evictions: number;
  /** Client ids in the document, and ids that the relay gave out. */
  readonly inDocument: number;
  readonly given: number;
  readonly broken: string | null;
}

const day = 24 * 3_600_000;

/** A document that people write in, day after day, each on a device of their own: with the shipped code of leases. */
async function live({ people, days, aDay, seed }: Year): Promise<YearEnd> {
  const world = new SimWorld(seed, null, false);
  const members = Array.from({ length: people }, (_, i) => `member${i}` as MemberId);
  for (const member of members) await world.join(member, member === members[0] ? 'owner' : 'member');
  const devices = members.map((member) => world.device(member));
  await world.quiet();
  for (const { machine } of devices) machine.stop();
  const room = world.room('scratch', 'minutes');
  let [sessions, crashes, evictions] = [0, 0, 0];

  const write = async ({ machine }: SimDevice): Promise<void> => {
    sessions += 1;
    const isEvicted = world.below(60) === 0;
    evictions += isEvicted ? 1 : 0;
    await machine.restart(true, () => {
      if (isEvicted) disk.remove(machine.database);
    });
    const tabs = Array.from({ length: 1 + (world.below(4) === 0 ? 1 : 0) }, () => machine.newTab());
    const texts = tabs.map((tab) => tab.open(room));
    await world.quiet();
    for (const { session, doc } of texts) {
      if (session.locked) throw new Error(`nothing to write under: ${session.locked.message}`);
      doc.getText('t').insert(0, 'x');
      await world.done(session.flush());
    }
    await world.quiet();
    if (world.below(10) === 0) {
      // Typed, and gone with the process.
      crashes += 1;
      texts[0]!.doc.getText('t').insert(0, 'lost');
    } else for (const tab of tabs) await world.done(tab.close());
    machine.stop();
    disk.kill(machine.database);
    await world.quiet();
  };

  for (let today = 0; today < days; today++) {
    for (let i = 0; i < aDay; i++) await write(world.pick(devices));
    world.clock.leap(day);
    await world.settle(1_000);
    if (world.below(30) === 0) {
      world.stopRelay(world.below(2) === 0);
      world.startRelay();
    }
  }
  const end: YearEnd = {
    sessions,
    crashes,
    evictions,
    inDocument: world.oracle.room(room).clocks.size,
    given: world.oracle.leases.size,
    broken: world.oracle.broken?.message ?? null,
  };
  world.end();
  return end;
}

void live(workerData as Year).then(
  (end) => parentPort?.postMessage(end),
  (error: unknown) => parentPort?.postMessage({ broken: String((error as Error).stack) }),
);
