import { describe, expect, it } from 'vitest';
import { strToU8, zipSync } from 'fflate';
import type { MemberId } from '../../../shared/base/ids.ts';
import { chatImport, longestMessage } from '../../../shared/features/chat/messages.ts';
import { directoryKind } from '../../../shared/features/directory/kind.ts';
import type { Member } from '../../../shared/features/directory/schema.ts';
import { Archive } from '../../../client/features/chat/import/archive.ts';
import { matchPeople, membersAmong } from '../../../client/features/chat/import/match.ts';
import { commandOf, partsOf } from '../../../client/features/chat/import/message.ts';
import { openSource } from '../../../client/features/chat/import/open.ts';
import {
  slackEmoji,
  slackMentions,
  slackToMarkdown,
} from '../../../client/features/chat/import/slack-text.ts';
import type { Source, SourceMessage, SourceProblem } from '../../../client/features/chat/import/source.ts';
import { asZip, pixel, plainConversation, slackExport, ts } from '../../support/conversations-elsewhere.ts';

async function all(source: Source, key: string) {
  const channel = source.channels.find((each) => each.key === key)!;
  const problems: SourceProblem[] = [];
  const messages: SourceMessage[] = [];
  for await (const piece of channel.messages((problem) => problems.push(problem))) messages.push(...piece);
  return { channel, messages, problems };
}
const opened = async (file: Blob): Promise<Source> => (await openSource(file))!;

describe('an archive', () => {
  it('gives its files, packed or not, and nothing that is larger than asked for', async () => {
    const archive = (await Archive.open(
      new Blob([
        zipSync({
          'a/b.txt': strToU8('words '.repeat(500)),
          'c.bin': [pixel, { level: 0 }],
        }) as Uint8Array<ArrayBuffer>,
      ]),
    ))!;
    expect(archive.files.map(({ path }) => path)).toEqual(['a/b.txt', 'c.bin']);
    expect(await archive.text('a/b.txt', 10_000)).toBe('words '.repeat(500));
    expect(await archive.read('a/b.txt', 100)).toBeNull();
    expect(new Uint8Array(await (await archive.read('c.bin', 1_000))!.arrayBuffer())).toEqual(pixel);
    expect(await archive.read('nothing', 1_000)).toBeNull();
  });

  it('says no to what is none, is cut off, or lies about its sizes', async () => {
    const whole = zipSync({ 'a.json': strToU8('x'.repeat(100_000)) });
    const bytes = (change: (copy: Uint8Array) => Uint8Array): Blob =>
      new Blob([change(whole.slice()) as Uint8Array<ArrayBuffer>]);
    expect(await Archive.open(new Blob(['no zip at all']))).toBeNull();
    expect(await Archive.open(bytes((copy) => copy.slice(0, copy.length - 30)))).toBeNull();
    expect(await Archive.open(bytes((copy) => copy.slice(40)))).toBeNull();
    const liar = await Archive.open(
      bytes((copy) => {
        const list = new DataView(copy.buffer).getUint32(copy.length - 6, true);
        new DataView(copy.buffer).setUint32(list + 24, 10, true);
        return copy;
      }),
    );
    expect(await liar!.read('a.json', 1_000)).toBeNull();
  });
});

describe('words of Slack', () => {
  const names = {
    person: (id: string) => (id === 'U1' ? 'Ann Lee' : null),
    channel: (id: string) => (id === 'C1' ? 'harbour' : null),
  };
  it.each([
    ['*big* and _small_, ~gone~', '**big** and _small_, ~~gone~~'],
    ['2*3*4 and a~b~c', '2*3*4 and a~b~c'],
    ['a &lt; b &amp;&amp; c &gt; d', 'a < b && c > d'],
    ['&amp;lt; stays', '&lt; stays'],
    ['<@U1> and <@U1|annie> and <@U9|zoe> and <@U8>', '@Ann Lee and @Ann Lee and @zoe and @U8'],
    ['<#C1> <#C2|far> <!here> <!subteam^S1|@crew> <!date^1^x|1 May>', '#harbour #far @here @crew 1 May'],
    ['<https://a.example/x*y*z>', 'https://a.example/x*y*z'],
    ['<https://a.example/x|the *page*>', '[the *page*](https://a.example/x)'],
    ['<javascript:alert(1)|click>', 'click (javascript:alert(1))'],
    ['<mailto:ann@example.org|ann@example.org>', 'ann@example.org'],
    ['&gt; said\nand', '> said\nand'],
    ['so:\n&gt;&gt;&gt; one\ntwo', 'so:\n> one\n> two'],
    ['• one\n• two', '- one\n- two'],
    ['`a *b* &lt;c&gt;`', '`a *b* <c>`'],
    ['see ```x = "*y*"``` there', 'see \n```\nx = "*y*"\n```\n there'],
    [':tada: :our-logo: at 10:30:45', '🎉 :our-logo: at 10:30:45'],
  ])('%j become %j', (said, becomes) => {
    expect(slackToMarkdown(said, names)).toBe(becomes);
  });

  it('name emoji with their shade, and people', () => {
    expect(slackEmoji('wave::skin-tone-3')).toBe('👋🏼');
    expect(slackEmoji('our-logo', new Map([['our-logo', '🦊']]))).toBe('🦊');
    expect(slackMentions('<@U1> <@U2|ben> <@U1>')).toEqual(['U1', 'U2']);
  });
});

