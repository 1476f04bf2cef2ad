import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { RoomId, WorkspaceId } from '../../shared/base/ids.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { accounts, Journey, owner, type Account } from '../support/journey.ts';
import { sendCommands, type Command } from '../support/journey-commands.ts';
import { copyOfDevice, copyOfRelay, untilEqual } from '../support/journey-copies.ts';
import { until } from '../support/relay-process.ts';
import { signIn } from '../support/sign-in.ts';

const world = browserWorld();

let numbers = 1_000;
/** A command by HTTP, in the name of somebody who sits at no browser for it. */
async function order(by: Account, ...command: Command): Promise<void> {
  await sendCommands(world.relay.address, by, (numbers += 1), [command]);
}

const room = (of: Account, kind: string, id: string, part?: string): RoomId =>
  roomId(of.workspace.id as WorkspaceId, kind, id, part);

/** Every letter that this browser keeps of anybody, in whatever store, as one text. */
const everythingKept = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const ended = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('the database failed'));
      });
    const found: string[] = [];
    const note = (value: unknown): void => {
      if (value instanceof Uint8Array) found.push(new TextDecoder().decode(value));
      else if (Array.isArray(value)) value.forEach(note);
      else if (typeof value === 'object' && value) Object.values(value).forEach(note);
      else if (typeof value === 'string') found.push(value);
    };
    for (const { name } of await indexedDB.databases()) {
      if (!name) continue;
      const db = await ended(indexedDB.open(name));
      for (const store of db.objectStoreNames)
        note(await ended(db.transaction(store).objectStore(store).getAll()));
      db.close();
    }
    for (const name of await caches.keys())
      if (!name.startsWith('weft-files-')) found.push(`a cache: ${name}`);
    note(Object.entries(localStorage).filter(([key]) => !/language|theme/.test(key)));
    return found.join('\n');
  });

const openSync = (journey: Journey): Promise<void> =>
  journey.page.getByRole('button', { name: /^Network and sync/ }).click();

async function downloaded(page: Page, click: () => Promise<void>): Promise<string> {
  const download = page.waitForEvent('download');
  await click();
  return readFileSync(await (await download).path(), 'utf8');
}

