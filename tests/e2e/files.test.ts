import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RoomId } from '../../shared/base/ids.ts';
import { axe } from '../support/axe.ts';
import { browserWorld } from '../support/browser.ts';
import { accounts, Journey } from '../support/journey.ts';
import { sendCommands } from '../support/journey-commands.ts';
import { until } from '../support/relay-process.ts';

const world = browserWorld();

interface Chosen {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Pictures as anybody has them: of what is on the screen. */
const picture = async (page: Page, name: string): Promise<Chosen> => ({
  name,
  mimeType: 'image/png',
  buffer: await page.screenshot(),
});
const bytes = (name: string, size: number): Chosen => ({
  name,
  mimeType: 'application/zip',
  buffer: randomBytes(size),
});
const sha = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
const choose = (page: Page, ...files: Chosen[]): Promise<void> =>
  page.locator('input[type=file][multiple]').setInputFiles(files);
const sendNow = (page: Page): Promise<void> =>
  page.getByRole('button', { name: 'Send', exact: true }).click();
const card = (page: Page, name: string) => page.getByRole('group', { name, exact: true });

async function downloaded(page: Page, name: string): Promise<Buffer> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: `Download ${name}` }).click();
  const download = await coming;
  expect(download.suggestedFilename()).toBe(name);
  return readFileSync(await download.path());
}

