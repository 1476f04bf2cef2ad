import { setTimeout as delay } from 'node:timers/promises';
import type { RoomId } from '../../shared/base/ids.ts';
import { encodeClientMessage } from '../../shared/protocol/codec.ts';
import { asBytes } from '../../shared/base/bytes.ts';
import { bombs } from '../server/bombs.ts';
import { RawDevice } from '../support/raw-device.ts';
import { until, type RelayProcess } from '../support/relay-process.ts';
import { join, type SignedIn } from '../support/sign-in.ts';
import { median, percentile, type Figure } from './measure.ts';
import { load } from './peers/servers.ts';
import { withRelay } from './relay.ts';

const rate = 200;
const seconds = 4;
/** Milliseconds after which the neighbour is in the middle of what is measured: its process starts, and warms up. */
const middle = 2_800;
/** The neighbour alone is measured again after so many bombs. */
const between = 4;

/**
 * Somebody who types in a room of their own while `meanwhile` runs; the 99th percentile of what they wait for: of 800
 * letters the eight slowest do not count. So this sees what holds others up for more than 40 ms in all, at once or bit by
 * bit; a single piece of work that is longer than 50 ms is what `tests/server/bombs.test.ts` refuses.
 */
async function waitsFor(relay: RelayProcess, who: SignedIn, meanwhile: () => Promise<void>): Promise<number> {
  const { port } = relay;
  const room = `${who.workspace.id}/scratch/${who.member.id}`;
  const server = {
    port,
    pid: relay.pid!,
    speaks: 'device',
    prefix: '/sync/',
    token: who.token,
    room,
  } as const;
  const [latencies] = await Promise.all([
    load<number[]>(server, { do: 'acknowledge', rate, seconds }),
    delay(middle).then(meanwhile),
  ]);
  return percentile(latencies, 0.99);
}

/** What each named bomb costs somebody else on the same relay. */
export const neighbours = (): Promise<Figure[]> =>
  withRelay(async (relay, admin) => {
    const [eve] = await join(relay.address, admin, ['Eve']);
    const alone: number[] = [];
    const figures: { readonly name: string; readonly p99: number }[] = [];
    for (const [i, [name, make]] of Object.entries(bombs).entries()) {
      if (i % between === 0) alone.push(await waitsFor(relay, admin, () => Promise.resolve()));
      const device = new RawDevice();
      await device.connect(relay.address, eve!.token);
      const [client] = await device.lease();
      const room = `${admin.workspace.id}/scratch/bomb${i}` as RoomId;
      const frames = make(client!).map((bytes, request) =>
        encodeClientMessage({ type: 'update', request, room, bytes: asBytes(bytes) }),
      );
      const p99 = await waitsFor(relay, admin, async () => {
        for (const frame of frames) device.sendBytes(frame);
        const answered = (): boolean =>
          device.closed !== null || device.acked.size + device.refused.size >= frames.length;
        await until(`${name} is answered`, answered, 60_000);
      });
      figures.push({ name, p99 });
      device.close();
    }
    const base = median(alone);
    return [
      { name: 'a neighbour alone, p99', value: base, unit: 'ms', how: `acknowledged at ${rate}/s` },
      ...figures.map(({ name, p99 }) => ({
        name: `beside "${name}", p99`,
        value: p99 / base,
        unit: '×',
        how: `${p99.toFixed(1)} ms; at most 2 ×`,
        target: { most: 2 },
      })),
    ];
  });
