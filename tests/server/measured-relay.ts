import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';
import type { Caller, Relay } from '../../server/relay/contract.ts';
import { createRelay } from '../../server/relay/relay.ts';
import type { RelayStore } from '../../server/storage/contract.ts';
import { createMemoryStore } from '../../server/storage/memory/store.ts';

setFlagsFromString('--expose-gc');
export const collectGarbage = runInNewContext('gc') as () => void;

/** A relay whose longest piece of work is known: what runs between two turns of the loop, in milliseconds of CPU. */
export interface MeasuredRelay {
  readonly relay: Relay;
  readonly store: RelayStore;
  readonly caller: Caller;
  readonly pad: RoomId;
  room(name: string): RoomId;
  /** Runs something and everything it puts off; says how long the longest single piece of it took. */
  longest<T>(work: () => Promise<T>): Promise<{
    readonly result: T;
    readonly milliseconds: number;
    readonly total: number;
    readonly slices: number;
  }>;
}

export const cpuMilliseconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

export async function startMeasured(): Promise<MeasuredRelay> {
  let longest = 0;
  let total = 0;
  let slices = 0;
  const measured = <T>(run: () => T): T => {
    const started = cpuMilliseconds();
    try {
      return run();
    } finally {
      const spent = cpuMilliseconds() - started;
      longest = Math.max(longest, spent);
      total += spent;
      slices++;
    }
  };
  const store = createMemoryStore();
  const relay = createRelay({
    store,
    version: 'test',
    defer: (run) => void setImmediate(() => measured(run)),
  });
  const room = (name: string): RoomId => `${store.workspace}/${name}` as RoomId;
  const caller: Caller = { member: 'ada' as MemberId, device: 'phone' as DeviceId, session: 's' };
  const ada = { member: 'ada', name: 'Ada', email: '', role: 'owner' };
  await relay.appendFact(room('directory/main'), 'member.join', caller.member, ada);
  return {
    relay,
    store,
    caller,
    pad: room('scratch/pad'),
    room,
    async longest(work) {
      longest = total = slices = 0;
      const result = await measured(work);
      return { result, milliseconds: longest, total, slices };
    },
  };
}