describe('files in messages', () => {
  let ann: Journey;
  let ben: Journey;
  beforeAll(async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann', 'Ben');
    const room = `${annAccount.workspace.id}/chat/boat` as RoomId;
    await sendCommands(world.relay.address, annAccount, 1, [
      [room, 'chat.create', { type: 'group', title: 'Boat trip', members: [benAccount.member.id] }],
      [room, 'chat.send', { text: 'Files follow' }],
    ]);
    ann = new Journey(await world.newPerson('Ann'));
    ben = new Journey(await world.newPerson('Ben', { phone: true }));
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
    await ann.openConversation('Boat trip');
    await ben.openConversation('Boat trip');
    await ben.message('Files follow').waitFor();
  }, 60_000);

  it('are chosen, seen as a gallery, looked at, and saved as they were', async () => {
    const { page } = ann.person;
    const [one, two] = [await picture(page, 'harbour.png'), await picture(ben.person.page, 'boat.png')];
    const map = bytes('map.zip', 300_000);
    await choose(page, one, two, map, bytes('a slip.zip', 10));
    const tray = page.getByRole('list', { name: 'Files to send' });
    await expect.poll(() => tray.getByRole('listitem').count()).toBe(4);
    await page.getByRole('button', { name: 'Remove a slip.zip' }).click();
    await ann.send('Where we went');

    const there = ben.person.page;
    await there.getByRole('button', { name: 'Picture harbour.png' }).click();
    const viewer = there.getByRole('dialog', { name: 'Pictures and videos' });
    await viewer.getByRole('img', { name: 'Picture harbour.png, 1 of 2' }).waitFor();
    await there.keyboard.press('ArrowRight');
    await viewer.getByRole('img', { name: 'Picture boat.png, 2 of 2' }).waitFor();
    await there.keyboard.press('Escape');
    await viewer.waitFor({ state: 'hidden' });
    await ben.message('Where we went').waitFor();
    expect(sha(await downloaded(there, 'map.zip'))).toBe(sha(map.buffer));
    await ann.person.page.getByRole('button', { name: 'Picture boat.png' }).waitFor();
  }, 60_000);

  it('are dropped and pasted into the conversation', async () => {
    const { page } = ann.person;
    const drop = async (kind: 'drop' | 'paste', name: string): Promise<void> => {
      await page.getByRole('textbox', { name: /^Message to / }).evaluate(
        (box, [event, fileName]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(['some words'], fileName!, { type: 'text/plain' }));
          const init = { bubbles: true, cancelable: true };
          box.dispatchEvent(
            event === 'drop'
              ? new DragEvent('drop', { ...init, dataTransfer: transfer })
              : new ClipboardEvent('paste', { ...init, clipboardData: transfer }),
          );
        },
        [kind, name],
      );
    };
    await drop('drop', 'dropped.txt');
    await drop('paste', 'pasted.txt');
    await page.getByRole('listitem', { name: 'pasted.txt' }).waitFor();
    await sendNow(page);
    await card(ben.person.page, 'dropped.txt').waitFor();
    expect((await downloaded(ben.person.page, 'pasted.txt')).toString()).toBe('some words');
  }, 60_000);

  it('that only call themselves pictures are harmless', async () => {
    const page = '<!doctype html><script>document.title = "taken over"</script>';
    await choose(ann.person.page, { name: 'cat.png', mimeType: 'image/png', buffer: Buffer.from(page) });
    await sendNow(ann.person.page);
    const tile = ben.person.page.getByRole('button', { name: 'Picture cat.png' });
    await tile.waitFor();
    await until('nothing is shown in its place', async () => (await tile.locator('svg').count()) === 1);
    const { hash, room } = await ben.person.page.evaluate(async () => {
      const stored = await new Promise<IDBDatabase>((resolve) => {
        void indexedDB.databases().then((all) => {
          const opening = indexedDB.open(all.find(({ name }) => !name?.endsWith(':search'))!.name!);
          opening.onsuccess = () => resolve(opening.result);
        });
      });
      const rows = await new Promise<{ room: string; hash: string; size: number }[]>((resolve) => {
        const all = stored.transaction('blobs').objectStore('blobs').getAll();
        all.onsuccess = () => resolve(all.result as never);
      });
      stored.close();
      return rows.find(({ size }) => size < 100)!;
    });
    // Opened as a page it is not one.
    const address = `/api/blob?room=${encodeURIComponent(room)}&hash=${hash}`;
    const answer = await ben.person.page.evaluate(async (at) => {
      const response = await fetch(at);
      return [response.headers.get('content-type'), response.headers.get('content-disposition')];
    }, address);
    expect(answer[0]).toBe('application/octet-stream');
    expect(answer[1]).toMatch(/^attachment/);
  }, 60_000);

  it('wait for the network on the device, over a restart, and then arrive', async () => {
    await ann.person.goOffline();
    const notes = bytes('notes.zip', 50_000);
    await choose(ann.person.page, notes);
    await sendNow(ann.person.page);
    await card(ann.person.page, 'notes.zip').getByText('Waits for the network').waitFor();
    const page = await ann.person.restart();
    await ann.openConversation('Boat trip');
    await card(page, 'notes.zip').getByText('Waits for the network').waitFor();
    await ann.person.goOnline();
    await card(ben.person.page, 'notes.zip').waitFor();
    expect(sha(await downloaded(ben.person.page, 'notes.zip'))).toBe(sha(notes.buffer));
    // What was seen once is here without a network.
    await ben.person.goOffline();
    expect(sha(await downloaded(ben.person.page, 'notes.zip'))).toBe(sha(notes.buffer));
    await ben.person.goOnline();
  }, 60_000);

  it('go on where they were when the relay dies in the middle', async () => {
    const film = bytes('film.zip', 48 * 1024 * 1024);
    const folder = join(world.relay.data, 'blobs', 'parts');
    const received = (): number =>
      Math.max(0, ...readdirSync(folder).map((name) => statSync(join(folder, name)).size));
    // Too much to be handed to the browser but by its place on a disk.
    const disk = mkdtempSync(join(tmpdir(), 'weft-film-'));
    onTestFinished(() => rmSync(disk, { recursive: true }));
    const path = join(disk, film.name);
    writeFileSync(path, film.buffer);
    await ann.person.page.locator('input[type=file][multiple]').setInputFiles(path);
    await sendNow(ann.person.page);
    await until('some of it is there', () => received() > 1024 * 1024);
    await world.relay.kill9();
    const kept = received();
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(film.buffer.length);
    await world.relay.start();
    ann.person.page.evaluate(() => dispatchEvent(new Event('online'))).catch(() => undefined);
    const place = join(world.relay.data, 'blobs', sha(film.buffer).slice(0, 2), sha(film.buffer));
    await until('all of it is there', () => existsSync(place), 40_000);
    expect(received()).toBe(0);
    expect(sha(await downloaded(ben.person.page, 'film.zip'))).toBe(sha(film.buffer));
  }, 90_000);

  it('are spoken into the microphone and heard by the other', async () => {
    const { page } = ann.person;
    await page.getByRole('button', { name: 'Record a voice note' }).click();
    await page.getByRole('timer', { name: /Recording, 0:0[1-9]/ }).waitFor();
    await page.getByRole('button', { name: 'Send the voice note' }).click();
    const note = ben.person.page.getByRole('group', { name: /^Voice note, 0:0/ });
    await note.getByRole('button', { name: 'Play' }).click();
    await note.getByRole('button', { name: 'Pause' }).waitFor();
  }, 60_000);

  it('are spoken on a phone while the finger holds the button', async () => {
    const { page, context } = ben.person;
    const notes = ann.person.page.getByRole('group', { name: /^Voice note, / });
    const before = await notes.count();
    const record = page.getByRole('button', { name: 'Record a voice note' });
    const box = await record.boundingBox();
    const finger = await context.newCDPSession(page);
    const at = { x: box!.x + box!.width / 2, y: box!.y + box!.height / 2 };
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x?: number): Promise<unknown> =>
      finger.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: x === undefined ? [] : [{ x, y: at.y }],
      });
    // Slid away it is nothing; let go where it was it is sent.
    await touch('touchStart', at.x);
    await page.getByRole('timer', { name: /Recording, 0:0[1-9]/ }).waitFor();
    await touch('touchMove', at.x - 150);
    await page.getByText('Let go to throw it away').waitFor();
    await touch('touchEnd');
    await page.getByRole('timer').waitFor({ state: 'hidden' });
    await record.waitFor();
    await touch('touchStart', at.x);
    await page.getByRole('timer', { name: /Recording, 0:0[1-9]/ }).waitFor();
    await touch('touchEnd');
    await until('it is at the other side', async () => (await notes.count()) === before + 1);
  }, 60_000);

  it('are forwarded to another conversation, which then has them too', async () => {
    const { page } = ann.person;
    const message = ann.message('Where we went');
    await message.scrollIntoViewIfNeeded();
    await message.click({ button: 'right', position: { x: 5, y: 5 } });
    await page.getByRole('menuitem', { name: 'Forward' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Ben' }).first().click();
    await dialog.getByRole('button', { name: /^Send to/ }).click();
    await ben.person.page.getByRole('button', { name: 'Back to messages' }).click();
    await ben.conversation('Ann').click();
    await ben.message('Where we went').waitFor();
    const saved = await downloaded(ben.person.page, 'map.zip');
    expect(saved.length).toBe(300_000);
  }, 60_000);

  it('can be used without seeing or pointing', async () => {
    expect(await axe(ann.person.page)).toEqual([]);
    expect(await axe(ben.person.page)).toEqual([]);
    await ben.person.page.getByRole('button', { name: /^Picture boat/ }).click();
    await ben.person.page.getByRole('dialog', { name: 'Pictures and videos' }).waitFor();
    expect(await axe(ben.person.page)).toEqual([]);
  }, 60_000);
});
