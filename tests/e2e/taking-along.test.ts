import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../shared/access/kind.ts';
import { openSource } from '../../client/features/chat/import/open.ts';
import type { SourceMessage } from '../../client/features/chat/import/source.ts';
import { axe } from '../support/axe.ts';
import { browserWorld } from '../support/browser.ts';
import { slackExport, ts } from '../support/conversations-elsewhere.ts';
import { accounts, Journey, owner, type Account } from '../support/journey.ts';
import { screenshot } from '../support/person.ts';

const world = browserWorld();

const choose = async (page: Page, name: string, file: Blob): Promise<void> =>
  page
    .locator('input[type=file][accept=".zip,.json"]')
    .setInputFiles({ name, mimeType: 'application/zip', buffer: Buffer.from(await file.arrayBuffer()) });
const toImport = (page: Page, title: string) =>
  page.getByRole('checkbox', { name: `Import ${title}`, exact: true });
const result = (page: Page, title: string) =>
  page.getByRole('region', { name: 'Result' }).getByRole('listitem').filter({ hasText: title });

async function logOf({ token }: Account, room: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (;;) {
    const query = new URLSearchParams({ room, from: String(entries.length), limit: '1000' });
    const answer = await fetch(`${world.relay.address}/api/log?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { entries: some } = (await answer.json()) as { entries: LogEntry[] };
    if (some.length === 0) return entries;
    entries.push(...some);
  }
}

async function messagesIn(file: Blob): Promise<SourceMessage[]> {
  const messages: SourceMessage[] = [];
  for (const channel of (await openSource(file))!.channels)
    for await (const piece of channel.messages(() => undefined)) messages.push(...piece);
  return messages;
}
const inShort = (
  { name, at, text, replyTo, reactions, files, recalled }: SourceMessage,
  all: SourceMessage[],
) => ({
  ...{ name, at, text, recalled, reactions },
  answers: all.find(({ id }) => id === replyTo)?.text ?? null,
  files: files.map((each) => each.name),
});

describe('conversations from elsewhere', () => {
  let admin: Journey;
  let ann: Journey;
  let ben: Journey;
  let adminAccount: Account;
  beforeAll(async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann', 'Ben');
    adminAccount = await owner(world.relay.address);
    admin = new Journey(await world.newPerson('The administrator'));
    ann = new Journey(await world.newPerson('Ann'));
    ben = new Journey(await world.newPerson('Ben', { phone: true, theme: 'dark' }));
    await Promise.all([admin.signIn(adminAccount), ann.signIn(annAccount), ben.signIn(benAccount)]);
  }, 90_000);

  it('come whole, say who wrote them and that they were imported, and are there once', async () => {
    const { page } = admin;
    await admin.person.open('/settings/import');
    await choose(page, 'slack.zip', slackExport());
    await page.getByText('2 of 3 are colleagues here.').waitFor();
    expect(await toImport(page, 'quiet').isDisabled()).toBe(true);
    await toImport(page, 'Ann Lee, Otto Gone').uncheck();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, 'taking-along/import');
    await page.getByRole('button', { name: 'Import 1 conversation' }).click();
    await result(page, 'harbour').getByText('6 messages imported').waitFor();
    await page.getByText('harbour: old.pdf (not in the export)').waitFor();
    await screenshot(page, 'taking-along/imported');

    await ben.openConversation('harbour');
    const question = ben.message('Who takes the big boat');
    await question.first().getByText('Ann Lee', { exact: true }).waitFor();
    await question
      .first()
      .getByText(/Imported by .*, not signed by Ann Lee/)
      .waitFor();
    await ben
      .message('Me 👍')
      .getByRole('button', { name: /Go to the message of Ann Lee/ })
      .waitFor();
    await ben.message('Ben recalled a message').waitFor();
    await ben.page.getByRole('button', { name: 'Picture chart.png' }).waitFor();
    await ben.send('Good to have this here');
    expect(await axe(ben.page)).toEqual([]);
    await screenshot(ben.page, 'taking-along/imported-phone-dark');
    // Nobody is told of it as of something new, and she whose name it has said none of it.
    await ann.conversation('harbour').waitFor();
    await ann.conversation('harbour').getByText('1 unread message').waitFor();
    await ann.openConversation('harbour');
    await ann.message('Who takes the big boat').first().hover();
    await ann.page.getByRole('button', { name: 'More actions' }).click();
    await ann.page.getByRole('menuitem', { name: 'Forward' }).waitFor();
    expect(await ann.page.getByRole('menuitem', { name: /^(Edit|Recall)$/ }).count()).toBe(0);
    await ann.page.keyboard.press('Escape');

    await choose(page, 'slack.zip', slackExport());
    await page.getByText(/imported already/).waitFor();
    expect(await toImport(page, 'harbour').isDisabled()).toBe(true);
  }, 90_000);

  it('go on from here as JSON and HTML, and come back the same', async () => {
    const { page } = ann;
    const side = page.getByRole('complementary');
    if (!(await side.isVisible())) await page.getByRole('button', { name: 'Conversation details' }).click();
    await page.getByRole('button', { name: 'Export…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Export this conversation' });
    await screenshot(page, 'taking-along/export');
    const coming = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Export', exact: true }).click();
    const download = await coming;
    await dialog.getByText('Exported 7 messages.').waitFor();
    expect(download.suggestedFilename()).toMatch(/^harbour \d{4}-\d\d-\d\d\.zip$/);
    const file = new Blob([readFileSync(await download.path())]);
    const before = await messagesIn(file);
    expect(before.map(({ name }) => name)).toEqual([
      'Ann Lee',
      'Ben',
      'Otto Gone',
      'Otto Gone',
      'Ben',
      'Tide table',
      'Ben',
    ]);

    await admin.person.open('/settings/import');
    await choose(admin.page, 'harbour.zip', file);
    await admin.page.getByRole('button', { name: 'Import 1 conversation' }).click();
    await result(admin.page, 'harbour').getByText('7 messages imported').waitFor();
    const link = await result(admin.page, 'harbour').getByRole('link').getAttribute('href');
    const room = `${adminAccount.workspace.id}/chat/${link!.split('/').at(-1)}`;
    const entries = await logOf(adminAccount, room);
    expect(
      entries.filter(({ type }) => type === 'chat.import').every(({ by }) => by === adminAccount.member.id),
    ).toBe(true);

    // Out once more, from the copy: nothing of it has changed on the way.
    await admin.page.getByRole('link', { name: 'Open harbour' }).click();
    await admin.composer().waitFor();
    if (!(await admin.page.getByRole('complementary').isVisible()))
      await admin.page.getByRole('button', { name: 'Conversation details' }).click();
    await admin.page.getByRole('button', { name: 'Export…' }).click();
    const again = admin.page.waitForEvent('download');
    await admin.page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click();
    const after = await messagesIn(new Blob([readFileSync(await (await again).path())]));
    expect(after.map((each) => inShort(each, after))).toEqual(before.map((each) => inShort(each, before)));
  }, 90_000);

  it('go on where they stopped when somebody stops them', async () => {
    const { page } = admin;
    const count = 1_200;
    const long = slackExport({
      'quiet/2021-03-01.json': Array.from({ length: count }, (_, i) => ({
        ...{ type: 'message', user: 'U1', ts: ts('2021-03-01', i), text: `number ${i}` },
        ...(i % 10 === 3 ? { thread_ts: ts('2021-03-01', i - 3) } : {}),
      })),
    });
    await admin.person.open('/settings/import');
    await choose(page, 'slack.zip', long);
    await toImport(page, 'Ann Lee, Otto Gone').uncheck();
    const button = page.getByRole('button', { name: 'Import 1 conversation' });
    await button.click();
    await page.getByText(/^Importing quiet: [1-9]/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await result(page, 'quiet').getByText('stopped. Choose the same file to go on.').waitFor();
    await admin.saved();
    // Nobody else sees a part of it.
    expect(await ann.conversation('quiet').count()).toBe(0);
    await admin.person.open('/settings/import');
    await choose(page, 'slack.zip', long);
    await page.getByText(/messages are here, goes on/).waitFor();
    await toImport(page, 'Ann Lee, Otto Gone').uncheck();
    await button.click();
    await result(page, 'quiet').getByText('1,200 messages imported').waitFor({ timeout: 60_000 });
    const link = await result(page, 'quiet').getByRole('link').getAttribute('href');
    const entries = await logOf(adminAccount, `${adminAccount.workspace.id}/chat/${link!.split('/').at(-1)}`);
    const brought = entries.filter(({ type }) => type === 'chat.import') as (LogEntry & {
      data: { text: string; reply?: { seq: number; id: string } };
    })[];
    expect(brought.map(({ data }) => data.text)).toEqual(
      Array.from({ length: count }, (_, i) => `number ${i}`),
    );
    for (const { seq, data } of brought)
      if (data.reply) expect(entries[data.reply.seq]).toMatchObject({ id: data.reply.id, seq: seq - 3 });
    expect(brought.filter(({ data }) => data.reply)).toHaveLength(count / 10);
    await ann.conversation('quiet').waitFor();
  }, 120_000);
});