describe('an export of Slack', () => {
  it('is read with people, channels and everything that was said, in order', async () => {
    const source = await opened(slackExport());
    expect(source.kind).toBe('slack');
    expect(source.people.map(({ name, email }) => `${name} ${email}`)).toEqual([
      'Ann Lee ann@example.org',
      'Ben ben@example.org',
      'Otto Gone otto@elsewhere.example',
    ]);
    expect(source.channels.map(({ title, kind }) => `${kind} ${title}`)).toEqual([
      'open harbour',
      'open quiet',
      'direct Ann Lee, Otto Gone',
    ]);
    const { messages, problems } = await all(source, 'C1');
    expect(problems).toEqual([]);
    expect(messages.map(({ name, text }) => [name, text])).toEqual([
      ['Ann Lee', 'Who takes the **big** boat, @Ben? <3 [the tide](https://tide.example/a*b)'],
      ['Ben', 'Me 👍'],
      ['Otto Gone', 'The chart'],
      ['Otto Gone', '```\nif (a < b) *go*\n```'],
      ['Ben', ''],
      ['Tide table', 'High water\nat 14:10'],
    ]);
    const [question, answer, chart, , gone] = messages;
    expect(question).toMatchObject({
      at: Date.parse('2021-03-01T09:00:10Z'),
      mentions: ['U2'],
      replyTo: null,
    });
    expect(answer).toMatchObject({
      replyTo: question!.id,
      edited: Date.parse('2021-03-01T09:00:30Z'),
      reactions: [
        { emoji: '🎉', by: ['Ann Lee', 'Otto Gone'] },
        { emoji: ':our-logo:', by: ['Ann Lee'] },
      ],
    });
    expect(gone!.recalled).toBe(true);
    expect(await Promise.all(chart!.files.map((file) => file.read()))).toEqual([expect.any(Blob), null]);
    expect(chart!.files.map(({ address }) => address)).toEqual([
      'https://files.example/F1/chart.png',
      'https://files.example/F2/old.pdf',
    ]);
  });

  it('tells what cannot be read by file and entry, and reads the rest', async () => {
    const source = await opened(
      slackExport({
        'quiet/2021-03-01.json': [
          { type: 'message', user: 'U1', ts: 'yesterday', text: 'x' },
          { type: 'message', ts: ts('2021-03-01', 2), text: 'x' },
          'not an entry',
          { type: 'message', user: 'U1', ts: ts('2021-03-01', 3), text: 'read' },
          { type: 'message', user: 'U1', ts: ts('2021-03-01', 3), text: 'again' },
        ],
        'quiet/2021-03-02.json': { not: 'a list' },
      }),
    );
    const { messages, problems } = await all(source, 'C2');
    expect(messages.map(({ text }) => text)).toEqual(['read']);
    expect(problems.map(({ file, row, problem }) => `${file} ${row} ${problem}`)).toEqual([
      'quiet/2021-03-01.json 1 no-time',
      'quiet/2021-03-01.json 2 no-author',
      'quiet/2021-03-01.json 3 not-readable',
      'quiet/2021-03-01.json 5 twice',
      'quiet/2021-03-02.json null not-readable',
    ]);
  });

  it('is told by what is in it, also in a folder, and anything else is not taken for one', async () => {
    const inFolder = asZip({
      'export/users.json': strToU8('[]'),
      'export/channels.json': strToU8('[{"id":"C1","name":"a","members":[]}]'),
      'export/a/2021-03-01.json': strToU8(`[{"user":"U1","ts":"${ts('2021-03-01', 1)}","text":"x"}]`),
    });
    expect((await all(await opened(inFolder), 'C1')).messages).toHaveLength(1);
    expect(await openSource(asZip({ 'a.txt': strToU8('x') }))).toBeNull();
    expect(await openSource(asZip({ 'users.json': strToU8('{') }))).toBeNull();
    expect(await openSource(new Blob(['{"format":"other"}']))).toBeNull();
  });
});

