import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newestBackup } from '../../../server/backup/backup.ts';
import { unfinishedRestore } from '../../../server/backup/folder-files.ts';
import { restoreBackup } from '../../../server/backup/restore.ts';
import { FolderError } from '../../../server/folder-error.ts';
import { allow } from '../../../shared/access/actor.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import { DrillDevice, DrillSite } from './drill.ts';

let site: DrillSite;
let directory: RoomId;
const ada = 'ada' as MemberId;

beforeEach(async () => {
  site = new DrillSite();
  await site.start();
  directory = roomId(site.relay.workspace, 'directory', 'main');
  await enter('ada', 'owner');
});
afterEach(async () => {
  if (site.isRunning) await site.stop();
  site.end();
});

const enter = (member: string, role = 'member', also?: () => void): Promise<void> => {
  const data = { member, name: member, email: `${member}@example.org`, role };
  return site.relay.appendFact(directory, 'member.join', member as MemberId, data, also);
};
const wish = (more: object = {}) => ({
  from: site.backups.at(-1)!,
  data: site.data,
  revocations: site.revocations,
  replace: true,
  version: 'test',
  clock: site.clock,
  ...more,
});

async function putPicture(text: string): Promise<string> {
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from(text.padEnd(64))]);
  const hash = createHash('sha256').update(png).digest('hex');
  const room = roomId(site.relay.workspace, 'scratch', 'pictures');
  async function* bytes() {
    yield await Promise.resolve(new Uint8Array(png));
  }
  expect(
    await site.workspace.blobs.put({ room, hash, by: ada, bytes: bytes(), mayStill: () => allow }),
  ).toMatchObject({ ok: true });
  return hash;
}

describe('a backup', () => {
  it('lies in a folder of its own, shares its pictures with earlier ones, and leaves those as they are', async () => {
    const one = await putPicture('one');
    await site.backUp();
    const [first] = site.backups as [string];
    const before = readFileSync(join(first, 'backup.json'));
    const two = await putPicture('two');
    await site.backUp();
    const second = site.backups[1]!;
    const picture = (folder: string, hash: string): string => join(folder, 'blobs', hash.slice(0, 2), hash);
    expect(statSync(picture(second, one)).ino).toBe(statSync(picture(first, one)).ino);
    expect(existsSync(picture(second, two))).toBe(true);
    expect(existsSync(picture(first, two))).toBe(false);
    expect(readFileSync(join(first, 'backup.json'))).toEqual(before);
    expect(newestBackup(dirname(second))).toBe(second);
    expect(readdirSync(dirname(second)).sort()).toEqual([basename(first), basename(second)].sort());
    expect(JSON.parse(readFileSync(join(second, 'backup.json'), 'utf8'))).toMatchObject({
      workspace: site.relay.workspace,
      epoch: site.relay.epoch,
      pictures: { count: 2, missing: [] },
    });
  });

  it('says which pictures it lacks', async () => {
    const hash = await putPicture('gone');
    unlinkSync(join(site.data, 'blobs', hash.slice(0, 2), hash));
    await site.backUp();
    const said = JSON.parse(readFileSync(join(site.backups[0]!, 'backup.json'), 'utf8')) as object;
    expect(said).toMatchObject({ pictures: { count: 0, missing: [hash] } });
  });

  it('is told to devices once it is verified', async () => {
    const device = new DrillDevice(ada);
    site.signIn(device);
    await device.connect(site.relay, true);
    expect(device.welcome).toMatchObject({ backedUp: 0, epochs: [] });
    await site.backUp();
    device.disconnect();
    await device.connect(site.relay, true);
    expect(device.welcome?.backedUp).toBe(device.welcome?.head);
  });

  it('is refused when anything in it is not as it was', async () => {
    await site.backUp();
    await site.stop();
    const [backup] = site.backups as [string];
    const refused = (): Promise<unknown> =>
      expect(restoreBackup(wish())).rejects.toThrow(/damaged|not a backup/);
    const file = join(backup, 'weft.db');
    const whole = readFileSync(file);
    const bytes = Buffer.from(whole);
    bytes[Math.floor(bytes.length / 2)]! ^= 4;
    writeFileSync(file, bytes);
    await refused();
    writeFileSync(file, whole.subarray(0, whole.length - 4096));
    await refused();
    unlinkSync(file);
    await refused();
    writeFileSync(file, whole);
    const said = readFileSync(join(backup, 'backup.json'), 'utf8');
    writeFileSync(join(backup, 'backup.json'), said.replace('"format": 1', '"format": 2'));
    await refused();
    unlinkSync(join(backup, 'backup.json'));
    await refused();
    writeFileSync(join(backup, 'backup.json'), said);
    expect(await restoreBackup(wish())).toMatchObject({ manifest: { format: 1 } });
  });
});

