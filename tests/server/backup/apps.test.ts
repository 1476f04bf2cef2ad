import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AppId, MemberId } from '../../../shared/base/ids.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import { DrillDevice, DrillSite } from './drill.ts';

const ada = 'ada' as MemberId;
let site: DrillSite;

beforeEach(async () => {
  site = new DrillSite();
  await site.start();
  const data = { member: ada, name: 'ada', email: 'ada@example.org', role: 'owner' };
  await site.relay.appendFact(roomId(site.relay.workspace, 'directory', 'main'), 'member.join', ada, data);
});
afterEach(async () => {
  if (site.isRunning) await site.stop();
  site.end();
});

const made = async (name: string): Promise<{ app: AppId; key: string }> => {
  const result = await site.workspace.apps.make(ada, name, ['customers:read']);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
const isLetIn = (key: string): boolean => site.workspace.apps.verify(key) !== null;

test('another system that was ended after the backup stays out of the restored workspace, whatever devices hand back', async () => {
  const [crm, shop, kept] = [await made('CRM'), await made('Shop'), await made('Kept')];
  const device = new DrillDevice(ada);
  expect(await device.connect(site.relay, true)).toBe(true);
  await site.backUp();
  await site.workspace.apps.revoke(ada, crm.app);
  const turned = await site.workspace.apps.rotate(ada, shop.app, 0);
  if (!turned.ok) throw new Error(turned.error.message);
  await device.fetch(site.relay);
  await site.stop();

  await site.restore(site.backups.at(-1)!);
  await site.start();
  const standing = () => [crm.key, shop.key, kept.key].map(isLetIn);
  expect(standing()).toEqual([false, false, true]);
  expect(await device.connect(site.relay, true)).toBe(true);
  await device.handBack(() => expect(standing()).toEqual([false, false, true]));
  expect(standing()).toEqual([false, false, true]);
  // A key that is younger than the backup is known to nobody: the system is given another one.
  expect(isLetIn(turned.value.key)).toBe(false);
});
