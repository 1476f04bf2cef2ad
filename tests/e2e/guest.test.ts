import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { newId, type MemberId, type RoomId } from '../../shared/base/ids.ts';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot, type Person } from '../support/browser.ts';
import { accounts, Journey } from '../support/journey.ts';
import { sendCommands, type Command } from '../support/journey-commands.ts';
import { until } from '../support/relay-process.ts';
import { join, signIn, type SignedIn } from '../support/sign-in.ts';

const world = browserWorld();

const words = {
  en: {
    agree: 'Agree and start',
    verified: 'Verified',
    message: 'Message',
    send: 'Send',
    conversation: 'Conversation',
    offline: 'No network. What you write is sent later.',
    waiting: 'Waiting to be sent',
    actions: 'Edit or take back',
    change: 'Edit',
    saveChange: 'Save the change',
    takeBack: 'Take back',
    takenBack: 'Message taken back',
    edited: 'edited',
    notSure: 'Check this',
    delivered: 'Delivered',
    read: 'Read',
    close: 'Close',
    about: 'About this conversation',
    name: 'Your name',
    save: 'Save',
    saved: 'Saved',
    complain: 'Complain',
    complainSend: 'Send complaint',
    complained: 'Your complaint has been sent.',
    end: 'End the conversation',
    endNow: 'End and delete here',
    ended: 'This conversation has ended',
    goOn: 'Continue by this link',
    again: 'Start a new conversation',
    other: '中文',
    otherMessage: '消息',
    noLink: 'This link is not valid',
    joined: 'joined the conversation',
  },
  zh: {
    agree: '同意并开始',
    verified: '已验证',
    message: '消息',
    send: '发送',
    conversation: '对话',
    offline: '没有网络，您写的内容会在联网后发送。',
    waiting: '等待发送',
    actions: '编辑或撤回',
    change: '编辑',
    saveChange: '保存修改',
    takeBack: '撤回',
    takenBack: '消息已撤回',
    edited: '已编辑',
    notSure: '请核对',
    delivered: '已送达',
    read: '已读',
    close: '关闭',
    about: '关于这次对话',
    name: '您的称呼',
    save: '保存',
    saved: '已保存',
    complain: '投诉',
    complainSend: '提交投诉',
    complained: '投诉已提交。',
    end: '结束对话',
    endNow: '结束并删除',
    ended: '对话已结束',
    goOn: '通过此链接继续',
    again: '开始新的对话',
    other: 'English',
    otherMessage: 'Message',
    noLink: '链接无效',
    joined: '加入了对话',
  },
} as const;

type Words = Record<keyof (typeof words)['en'], string>;

const privacy = 'We keep what you write for two years. 我们会保存两年。';
/** A red square of 2 × 2. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP8z8DAwMDAxAADAA4EAQOlVXvrAAAAAElFTkSuQmCC',
  'base64',
);

interface Entry {
  readonly seq: number;
  readonly type: string;
  readonly by: string;
  readonly data: { readonly text?: string; readonly files?: readonly { readonly hash: string }[] };
}

/** The seller, as a program: what the company's side looks like has tests of its own. */
class Seller {
  readonly me: SignedIn;
  #n = 1;

  constructor(me: SignedIn) {
    this.me = me;
  }

  room(name: string): RoomId {
    return `${this.me.workspace.id}/${name}` as RoomId;
  }

  async send(...commands: Command[]): Promise<void> {
    await sendCommands(world.relay.address, this.me, this.#n, commands);
    this.#n += commands.length;
  }

  async #get<Answer>(path: string): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.me.token}` };
    return (await (await fetch(world.relay.address + path, { headers })).json()) as Answer;
  }

  /** A link of their own; its code. */
  async link(change: object = {}): Promise<string> {
    const code = newId();
    const to = { member: this.me.member.id };
    const link = {
      ...{ id: newId(), code, name: 'Shop', on: true, until: null, to, source: 'shop', tags: [] },
      ...{ welcome: 'Hello from {company}!', hours: null, away: '' },
      ...change,
    };
    await this.send([this.room('customers/main'), 'customers.link', link]);
    return code;
  }