describe('rights that moved while a device was away', () => {
  it('words for a document that may not be written any more are kept aside, and the document goes on', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann Right', 'Ben Right');
    const ann = new Journey(await world.newPerson('Ann'));
    const ben = new Journey(await world.newPerson('Ben', { phone: true, language: 'zh' }), 'zh');
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
    await ann.go('Docs');
    await ann.newDocument('Plan of the year');
    await ann.writeAtEnd('Everybody may read this. ');
    await ann.saved();
    const id = ann.openId();
    await ann.person.goOffline();
    await ann.writeAtEnd('Written in the train.');
    await ann.page.getByText('Saved on this device').waitFor();
    await order(benAccount, room(benAccount, 'doc', id, 'about'), 'doc.delete', {});
    await ann.person.goOnline();

    const box = ann.page.getByRole('status').filter({ hasText: 'What you wrote here was not accepted.' });
    await box.waitFor();
    await until('the page shows what everybody has', async () => {
      const now = await ann.written();
      return now.includes('Everybody may read this.') && !now.includes('train');
    });
    await screenshot(ann.page, 'rights/refused');
    const file = await downloaded(ann.page, () => box.getByRole('button', { name: 'Download' }).click());
    expect((JSON.parse(file) as { texts: { words: string }[] }).texts[0]?.words).toBe(
      'Written in the train.',
    );

    // The document comes back, and then the words do.
    await order(benAccount, room(benAccount, 'doc', id, 'about'), 'doc.restore', {});
    await ann.page.getByText('This document is in the trash.').waitFor({ state: 'detached' });
    await box.getByRole('button', { name: 'Send again' }).click();
    await box.waitFor({ state: 'detached' });
    await ann.reads('Written in the train.');
    await ann.saved();
    await ben.person.open(`/docs/${id}`);
    await ben.reads('Everybody may read this. Written in the train.');
    await ann.writeAtEnd(' And on.');
    await ben.reads('Written in the train. And on.');

    // On a phone, in the other language, and dismissed.
    await ben.person.goOffline();
    await ben.writeAtEnd('手机上写的');
    await order(annAccount, room(annAccount, 'doc', id, 'about'), 'doc.delete', {});
    await ben.person.goOnline();
    const refused = ben.page.getByRole('status').filter({ hasText: '你在这里写的内容没有被接受。' });
    await refused.waitFor();
    await screenshot(ben.page, 'rights/refused-phone-zh');
    await refused.getByRole('button', { name: '丢弃' }).click();
    await refused.waitFor({ state: 'detached' });
    expect(await everythingKept(ben.page)).not.toContain('手机上写的');
  });

  it('of a conversation one was taken out of, only the own unsent words stay', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann Out', 'Ben Out');
    const ann = new Journey(await world.newPerson('Ann'));
    await ann.signIn(annAccount);
    const chat = room(benAccount, 'chat', 'outing');
    await order(benAccount, chat, 'chat.create', {
      type: 'group',
      title: 'The outing',
      members: [annAccount.member.id],
    });
    await order(benAccount, chat, 'chat.send', { text: 'Between us only.' });
    await ann.openConversation('The outing');
    await ann.message('Between us only.').waitFor();
    await ann.saved();
    await ann.person.goOffline();
    await ann.send('Ann, from the tunnel.');
    await ann.composer().fill('Half a thought of hers');
    await ann.go('Docs');
    await order(benAccount, chat, 'chat.send', { text: 'She never reads this.' });
    await order(benAccount, chat, 'chat.removeMember', { member: annAccount.member.id });
    await ann.person.goOnline();
    await ann.page.getByRole('button', { name: /2 not accepted/ }).waitFor();
    await ann.go('Messages');
    await ann.conversation('The outing').waitFor({ state: 'detached' });
    const kept = await everythingKept(ann.page);
    for (const gone of ['Between us only.', 'She never reads this.', 'The outing'])
      expect(kept).not.toContain(gone);
    await openSync(ann);
    await screenshot(ann.page, 'rights/taken-out');
    const file = await downloaded(ann.page, () =>
      ann.page.getByRole('button', { name: 'Download', exact: true }).click(),
    );
    for (const own of ['Ann, from the tunnel.', 'Half a thought of hers']) expect(file).toContain(own);
    for (let left = 2; left > 0; left--)
      await ann.page.getByRole('button', { name: 'Discard' }).first().click();
    await ann.saved();
    expect(await everythingKept(ann.page)).not.toContain('Half a thought');
  });

  it('a removed member keeps nothing, at the screen or away, not even what was not sent', async () => {
    const [cidAccount, dotAccount] = await accounts(world.relay.address, 'Cid Gone', 'Dot Gone');
    const admin = await owner(world.relay.address);
    const cid = new Journey(await world.newPerson('Cid'));
    const dot = new Journey(await world.newPerson('Dot'));
    await Promise.all([cid.signIn(cidAccount), dot.signIn(dotAccount)]);
    for (const journey of [cid, dot]) journey.person.excuse(/status of 40[13]|WebSocket/);
    await dot.startDirect('Cid Gone');
    await dot.send('See you at noon.');
    await dot.saved();
    await dot.person.goOffline();
    await dot.send('Nobody will hear this.');
    const directory = room(admin, 'directory', 'main');
    await order(admin, directory, 'member.remove', { member: dotAccount.member.id });
    await order(admin, directory, 'member.remove', { member: cidAccount.member.id });
    await cid.page.getByText('You are no longer a member of this workspace.').waitFor({ timeout: 5_000 });
    await dot.person.goOnline();
    await dot.page.getByText('You are no longer a member of this workspace.').waitFor();
    await screenshot(dot.page, 'rights/removed');
    for (const journey of [cid, dot])
      await until('nothing is kept', async () => (await everythingKept(journey.page)) === '');
  });

  it('a session that was ended keeps unsent words for the same person, away from the next one', async () => {
    const [eveAccount, flyAccount] = await accounts(world.relay.address, 'Eve Ended', 'Fly Ended');
    const eve = new Journey(await world.newPerson('Eve'));
    await eve.signIn(eveAccount);
    await eve.startDirect('Fly Ended');
    await eve.send('Heard by both.');
    await eve.saved();
    await eve.person.goOffline();
    await eve.send('Said in a lift.');
    // From another device: somebody has her password, or she thinks so.
    const answer = await fetch(`${world.relay.address}/api/sign-out-everywhere`, {
      method: 'POST',
      headers: { authorization: `Bearer ${eveAccount.token}` },
    });
    expect(answer.status).toBe(204);
    eve.person.excuse(/status of 401|WebSocket/);
    await eve.person.goOnline();
    await eve.page.getByText('1 change never reached the relay.').waitFor();
    await until('only her own words are kept', async () => {
      const kept = await everythingKept(eve.page);
      return kept.includes('Said in a lift.') && !kept.includes('Heard by both.');
    });
    await screenshot(eve.page, 'rights/ended');

    const fly = new Journey(eve.person);
    await fly.signIn(flyAccount);
    await fly.openConversation('Eve Ended');
    await fly.message('Heard by both.').waitFor();
    expect(await fly.message('Said in a lift.').count()).toBe(0);
    await fly.go('Settings');
    await fly.page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await fly.page
      .getByRole('dialog')
      .getByRole('button', { name: /^Sign out/ })
      .last()
      .click();
    await fly.page.getByRole('button', { name: 'Sign in' }).waitFor();

    await eve.signIn(eveAccount);
    await eve.openConversation('Fly Ended');
    await eve.message('Said in a lift.').waitFor();
    expect(await eve.message('Said in a lift.').count()).toBe(1);
    await eve.saved();
  });
});