describe('a conversation in our format', () => {
  it('is read from whatever program wrote it, with what is wrong by entry', async () => {
    const source = await opened(
      plainConversation([
        { id: 'm2', at: 2_000, by: 'Zoe', text: 'second', replyTo: 'm1' },
        { id: 'm1', at: 1_000, by: 'a', text: 'first', reactions: [{ emoji: '👍', by: ['Zoe'] }] },
        { at: 3_000, by: 'a', recalled: true },
        { by: 'a', text: 'x' },
        { at: 4_000, text: 'x' },
        { at: 4_000, by: 'a', text: ' ' },
        { event: 'chat.rename', at: 5_000, by: 'a' },
      ]),
    );
    const { channel, messages, problems } = await all(source, '/boat');
    expect(channel).toMatchObject({ title: 'Boat club', members: ['a'] });
    expect(messages.map(({ name, text, replyTo, recalled }) => ({ name, text, replyTo, recalled }))).toEqual([
      { name: 'Ann Lee', text: 'first', replyTo: null, recalled: false },
      { name: 'Zoe', text: 'second', replyTo: 'm1', recalled: false },
      { name: 'Ann Lee', text: '', replyTo: null, recalled: true },
    ]);
    expect(problems.map(({ problem }) => problem).sort()).toEqual(['empty', 'no-author', 'no-time']);
    expect(await openSource(plainConversation([], { version: 2 }))).toBeNull();
  });
});

describe('people of a file', () => {
  const member = (id: string, name: string, email: string, leftAt: number | null = null): Member =>
    ({ id: id as MemberId, name, email, leftAt }) as Member;
  const directory = {
    ...directoryKind.initial,
    members: Object.fromEntries(
      [
        member('ann', 'Ann Lee', 'ann@example.org'),
        member('ben', 'Ben', 'ben@other.example'),
        member('kim1', 'Kim', ''),
        member('kim2', 'Kim', ''),
        member('old', 'Otto Gone', 'otto@elsewhere.example', 5),
      ].map((each) => [each.id, each]),
    ),
  };
  const person = (name: string, email = '') => ({ key: name, name, email });

  it('are found by their address, else by a name that only one has', () => {
    const people = [
      person('Annie', 'ANN@example.org '),
      person(' ben '),
      person('Kim'),
      person('Otto Gone', 'otto@elsewhere.example'),
      person('Ann Lee'),
    ];
    const found = matchPeople(people, directory);
    expect(found.map((match) => [match.member?.id ?? null, match.by])).toEqual([
      ['ann', 'email'],
      ['ben', 'name'],
      [null, null],
      ['old', 'email'],
      // Her place is taken by the one with her address.
      [null, null],
    ]);
    const members = new Map(
      found.flatMap((match) => (match.member ? [[match.person.key, match.member] as const] : [])),
    );
    expect(membersAmong(['Annie', 'Otto Gone', 'Kim', ' ben '], members)).toEqual(['ann', 'ben']);
  });
});

describe('a message as commands', () => {
  const base: SourceMessage = {
    ...{ id: 'm1', at: 1_000, by: 'a', name: 'Ann', text: 'x', mentions: [], replyTo: null, files: [] },
    ...{ reactions: [], versions: [], edited: null, recalled: false, forwarded: null, record: null },
  };
  const context = { me: 'me' as MemberId, member: () => null, find: () => undefined };
  const commands = (message: SourceMessage) =>
    partsOf(message).map((part, n) => commandOf(part, n, [], '', context));

  it('is cut where one of ours would be too long, and loses nothing', () => {
    const text = `${'long words '.repeat(4_000)}🙂`;
    const parts = commands({ ...base, text, reactions: [{ emoji: '👍', by: ['Zoe'] }] });
    expect(parts.length).toBe(3);
    expect(parts.map((part) => part.text).join('')).toBe(text);
    expect(parts.every((part) => part.text.length <= longestMessage)).toBe(true);
    expect(parts.map(({ imported }) => [imported.id, imported.reactions?.length ?? 0])).toEqual([
      ['m1', 1],
      ['m1 2', 0],
      ['m1 3', 0],
    ]);
  });

  it('is always one the relay takes, whatever the file says', () => {
    const wild: SourceMessage = {
      ...base,
      id: 'i'.repeat(90),
      name: ` ${'n'.repeat(300)}\n`,
      text: 'x'.repeat(50_000),
      reactions: Array.from({ length: 80 }, (_, i) => ({
        emoji: `:${'e'.repeat(80)}${i}:`,
        by: Array<string>(500).fill(' '),
      })),
      versions: Array.from({ length: 60 }, (_, i) => ({ at: i, text: 'v'.repeat(30_000) })),
      forwarded: '',
      record: {
        title: 't'.repeat(300),
        items: Array.from({ length: 200 }, () => ({ by: '', at: 1, text: 'r' })),
      },
    };
    for (const command of [...commands(wild), ...commands({ ...base, text: '', recalled: true })])
      expect(chatImport.safeParse(command).error?.issues ?? []).toEqual([]);
  });
});