describe('a restore', () => {
  it('moves aside what is in the folder, only when it may, and deletes nothing', async () => {
    await site.backUp();
    await site.relay.appendFact(directory, 'workspace.rename', ada, { name: 'Later' });
    await site.stop();
    const before = readFileSync(join(site.data, 'weft.db'));
    await expect(restoreBackup(wish({ replace: false }))).rejects.toThrow('is not empty');
    expect(readFileSync(join(site.data, 'weft.db')).equals(before)).toBe(true);
    const { aside } = await restoreBackup(wish());
    expect(readFileSync(join(aside!, 'weft.db')).equals(before)).toBe(true);
    await site.start();
    expect(site.relay.directory()).toMatchObject({ name: '', members: { ada: { role: 'owner' } } });
  });

  it('is refused while a relay uses the folder', async () => {
    await site.backUp();
    await expect(restoreBackup(wish())).rejects.toThrow('A relay is using');
    expect(site.relay.health()).toMatchObject({ ok: true });
  });

  it('that was not finished keeps a relay from starting, until it is done again', async () => {
    await site.backUp();
    await site.stop();
    mkdirSync(unfinishedRestore(site.data));
    await expect(site.start()).rejects.toBeInstanceOf(FolderError);
    await restoreBackup(wish());
    await site.start();
    expect(site.relay.actor(ada)?.active).toBe(true);
  });

  it('draws an epoch of its own each time, and tells devices where the others ended', async () => {
    await site.backUp();
    const { epoch } = site.relay;
    await site.stop();
    const one = await restoreBackup(wish());
    const two = await restoreBackup(wish());
    expect(new Set([epoch, one.epoch, two.epoch]).size).toBe(3);
    expect(two.before).toEqual({ epoch, until: one.before.until });
    await site.start();
    const device = new DrillDevice(ada);
    site.signIn(device);
    await device.connect(site.relay, true);
    // Whoever saw the other relay made of this backup finds an epoch that is not in the list.
    expect(device.welcome).toMatchObject({ epoch: two.epoch, epochs: [two.before] });
    expect(JSON.stringify(device.welcome?.epochs)).not.toContain(one.epoch);
  });

  it('gives client ids above all that were given, though the clock was set back', async () => {
    await site.backUp();
    const device = new DrillDevice(ada);
    site.signIn(device);
    await device.connect(site.relay, true);
    await device.write(roomId(site.relay.workspace, 'scratch', 's'), 'x');
    const highest = Math.max(...device.leases.map(({ id }) => id));
    device.disconnect();
    await site.stop();
    site.pass(-3_600_000);
    await restoreBackup(wish());
    await site.start();
    const [next] = await site.relay.lease(device.caller, 1);
    expect(next).toBeGreaterThan(highest);
  });

  it('is not needed for that: ids rise over a restart with a clock that was set back', async () => {
    const device = new DrillDevice(ada);
    const given = await site.relay.lease(device.caller, 32);
    await site.stop();
    site.pass(-3_600_000);
    await site.start();
    const next = await site.relay.lease(device.caller, 32);
    expect(Math.min(...next)).toBeGreaterThan(Math.max(...given));
  });

  it('keeps newer passwords, used invitations and ended sessions, and the sessions of everybody else', async () => {
    const stays = new DrillDevice(ada);
    const goes = new DrillDevice(ada);
    for (const device of [stays, goes]) site.signIn(device);
    const { authStore, auth } = site.workspace;
    authStore.insertAccount({ member: ada, email: 'ada@example.org', password: 'old', createdAt: 1 });
    const invite = async (maxUses: number | null) => {
      const wish = { role: 'member' as const, maxUses, expiresInDays: 9, approve: false };
      const made = await auth.invitations.create(ada, wish);
      if (!made.ok) throw new Error(made.error.message);
      return made.value;
    };
    const [once, open] = [await invite(1), await invite(null)];
    await site.backUp();
    authStore.setPassword(ada, 'new');
    authStore.useInvitation(once.id);
    await auth.invitations.revoke(ada, open.id);
    auth.sessions.end(ada, goes.session);
    await site.stop();
    const restored = await restoreBackup(wish());
    expect(restored.revoked).toMatchObject({ sessions: 1, invitations: 2, passwords: 1 });
    await site.start();
    const now = site.workspace;
    expect(now.authStore.accountOf(ada)?.password).toBe('new');
    for (const { code } of [once, open])
      expect(now.auth.invitations.look(code)).toMatchObject({ error: { code: 'link-expired' } });
    expect([site.isSignedIn(stays), site.isSignedIn(goes)]).toEqual([true, false]);
  });

  it('keeps people who joined after the backup, with their accounts, unless they have left again', async () => {
    const account = (member: string) => ({
      member: member as MemberId,
      email: `${member}@example.org`,
      password: 'p',
      createdAt: 1,
    });
    await site.backUp();
    for (const member of ['ben', 'eve'])
      await enter(member, 'member', () => site.workspace.authStore.insertAccount(account(member)));
    await site.relay.appendFact(directory, 'member.remove', ada, { member: 'eve' });
    await site.stop();
    expect((await restoreBackup(wish())).revoked).toMatchObject({ accounts: 2, entries: 3 });
    await site.start();
    expect(site.workspace.authStore.accountByEmail('ben@example.org')).toEqual(account('ben'));
    expect(site.relay.actor('ben' as MemberId)?.active).toBe(true);
    expect(site.relay.actor('eve' as MemberId)?.active).toBe(false);
  });

  it('keeps somebody who left and came back since the backup, with the address and password of then', async () => {
    const ben = 'ben' as MemberId;
    const account = { member: ben, email: 'ben@example.org', password: 'old', createdAt: 1 };
    await enter('ben', 'member', () => site.workspace.authStore.insertAccount(account));
    await site.backUp();
    await site.relay.appendFact(directory, 'member.remove', ada, { member: 'ben' });
    const again = { ...account, email: 'ben@other.org', password: 'new' };
    await enter('ben', 'member', () => {
      site.workspace.authStore.deleteAccount(ben);
      site.workspace.authStore.insertAccount(again);
    });
    await site.stop();
    await restoreBackup(wish());
    await site.start();
    expect(site.relay.actor(ben)?.active).toBe(true);
    expect(site.workspace.authStore.accountOf(ben)).toEqual(again);
    expect(site.workspace.authStore.accountByEmail('ben@example.org')).toBeNull();
  });

  it('ends all sessions and invitations when the journal is missing, older or damaged', async () => {
    const device = new DrillDevice(ada);
    site.signIn(device);
    const made = await site.workspace.auth.invitations.create(ada, {
      role: 'member',
      maxUses: null,
      expiresInDays: 9,
      approve: false,
    });
    await site.backUp();
    const whole = readFileSync(site.revocations);
    for (const spoil of [
      () => unlinkSync(site.revocations),
      () => writeFileSync(site.revocations, ''),
      () => appendFileSync(site.revocations, 'x\n'),
    ]) {
      if (site.isRunning) await site.stop();
      writeFileSync(site.revocations, whole);
      spoil();
      expect((await restoreBackup(wish())).revoked).toBeNull();
      await site.start();
      expect(site.isSignedIn(device)).toBe(false);
      expect(made.ok && site.workspace.auth.invitations.look(made.value.code).ok).toBe(false);
    }
    // And so it stays: what happened meanwhile is in no journal.
    await site.stop();
    expect((await restoreBackup(wish())).revoked).toBeNull();
  });
});
