import { WebSocket } from 'ws';
import { afterEach, expect, test } from 'vitest';
import { createUsage } from '../../server/blobs/usage.ts';
import type { BlobIndex } from '../../server/blobs/contract.ts';
import { defaultBounds, noBoundMetrics, type Bounds } from '../../server/bounds.ts';
import { guestOf } from '../../shared/base/guests.ts';
import type { CustomerId, MemberId } from '../../shared/base/ids.ts';
import { startRig, type Rig, type TestDevice } from './relay-rig.ts';

/* What one guest may use up. Members have more of each, and nobody else has less because of it. */

const guest = guestOf('c1' as CustomerId);
let rig: Rig | null = null;
afterEach(async () => {
  await rig?.stop();
  rig = null;
});

async function start(bounds: Partial<Bounds>): Promise<Rig> {
  const made = await startRig({ bounds: { ...defaultBounds, ...bounds } });
  rig = made;
  await made.people('ada');
  await made.relay.appendFact(made.room('customer', 'c1'), 'customer.begin', guest, {
    ...{ link: null, guest, owner: 'ada', name: '', tags: [], language: 'en', consentAt: 5 },
  });
  return made;
}

let requests = 0;
async function draw(by: TestDevice, count: number): Promise<number | string> {
  const request = ++requests;
  by.send({ type: 'lease', request, count });
  const answer = await Promise.race([
    by.until('leased', (said) => said.request === request),
    by.until('refused', (said) => said.request === request),
  ]);
  return answer.type === 'leased' ? answer.ids.length : answer.code;
}

test('[G-6] a guest draws so many client ids in a day, whatever number of devices they say they have', async () => {
  const at = await start({ guestLeases: 20, memberLeases: 1_000, deviceLeases: 1_000 });
  const [one, two] = [await at.device(guest), await at.device(`${guest}.b`)];
  expect([await draw(one, 16), await draw(two, 8), await draw(two, 4), await draw(one, 1)]).toEqual([
    ...[16, 'too-many-requests', 4, 'too-many-requests'],
  ]);
  expect(await draw(await at.device('ada'), 32)).toBe(32);
});

test('[G-6] a guest has so many sockets, and members are not concerned', async () => {
  const at = await start({ guestSockets: 2, socketsPerMember: 1_000 });
  const knock = (token: string): Promise<'in' | number> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${at.origin.replace(/^http/, 'ws')}/sync?token=${token}`);
      socket.once('open', () => resolve('in'));
      socket.once('unexpected-response', (_request, answer) => resolve(answer.statusCode ?? 0));
      socket.once('error', () => undefined);
    });
  const first = [await knock(guest), await knock(`${guest}.b`), await knock(`${guest}.c`)];
  expect(first).toEqual(['in', 'in', 429]);
  expect(await knock('ada')).toBe('in');
});

test('[G-6] a guest keeps so many bytes of files, what is on its way included', () => {
  const index = { usage: () => ({ all: 90, members: new Map([[guest, 90]]) }), has: () => false };
  const bounds = { files: 10_000, memberFiles: 5_000, guestFiles: 100 };
  const usage = createUsage(index as unknown as BlobIndex, bounds, noBoundMetrics);
  const may = (by: MemberId, more: number, bytes = 0) => usage.mayTake(by, more, { bytes, all: bytes }).ok;
  expect([may(guest, 10), may(guest, 11), may(guest, 5, 6)]).toEqual([true, false, false]);
  expect(may('ada' as MemberId, 4_000)).toBe(true);
});