  /** The conversation that was begun last. */
  async newest(): Promise<{ readonly room: RoomId; readonly file: RoomId }> {
    const rooms = await this.#get<{ room: RoomId; cursor: number }[]>('/api/rooms?kind=chat');
    const customers = rooms.filter(({ room }) => room.includes('/chat/customer-') && !room.includes(':'));
    const [first] = customers.sort((a, b) => b.cursor - a.cursor);
    if (!first) throw new Error('nobody has begun');
    const { room } = first;
    return { room, file: room.replace('/chat/customer-', '/customer/') as RoomId };
  }

  async entries(room: RoomId): Promise<readonly Entry[]> {
    return (await this.#get<{ entries: Entry[] }>(`/api/log?room=${room}`)).entries;
  }

  async texts(room: RoomId): Promise<readonly string[]> {
    return (await this.entries(room)).flatMap(({ type, data }) =>
      type === 'chat.send' ? (data.text ?? '') : [],
    );
  }

  async has(room: RoomId, hash: string): Promise<boolean> {
    return (await this.#get<{ stored: boolean }>(`/api/blob/state?room=${room}&hash=${hash}`)).stored;
  }
}

/** A guest who has agreed, and what they say. */
async function begun(guest: Person, t: Words, code: string) {
  const page = await guest.open(`/c/${code}`);
  await page.getByRole('button', { name: t.agree }).click();
  await page.getByRole('textbox', { name: t.message }).waitFor();
  return { page, log: page.getByRole('log', { name: t.conversation }), ...(await ann.newest()) };
}

async function say(page: Page, t: Words, text: string): Promise<void> {
  await page.getByRole('textbox', { name: t.message }).fill(text);
  await page.getByRole('button', { name: t.send, exact: true }).click();
}

let ann: Seller;
let colleague: SignedIn;
beforeAll(async () => {
  const admin = await signIn(world.relay.address);
  ann = new Seller(admin);
  [colleague] = (await join(world.relay.address, admin, ['Bo Chen'])) as [SignedIn];
  await ann.send([
    ann.room('customers/main'),
    'customers.texts',
    { privacy, ended: 'Thank you for your visit.' },
  ]);
});

for (const language of ['en', 'zh'] as const) {
  const t = words[language];

  describe(`a customer with a phone, ${language}`, () => {
    test('opens a link, sees who it is, agrees, and talks', async () => {
      const code = await ann.link();
      const guest = await world.newPerson('guest', { language, phone: true });
      const page = await guest.open(`/c/${code}`);
      const log = page.getByRole('log', { name: t.conversation });

      // Who it is, what they say, and what one agrees to, before anything is sent.
      await page.getByRole('heading', { name: ann.me.member.name }).waitFor();
      await page.getByText(`Hello from ${ann.me.workspace.name}!`).waitFor();
      await page.getByText(privacy).waitFor();
      await page.getByRole('button', { name: t.verified }).click();
      await page.getByRole('dialog').getByText(new URL(guest.address).host, { exact: true }).waitFor();
      expect(await axe(page)).toEqual([]);
      await page.getByRole('button', { name: t.close }).click();
      expect(await axe(page)).toEqual([]);
      await screenshot(page, `guest-${language}-meeting`);
      await page.getByRole('button', { name: t.agree }).click();

      // Both ways.
      await log.getByText(`Hello from ${ann.me.workspace.name}!`).waitFor();
      await say(page, t, 'Do you have it in green?');
      await log.getByText(t.delivered).waitFor();
      const { room, file } = await ann.newest();
      expect(await ann.texts(room)).toContain('Do you have it in green?');
      const seq = (await ann.entries(room)).at(-1)!.seq;
      await ann.send([`${room}:reads` as RoomId, 'chat.read', { upTo: seq }]);
      await log.getByText(t.read, { exact: true }).waitFor();
      await ann.send([room, 'chat.send', { text: 'In green and in blue.' }]);
      await log.getByText('In green and in blue.').waitFor();

      // A picture arrives whole.
      await page
        .locator('input[type=file]')
        .setInputFiles({ name: 'room.png', mimeType: 'image/png', buffer: picture });
      await page.getByRole('button', { name: t.send, exact: true }).click();
      await log.getByRole('img', { name: /room\.png/ }).waitFor();
      const sent = await until('the picture is named', async () =>
        (await ann.entries(room)).flatMap(({ data }) => data.files ?? []).at(0),
      );
      await until('the picture is there', () => ann.has(room, sent.hash));

      // What was wrong is said otherwise, and what should not have been said is taken back.
      const mine = log.getByRole('article').filter({ hasText: 'Do you have it in green?' });
      await mine.getByRole('button', { name: t.actions }).click();
      await mine.getByRole('button', { name: t.change, exact: true }).click();
      await page.getByRole('textbox', { name: t.message }).fill('Do you have it in red?');
      await page.getByRole('button', { name: t.saveChange }).click();
      const edited = log.getByRole('article').filter({ hasText: 'Do you have it in red?' });
      await edited.getByText(t.edited).waitFor();
      await edited.getByRole('button', { name: t.actions }).click();
      await edited.getByRole('button', { name: t.takeBack, exact: true }).click();
      await log.getByText(t.takenBack).waitFor();
      await until('the company has neither', async () => {
        const all = JSON.stringify(await ann.entries(room));
        return all.includes('chat.recall') && !/in green\?|in red/.test(all);
      });

      // Somebody who comes in is told, in a line.
      await ann.send([file, 'customer.help', { add: [colleague.member.id as MemberId], remove: [] }]);
      await log.getByText(t.joined).waitFor();
      await log.getByText('Bo Chen').first().waitFor();
      expect(await axe(page)).toEqual([]);
      await screenshot(page, `guest-${language}-talking`);
    });

    test('writes without a network, and comes back to the same conversation', async () => {
      const guest = await world.newPerson('guest', { language, phone: true });
      const { page, log, room, file } = await begun(guest, t, await ann.link());
      await ann.send([room, 'chat.send', { text: 'In green and in blue.' }]);
      await log.getByText('In green and in blue.').waitFor();
      await page
        .locator('input[type=file]')
        .setInputFiles({ name: 'room.png', mimeType: 'image/png', buffer: picture });
      await page.getByRole('button', { name: t.send, exact: true }).click();
      await log.getByRole('img', { name: /room\.png/ }).waitFor();
      await log.getByText(t.delivered).waitFor();

      // Without a network the page opens, shows its copy, and keeps what is written.
      await page.evaluate(async () => void (await navigator.serviceWorker.ready));
      await guest.goOffline();
      await page.getByText(t.offline).waitFor();
      await say(page, t, 'Written in a tunnel');
      await log.getByText('Written in a tunnel').waitFor();
      await page.reload();
      await log.getByText('In green and in blue.').waitFor();
      await log.getByText('Written in a tunnel').waitFor();
      await log.getByText(t.waiting).waitFor();
      await log.getByRole('img', { name: /room\.png/ }).waitFor();
      await ann.send([room, 'chat.send', { text: 'Are you there?' }]);
      await guest.goOnline();
      await log.getByText('Are you there?').waitFor();
      await until('it is there once', async () => {
        const texts = await ann.texts(room);
        return texts.filter((text) => text === 'Written in a tunnel').length === 1;
      });

      // The same browser comes back to the same conversation, also by another link.
      const other = await ann.link({ name: 'Fair', source: 'fair' });
      const back = await guest.restart(`/c/${other}`);
      await back.getByRole('log').getByText('Are you there?').waitFor();
      expect((await ann.newest()).room).toBe(room);
      await until('the company knows by which link they came', async () =>
        (await ann.entries(file)).some(({ type }) => type === 'customer.come'),
      );
    });

    test('says who they are, complains, changes the language, and ends it', async () => {
      const guest = await world.newPerson('guest', { language, phone: true });
      const { page, file } = await begun(guest, t, await ann.link());
      await page.getByRole('button', { name: t.about }).click();
      await page.getByLabel(t.name).fill('Mei Lin');
      await page.getByRole('button', { name: t.save, exact: true }).click();
      await page.getByText(t.saved, { exact: true }).waitFor();
      await page.getByRole('button', { name: t.complain }).click();
      await page.getByRole('dialog').getByRole('textbox').fill('Nobody answered me yesterday.');
      await page.getByRole('button', { name: t.complainSend }).click();
      await page.getByText(t.complained).waitFor();
      await page.getByRole('button', { name: t.close }).click();
      const heard = (await ann.entries(file)).map(({ type }) => type);
      expect(heard).toEqual(expect.arrayContaining(['customer.introduce', 'customer.complain']));
      await page.getByRole('button', { name: t.other }).click();
      await page.getByRole('textbox', { name: words[language === 'en' ? 'zh' : 'en'].message }).waitFor();
      await page.getByRole('button', { name: words[language === 'en' ? 'zh' : 'en'].other }).click();

      // They end it: nothing of it stays in this browser.
      await page.getByRole('button', { name: t.about }).click();
      await page.getByRole('button', { name: t.end }).click();
      await page.getByRole('button', { name: t.endNow }).click();
      await page.getByRole('heading', { name: t.ended }).waitFor();
      const left = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
      expect(left).toEqual([]);
      await page.getByRole('button', { name: t.again }).click();
      await page.getByRole('button', { name: t.agree }).waitFor();
      expect((await ann.entries(file)).map(({ type }) => type)).toContain('customer.end');
    });

    test('reads why when the company ends the conversation, or the link is off', async () => {
      const guest = await world.newPerson('guest', { language, phone: true });
      // The browser says so of every refusal that the page shows in words.
      guest.excuse(/status of 4\d\d|Authentication failed/);
      const page = await guest.open(`/c/${await ann.link()}`);
      await page.getByRole('button', { name: t.agree }).click();
      await page.getByRole('textbox', { name: t.message }).waitFor();
      const { room, file } = await ann.newest();
      await ann.send([file, 'customer.end', {}]);
      await page.getByRole('heading', { name: t.ended }).waitFor();
      await page.getByText('Thank you for your visit.').waitFor();
      expect(await page.getByRole('textbox', { name: t.message }).count()).toBe(0);
      expect(await axe(page)).toEqual([]);
      await page.reload();
      await page.getByRole('heading', { name: t.ended }).waitFor();
      expect(await page.getByRole('button', { name: t.goOn }).count()).toBe(0);

      // Opened again, the same link leads back into it.
      await ann.send([file, 'customer.reopen', {}]);
      await page.reload();
      await page.getByRole('button', { name: t.goOn }).click();
      await page.getByRole('textbox', { name: t.message }).waitFor();
      await ann.send([room, 'chat.send', { text: 'Welcome back.' }]);
      await page.getByRole('log').getByText('Welcome back.').waitFor();

      const stranger = await world.newPerson('stranger', { language, phone: true });
      stranger.excuse(/status of 404/);
      const off = await stranger.open(`/c/${await ann.link({ on: false })}`);
      await off.getByRole('heading', { name: t.noLink }).waitFor();
      expect(await axe(off)).toEqual([]);
    });
  });
}

test('a page that says what the company has not signed looks different', async () => {
  const guest = await world.newPerson('guest', { phone: true });
  const page = await guest.open('/c/none');
  guest.excuse(/status of 404/);
  await page.route('**/api/contact/*', async (route) => {
    const answer = await route.fetch();
    const card = (await answer.json()) as { person: { name: string } };
    await route.fulfill({ json: { ...card, person: { ...card.person, name: 'Director Eve' } } });
  });
  await guest.open(`/c/${await ann.link()}`);
  await page.getByRole('heading', { name: 'Director Eve' }).waitFor();
  await page.getByRole('button', { name: words.en.notSure }).click();
  await page.getByRole('dialog').getByText('not what the company’s key has signed').waitFor();
  expect(await axe(page)).toEqual([]);
});

test('who ends it without a network is forgotten at once, and the company hears of it later', async () => {
  const guest = await world.newPerson('guest', { phone: true });
  const { page, file } = await begun(guest, words.en, await ann.link());
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await guest.goOffline();
  await page.getByText(words.en.offline).waitFor();
  await page.getByRole('button', { name: words.en.about }).click();
  await page.getByRole('button', { name: words.en.end }).click();
  await page.getByRole('button', { name: words.en.endNow }).click();
  await page.getByRole('heading', { name: words.en.ended }).waitFor();
  expect(await page.getByRole('log').count()).toBe(0);
  await guest.goOnline();
  await page.getByRole('button', { name: words.en.again }).click();
  await page.getByRole('button', { name: words.en.agree }).waitFor();
  expect((await ann.entries(file)).map(({ type }) => type)).toContain('customer.end');
});

test('two tabs of one guest show the same, and both send', async () => {
  const guest = await world.newPerson('guest', { phone: true });
  const one = await guest.open(`/c/${await ann.link()}`);
  await one.getByRole('button', { name: words.en.agree }).click();
  await one.getByRole('textbox', { name: words.en.message }).waitFor();
  const two = await guest.newTab(new URL(one.url()).pathname);
  await two.getByRole('textbox', { name: words.en.message }).fill('From the second tab');
  await two.getByRole('button', { name: words.en.send, exact: true }).click();
  await two.getByRole('log').getByText(words.en.delivered).waitFor();
  await one.getByRole('log').getByText('From the second tab').waitFor();
  await two.getByText('Connecting …').waitFor({ state: 'hidden' });
  // The one that talks to the relay goes: the other takes its place.
  await one.close();
  const { room } = await ann.newest();
  await ann.send([room, 'chat.send', { text: 'Still there?' }]);
  await two.getByRole('log').getByText('Still there?').waitFor();
});

test('who is a member and a guest in one browser has two copies, and neither takes the other along', async () => {
  const [account] = await accounts(world.relay.address, 'Cleo');
  const cleo = new Journey(await world.newPerson('Cleo'));
  await cleo.signIn(account!);
  const { page, person } = cleo;
  const databases = () =>
    page.evaluate(async () =>
      (await indexedDB.databases())
        .map(({ name }) => name ?? '')
        // The index comes when there is something to be found.
        .filter((name) => !name.endsWith(':search'))
        .sort(),
    );
  const worker = async () => {
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    return page.evaluate(
      async () => new URL((await navigator.serviceWorker.ready).active!.scriptURL).pathname,
    );
  };
  expect(await worker()).toBe('/sw.js');
  const before = await databases();

  await person.open(`/c/${await ann.link()}`);
  await page.getByRole('button', { name: words.en.agree }).click();
  await page.getByRole('textbox', { name: words.en.message }).fill('As a customer');
  await page.getByRole('button', { name: words.en.send, exact: true }).click();
  await page.getByRole('log').getByText(words.en.delivered).waitFor();
  await until('the guest’s worker has its scope', async () => (await worker()) === '/c/sw.js');
  expect(await databases()).toEqual([...before, 'weft-guest'].sort());
  const said = (await ann.entries((await ann.newest()).room)).at(-1);
  expect(said).toMatchObject({ data: { text: 'As a customer' } });
  expect(said!.by).toMatch(/^guest-/);

  await page.getByRole('button', { name: words.en.about }).click();
  await page.getByRole('button', { name: words.en.end }).click();
  await page.getByRole('button', { name: words.en.endNow }).click();
  await page.getByRole('heading', { name: words.en.ended }).waitFor();
  expect(await databases()).toEqual(before);
  await person.goOffline();
  await person.open('/');
  await cleo.shell();
});
