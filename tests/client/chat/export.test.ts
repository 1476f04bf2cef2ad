import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../shared/access/kind.ts';
import { failure } from '../../../shared/base/errors.ts';
import type { CommandId, MemberId, RoomId, WorkspaceId } from '../../../shared/base/ids.ts';
import { err } from '../../../shared/base/result.ts';
import { chatKind, chatReadsKind } from '../../../shared/features/chat/kind.ts';
import { messageMarks, type MessageMarks } from '../../../shared/features/chat/marks.ts';
import { directoryKind } from '../../../shared/features/directory/kind.ts';
import type { ChatRow, MarkedEntry, WorkspaceData } from '../../../client/data/api.ts';
import {
  exportConversation,
  type ExportChoice,
} from '../../../client/features/chat/export/export-conversation.ts';
import { markdownHtml } from '../../../client/features/chat/export/html.ts';
import { openSource } from '../../../client/features/chat/import/open.ts';
import type { SourceMessage } from '../../../client/features/chat/import/source.ts';

type Line = readonly [type: string, by: string, data: unknown];
const id = (seq: number): CommandId => `m${seq}` as CommandId;
const at = (seq: number) => ({ seq, id: id(seq) });
const start = Date.UTC(2024, 4, 1, 8);
const hash = (letter: string): string => letter.repeat(64);
const file = (name: string, of: string, type = '') => ({ name, hash: hash(of), size: 4, type });
const hostile = '<img src=x onerror=alert(1)> "quoted" & [x](javascript:alert(1))';

const told: readonly Line[] = [
  ['chat.create', 'ann', { type: 'group', title: 'Boat <club>', members: ['ben'] }],
  ['chat.send', 'ann', { text: 'Who comes, @Ben?', mentions: ['ben'] }],
  ['chat.send', 'ben', { text: 'Me', reply: at(1), thread: at(1) }],
  ['chat.edit', 'ben', { target: at(2), text: 'Me **too**' }],
  ['chat.react', 'ann', { target: at(2), emoji: ['🎉'] }],
  ['chat.send', 'ben', { text: 'said by mistake' }],
  ['chat.recall', 'ben', { target: at(5) }],
  ['chat.send', 'ann', { text: hostile }],
  ['chat.send', 'ben', { text: '', files: [file('harbour.png', 'a', 'image/png'), file('gone.zip', 'b')] }],
  ['chat.send', 'ben', { text: 'x', forwarded: { by: 'ann' } }],
  ['chat.rename', 'ann', { title: 'Boat <club>' }],
];
const entries: readonly LogEntry[] = told.map(([type, by, data], seq) => ({
  ...{ seq, id: id(seq), type, by: by as MemberId, at: start + seq * 3_600_000, data },
}));

/** A device that holds the conversation from `from` on, without a network. */
function device(log: readonly LogEntry[] = entries, from = 0) {
  const marks = new Map<CommandId, MessageMarks>();
  for (const entry of log) {
    const target = messageMarks.targetOf(entry);
    if (target) marks.set(target.id, messageMarks.fold(marks.get(target.id) ?? null, entry));
  }
  const marked = log
    .slice(from)
    .map((entry): MarkedEntry => ({ ...entry, marks: marks.get(entry.id) ?? null }));
  const person = (name: string) => ({
    id: name.toLowerCase(),
    name,
    email: `${name}@example.org`,
    leftAt: null,
  });
  const row = {
    ...{ room: 'w/chat/boat' as RoomId, id: 'boat', state: chatKind.fold(chatKind.initial, log) },
    reads: chatReadsKind.initial,
  } as unknown as ChatRow;
  const data = {
    ...{ me: 'ann', workspace: 'w' as WorkspaceId, sync: { connection: 'offline' } },
    directory: {
      ...directoryKind.initial,
      name: 'Nanhe',
      members: { ann: person('Ann'), ben: person('Ben') },
    },
    async *readLog() {
      for (let piece = 0; piece < marked.length; piece += 4) {
        await Promise.resolve();
        yield marked.slice(piece, piece + 4);
      }
    },
    files: {
      here: (_room: RoomId, of: string) =>
        Promise.resolve(of === hash('a') ? new Blob([new Uint8Array([1, 2, 3, 4])]) : null),
      fetch: () => Promise.resolve(err(failure('offline', ''))),
    },
  } as unknown as WorkspaceData;
  return { data, row };
}

const whole: ExportChoice = { as: 'archive', period: { from: null, to: null } };
async function exported(choice = whole, { data, row } = device()) {
  const made = await exportConversation(data, row, choice, new AbortController().signal, () => undefined);
  return { ...made, file: made.file! };
}
const unpacked = async (zip: Blob) => unzipSync(new Uint8Array(await zip.arrayBuffer()));
async function readBack(zip: Blob): Promise<SourceMessage[]> {
  const [channel] = (await openSource(zip))!.channels;
  const messages: SourceMessage[] = [];
  for await (const piece of channel!.messages((problem) => expect(problem).toBeNull()))
    messages.push(...piece);
  return messages;
}

