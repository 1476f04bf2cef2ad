import type { Locator, Page } from 'playwright-core';
import type { Person } from './person.ts';
import { administrator, until } from './relay-process.ts';
import { join, signIn, type SignedIn } from './sign-in.ts';

/** What people read and tools announce, as far as journeys need it: they find everything by role and name. */
const words = {
  en: {
    email: 'E-mail',
    password: 'Password',
    signIn: 'Sign in',
    navigation: 'Main navigation',
    conversations: 'Conversations',
    newConversation: 'New conversation',
    pickSeveral: 'Pick several',
    groupName: 'Group name',
    create: /^Create with/,
    messageTo: /^Message to /,
    messagesOf: /^Messages of /,
    docs: 'Documents',
    newDoc: 'New document',
    title: 'Title',
    text: 'Document text',
    sync: /^Network and sync/,
    saved: 'Network and sync: Saved',
    notSaved: /^(Saving…|Saved on this device)$/,
  },
  zh: {
    email: '邮箱',
    password: '密码',
    signIn: '登录',
    navigation: '主导航',
    conversations: '会话',
    newConversation: '发起会话',
    pickSeveral: '选多人建群',
    groupName: '群名',
    create: /建群$/,
    messageTo: /^发给 /,
    messagesOf: /的消息$/,
    docs: '文档',
    newDoc: '新建文档',
    title: '标题',
    text: '文档正文',
    sync: /^网络和同步/,
    saved: '网络和同步: 已保存',
    notSaved: /^(保存中…|已存在这台设备上)$/,
  },
} as const;

/** Somebody with an account, who has not come to a browser yet. */
export interface Account extends SignedIn {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

/** Accounts by one invitation of the first administrator, over HTTP: joining in the page has a journey of its own. */
export async function accounts<const Names extends readonly string[]>(
  address: string,
  ...names: Names
): Promise<{ readonly [Index in keyof Names]: Account }> {
  const joined = await join(address, await signIn(address), names);
  const made = joined.map((signedIn, index) => {
    const name = names[index] ?? '';
    const email = `${encodeURIComponent(name).replaceAll('%', '').toLowerCase()}@example.org`;
    return { ...signedIn, name, email, password: `the password of ${name}` };
  });
  return made as unknown as { readonly [Index in keyof Names]: Account };
}

/** The first administrator of every relay that tests start. */
export async function owner(address: string): Promise<Account> {
  const signedIn = await signIn(address);
  return { ...signedIn, ...administrator, name: signedIn.member.name };
}

/** What one person does in front of one page, in the language of their browser. */
export class Journey {
  readonly person: Person;
  readonly words: (typeof words)['en' | 'zh'];

  constructor(person: Person, language: 'en' | 'zh' = 'en') {
    this.person = person;
    this.words = words[language];
  }

  get page(): Page {
    return this.person.page;
  }

  /** Signs in and waits until this device has its copy, also of the program, so that it may go offline. */
  async signIn(account: Pick<Account, 'email' | 'password'>): Promise<void> {
    await this.person.open('/sign-in');
    await this.page.getByLabel(this.words.email, { exact: true }).fill(account.email);
    await this.page.getByLabel(this.words.password, { exact: true }).fill(account.password);
    await this.page.getByRole('button', { name: this.words.signIn, exact: true }).click();
    await this.shell();
    await this.page.getByRole('button', { name: this.words.newConversation }).first().waitFor();
    await this.saved();
    await this.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  }

  /** The frame around every page is there. */
  async shell(): Promise<void> {
    await this.page.getByRole('navigation', { name: this.words.navigation }).waitFor();
  }

  /** Everything is on the relay, by what the indicator says; on a phone it then says nothing. */
  async saved(page = this.page): Promise<void> {
    // The open document knows its last letters before they are in the queue that the indicator counts.
    await page.getByRole('main').getByText(this.words.notSaved).first().waitFor({ state: 'detached' });
    const indicator = page.getByRole('button', { name: this.words.sync });
    if ((page.viewportSize()?.width ?? 0) < 640)
      await indicator.waitFor({ state: 'hidden', timeout: 30_000 });
    else await page.getByRole('button', { name: this.words.saved, exact: true }).waitFor({ timeout: 30_000 });
  }