describe('a relay that was restored from a backup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-backups-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const command = (program: string, ...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const path = new URL(`../../server/${program}.ts`, import.meta.url).pathname;
      const child = spawn(process.execPath, ['--import', 'tsx', path, ...args, '--data', world.relay.data]);
      const said: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
      child.once('exit', (status) => {
        const text = Buffer.concat(said).toString();
        if (status === 0) resolve(text);
        else reject(new Error(`${program} ended with ${status}:\n${text}`));
      });
    });

  it('has everything again that two browsers hold, one of which was away', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann Back', 'Ben Back');
    const ann = new Journey(await world.newPerson('Ann'));
    const ben = new Journey(await world.newPerson('Ben'));
    for (const journey of [ann, ben]) journey.person.excuse(/status of (40[13]|50[23])|WebSocket/);
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
    await ann.startDirect('Ben Back');
    await ann.send('Before the backup.');
    await ann.saved();
    await command('backup', '--to', folder);

    await ann.send('Lost by the relay, one.');
    await ben.openConversation('Ann Back');
    await ben.message('Lost by the relay, one.').waitFor();
    await ben.send('Lost by the relay, two.');
    await ann.message('Lost by the relay, two.').waitFor();
    await ann.go('Docs');
    await ann.newDocument('Lost document');
    await ann.writeAtEnd('Ann wrote this. ');
    await ann.saved();
    const id = ann.openId();
    await ben.go('Docs');
    await ben.openDocument('Lost document');
    await ben.reads('Ann wrote this.');
    await ben.writeAtEnd('Ben wrote that.');
    await ann.reads('Ben wrote that.');
    await Promise.all([ann.saved(), ben.saved()]);
    // Ben is away while it happens, and writes on.
    await ben.person.goOffline();
    await ben.writeAtEnd(' Ben, in the dark.');
    await ben.page.getByText('Saved on this device').waitFor();

    await world.relay.kill9();
    const backup = join(folder, readdirSync(folder)[0]!);
    const said = await command('restore', '--from', backup, '--replace');
    expect(said).toContain('It goes on as epoch');
    await world.relay.start();
    await ann.saved();
    await ann.reads('Ann wrote this. Ben wrote that.');
    await ben.person.goOnline();
    await ben.saved();
    await ann.reads('Ben wrote that. Ben, in the dark.');
    await ann.person.open(`/docs/${id}`);
    await ann.reads('Ann wrote this. Ben wrote that. Ben, in the dark.');
    await ann.go('Messages');
    await ann.openConversation('Ben Back');
    for (const text of ['Before the backup.', 'Lost by the relay, one.', 'Lost by the relay, two.']) {
      await ann.message(text).waitFor();
      expect(await ann.message(text).count()).toBe(1);
    }
    await ann.send('And on.');
    await Promise.all([ann.saved(), ben.saved()]);
    await untilEqual([
      () => copyOfRelay(world.relay.address, annAccount.token),
      () => copyOfDevice(ann.page),
      () => copyOfDevice(ben.page),
    ]);
  });

  it('finds what it lost on a device whose session it does not know any more', async () => {
    const [ginAccount, hugAccount] = await accounts(world.relay.address, 'Gin Back', 'Hug Back');
    const gin = new Journey(await world.newPerson('Gin'));
    gin.person.excuse(/status of (40[13]|50[23])|WebSocket/);
    await gin.signIn(ginAccount);
    await gin.startDirect('Hug Back');
    await gin.send('Before it.');
    await gin.saved();
    const place = mkdtempSync(join(folder, 'second-'));
    await command('backup', '--to', place);
    await gin.send('After it, and lost.');
    await gin.saved();
    await world.relay.kill9();
    // Without the journal nobody knows who was sent away since: everybody signs in again.
    rmSync(join(world.relay.data, 'revocations.log'));
    const backup = join(place, readdirSync(place)[0]!);
    expect(await command('restore', '--from', backup, '--replace')).toContain('All sessions are over');
    await world.relay.start();
    await gin.page.getByText('The relay was restored from a backup').waitFor({ timeout: 40_000 });
    await screenshot(gin.page, 'rights/restored');
    await gin.signIn(ginAccount);
    await gin.openConversation('Hug Back');
    await gin.message('After it, and lost.').waitFor();
    expect(await gin.message('After it, and lost.').count()).toBe(1);
    await gin.saved();
    const hug = await signIn(world.relay.address, hugAccount);
    await untilEqual([() => copyOfRelay(world.relay.address, hug.token), () => copyOfDevice(gin.page)]);
  });
});