describe('an exported conversation', () => {
  it('is read again as it was: words, authors, times, answers, reactions, versions, files', async () => {
    const { file: zip, messages, missing } = await exported();
    expect(messages).toBe(6);
    const back = await readBack(zip);
    expect(back.map(({ name, at: time, text }) => [name, (time - start) / 3_600_000, text])).toEqual([
      ['Ann', 1, 'Who comes, @Ben?'],
      ['Ben', 2, 'Me **too**'],
      ['Ben', 5, ''],
      ['Ann', 7, hostile],
      ['Ben', 8, ''],
      ['Ben', 9, 'x'],
    ]);
    expect(back[0]!.mentions).toEqual(['ben']);
    expect(back[1]).toMatchObject({
      replyTo: 'm1',
      reactions: [{ emoji: '🎉', by: ['Ann'] }],
      versions: [{ at: start + 2 * 3_600_000, text: 'Me' }],
      edited: start + 3 * 3_600_000,
    });
    expect(back[2]!.recalled).toBe(true);
    expect(back[5]!.forwarded).toBe('Ann');
    const [picture, gone] = back[4]!.files;
    expect([...new Uint8Array(await (await picture!.read())!.arrayBuffer())]).toEqual([1, 2, 3, 4]);
    expect(await gone!.read()).toBeNull();
    expect(missing.map(({ name }) => name)).toEqual(['gone.zip']);
  });

  it('is plain JSON, and nothing of what was recalled is in it', async () => {
    const files = await unpacked((await exported()).file);
    const text = strFromU8(files['conversation.json']!);
    const json = JSON.parse(text) as {
      messages: Record<string, unknown>[];
      people: { id: string; name: string }[];
    };
    expect(text).not.toContain('by mistake');
    expect(strFromU8(files['conversation.html']!)).not.toContain('by mistake');
    expect(json.people).toContainEqual({ id: 'ben', name: 'Ben', email: 'Ben@example.org', member: true });
    expect(json.messages.filter((line) => 'event' in line).map(({ event }) => event)).toEqual([
      'chat.create',
      'chat.rename',
    ]);
    expect(text).toContain('"missing"');
  });

  it('is HTML that runs nothing, shows pictures beside it and lists what is missing', async () => {
    const files = await unpacked((await exported()).file);
    const html = strFromU8(files['conversation.html']!);
    expect(html).toContain('<title>Boat &lt;club&gt;</title>');
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; &quot;quoted&quot; &amp;');
    expect(html).not.toMatch(/<script|onerror=[^a]|href="javascript/i);
    expect(html).toContain('default-src &#39;none&#39;');
    const picture = /<img src="([^"]+)"/.exec(html)![1]!;
    expect([...files[decodeURIComponent(picture)]!]).toEqual([1, 2, 3, 4]);
    expect(html).toContain('<a href="#m-m1">Answers Ann: Who comes, @Ben?</a>');
    expect(html).toContain('1 earlier version');
    expect(html.match(/gone\.zip/g)).toHaveLength(2);
  });

  it('can be of some days only, or a page alone', async () => {
    const period = { from: start + 7 * 3_600_000, to: start + 9 * 3_600_000 };
    const some = await readBack((await exported({ as: 'archive', period })).file);
    expect(some.map(({ name }) => name)).toEqual(['Ann', 'Ben']);
    const page = await exported({ as: 'page', period: { from: null, to: null } });
    expect(await page.file.text()).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect(page.missing).toEqual([]);
  });

  it('says how many older entries are not here', async () => {
    const { file: zip } = await exported(whole, device(entries, 2));
    const files = await unpacked(zip);
    expect(JSON.parse(strFromU8(files['conversation.json']!))).toMatchObject({ olderMissing: 2 });
    expect(strFromU8(files['conversation.html']!)).toContain('2 older entries were not on the device');
    expect(strFromU8(files['conversation.html']!)).toContain('Answers a message that is not in this export');
  });

  it('is cut into pages that lead to each other when it is long', async () => {
    const [first] = entries;
    const long = [
      first!,
      ...Array.from({ length: 5_100 }, (_, index): LogEntry => {
        const seq = index + 1;
        const data =
          seq === 5_100 ? { text: 'last', reply: at(1), thread: at(1) } : { text: `number ${seq}` };
        return { seq, id: id(seq), type: 'chat.send', by: 'ben' as MemberId, at: start + seq, data };
      }),
    ];
    const files = await unpacked((await exported(whole, device(long))).file);
    const second = strFromU8(files['conversation-2.html']!);
    expect(strFromU8(files['conversation.html']!)).toContain('number 5000<');
    expect(second).toContain('number 5001<');
    expect(second).toContain('href="conversation.html#m-m1"');
  });

  it('leaves nothing behind when it is cancelled', async () => {
    const { data, row } = device();
    const controller = new AbortController();
    const steps: string[] = [];
    const made = exportConversation(data, row, whole, controller.signal, ({ step }) => {
      steps.push(step);
      if (step === 'files') controller.abort();
    });
    await expect(made).rejects.toMatchObject({ name: 'AbortError' });
    expect(steps).not.toContain('writing');
  });
});

describe('Markdown as HTML', () => {
  it.each([
    ['**a** *b* ~~c~~ `d<e`', '<p><strong>a</strong> <em>b</em> <del>c</del> <code>d&lt;e</code></p>'],
    [
      '[x](https://a.example/?b=1&c="2")',
      '<p><a href="https://a.example/?b=1&amp;c=&quot;2&quot;" rel="noreferrer">x</a></p>',
    ],
    ['> a', '<blockquote><p>a</p></blockquote>'],
    ['3. a', '<ol start="3"><li><p>a</p></li></ol>'],
    ['```js\n<b>\n```', '<pre><code>&lt;b&gt;</code></pre>'],
  ])('%j', (text, html) => {
    expect(markdownHtml(text)).toBe(html);
  });
});