  /** Goes by a link of the page, as a person would, without loading it anew. */
  async go(name: string | RegExp): Promise<void> {
    await this.page
      .getByRole('navigation', { name: this.words.navigation })
      .getByRole('link', { name })
      .first()
      .click();
  }

  /** The row of a conversation in the list, by its whole title. */
  conversation(title: string, page = this.page): Locator {
    return page
      .getByRole('list', { name: this.words.conversations })
      .getByRole('link')
      .filter({ has: page.getByText(title, { exact: true }) });
  }

  async openConversation(title: string): Promise<void> {
    await this.conversation(title).click();
    await this.composer().waitFor();
  }

  composer(page = this.page): Locator {
    return page.getByRole('textbox', { name: this.words.messageTo });
  }

  async send(text: string, page = this.page): Promise<void> {
    const composer = this.composer(page);
    await composer.fill(text);
    await composer.press('Enter');
    await this.message(text, page).waitFor();
  }

  /** The rows of the open conversation that hold a text. */
  message(text: string | RegExp, page = this.page): Locator {
    return page
      .getByRole('list', { name: this.words.messagesOf })
      .getByRole('listitem')
      .filter({ hasText: text });
  }

  /** Opens the conversation with one person, from the list of messages. */
  async startDirect(name: string): Promise<void> {
    await this.page.getByRole('button', { name: 'New conversation' }).first().click();
    await this.page.getByRole('dialog').getByRole('list').getByRole('button', { name }).click();
    await this.composer().waitFor();
  }

  async startGroup(title: string, people: readonly string[]): Promise<void> {
    await this.page.getByRole('button', { name: this.words.newConversation }).first().click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByRole('button', { name: this.words.pickSeveral }).click();
    for (const name of people) await dialog.getByRole('list').getByRole('button', { name }).click();
    await dialog.getByRole('textbox', { name: this.words.groupName }).fill(title);
    await dialog.getByRole('button', { name: this.words.create }).click();
    await this.composer().waitFor();
  }

  document(title: string): Locator {
    return this.page.getByRole('list', { name: this.words.docs }).getByRole('link', { name: title });
  }

  async openDocument(title: string): Promise<void> {
    await this.document(title).click();
    await this.text().waitFor();
  }

  /** Makes a document and leaves the caret at the start of its text. */
  async newDocument(title: string): Promise<void> {
    const field = await newTitle(this.page, this.words);
    await field.fill(title);
    await this.text().waitFor();
    await field.press('Enter');
  }

  /** The text of the open document. */
  text(page = this.page): Locator {
    return page.getByRole('textbox', { name: this.words.text });
  }

  /** Types at the end of the document, key by key. */
  async writeAtEnd(words: string): Promise<void> {
    await this.text().focus();
    await this.page.keyboard.press('Control+End');
    await this.page.keyboard.type(words);
  }

  /** What stands in the open document, a line per block, without the carets of the others. */
  async written(page = this.page): Promise<string> {
    const blocks = (text: Element): string =>
      Array.from(text.children, (block) => block.textContent).join('\n');
    return (await this.text(page).evaluate(blocks)).replace(/\u2060[^\u2060]*\u2060/g, '');
  }

  async reads(words: string, page = this.page): Promise<void> {
    await until(
      `${this.person.name} reads “${words}”`,
      async () => (await this.written(page)).includes(words),
      15_000,
    );
  }

  /** The id in the address of what is open. */
  openId(): string {
    return new URL(this.page.url()).pathname.split('/')[2] ?? '';
  }
}

/** Makes a document; the field of its title. A document that was open takes words for as long as it is there. */
export async function newTitle(
  page: Page,
  names: { readonly newDoc: string; readonly title: string },
): Promise<Locator> {
  const before = page.url();
  await page.getByRole('button', { name: names.newDoc }).first().click();
  await page.waitForURL((url) => url.href !== before && /^\/docs\/./.test(url.pathname));
  const field = page.getByRole('textbox', { name: names.title, exact: true });
  await until('the new document has no title', async () => (await field.inputValue()) === '');
  return field;
}
