/* An export of Slack: lists of people and channels, and a folder of days for each channel. */
import type { Archive } from './archive.ts';
import { slackEmoji, slackMentions, slackToMarkdown } from './slack-text.ts';
import type {
  Called,
  Source,
  SourceChannel,
  SourceFile,
  SourceMessage,
  SourcePerson,
  SourceProblem,
} from './source.ts';

/** Bytes of one list or one day. */
const largestPart = 256 * 1024 * 1024;

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const objects = (value: unknown): readonly Json[] => list(value).filter(isObject);
const words = (value: unknown): string => (typeof value === 'string' ? value : '');
const first = (...values: readonly unknown[]): string => values.map(words).find((text) => text !== '') ?? '';
const inside = (value: unknown, key: string): unknown => (isObject(value) ? value[key] : undefined);

/** What people say. Everything else with a subtype tells what happened to the channel. */
const said: ReadonlySet<string> = new Set([
  'bot_message',
  'file_comment',
  'file_share',
  'me_message',
  'reply_broadcast',
  'thread_broadcast',
  'tombstone',
]);

const lists = [
  ['channels.json', 'open'],
  ['groups.json', 'closed'],
  ['mpims.json', 'closed'],
  ['dms.json', 'direct'],
] as const;

async function readList(archive: Archive, path: string): Promise<readonly Json[] | null> {
  const text = await archive.text(path, largestPart);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? objects(value) : null;
  } catch {
    return null;
  }
}

/** Null where the archive is no export of Slack. */
export async function openSlack(archive: Archive): Promise<Source | null> {
  // Whoever packed it again may have put it all into a folder.
  const found = archive.files
    .map(({ path }) => path)
    .filter((path) => /(?:^|\/)(?:org_)?users\.json$/.test(path))
    .sort((a, b) => a.length - b.length)[0];
  if (found === undefined) return null;
  const root = found.slice(0, found.lastIndexOf('/') + 1);
  const users = await readList(archive, found);
  if (!users) return null;
  const people = users.flatMap((user): SourcePerson[] => {
    const key = words(user['id']);
    const profile = user['profile'];
    const name = first(
      inside(profile, 'real_name'),
      user['real_name'],
      inside(profile, 'display_name'),
      user['name'],
    );
    return key === '' ? [] : [{ key, name: name || key, email: words(inside(profile, 'email')) }];
  });
  const names = new Map(people.map(({ key, name }) => [key, name]));
  const days = daysByFolder(archive, root);
  const entries: { entry: Json; kind: SourceChannel['kind'] }[] = [];
  for (const [file, kind] of lists)
    for (const entry of (await readList(archive, root + file)) ?? []) entries.push({ entry, kind });
  const channelNames = new Map(entries.map(({ entry }) => [words(entry['id']), words(entry['name'])]));

  const channels = entries.flatMap(({ entry, kind }): SourceChannel[] => {
    const key = words(entry['id']);
    if (key === '') return [];
    const members = list(entry['members'])
      .map(words)
      .filter((id) => id !== '');
    const named = first(entry['name'], entry['id']);
    // Conversations of a few people have names made of theirs.
    const together = members.map((id) => names.get(id) ?? id).join(', ');
    const title = kind === 'direct' || named.startsWith('mpdm-') ? together || named : named;
    const files = days.get(named) ?? days.get(key) ?? [];
    const reading = { archive, files, names, channelNames };
    return [
      { key, title, kind, members, messages: (problem, called) => messagesOf(reading, problem, called) },
    ];
  });
  return { kind: 'slack', people, channels };
}

function daysByFolder(archive: Archive, root: string): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  for (const { path } of archive.files) {
    const day = path.startsWith(root)
      ? /^([^/]+)\/\d{4}-\d{2}-\d{2}\.json$/.exec(path.slice(root.length))
      : null;
    if (!day) continue;
    const files = folders.get(day[1]!);
    if (files) files.push(path);
    else folders.set(day[1]!, [path]);
  }
  for (const files of folders.values()) files.sort();
  return folders;
}

interface Reading {
  readonly archive: Archive;
  /** Days in order. */
  readonly files: readonly string[];
  readonly names: ReadonlyMap<string, string>;
  readonly channelNames: ReadonlyMap<string, string>;
}

async function* messagesOf(
  { archive, files, names, channelNames }: Reading,
  problem: (found: SourceProblem) => void,
  called: Called = () => null,
): AsyncGenerator<readonly SourceMessage[]> {
  const seen = new Set<string>();
  const emoji = new Map<string, string>();
  const nameOf = (id: string): string | null => called(id) ?? names.get(id) ?? null;
  const known = { person: nameOf, channel: (id: string) => channelNames.get(id) ?? null };
  for (const file of files) {
    const text = await archive.text(file, largestPart);
    let rows: unknown;
    try {
      rows = text === null ? null : JSON.parse(text);
    } catch {
      rows = null;
    }
    if (!Array.isArray(rows)) {
      problem({ file, row: null, problem: 'not-readable' });
      continue;
    }
    const found: { message: SourceMessage; ts: string }[] = [];
    rows.forEach((row: unknown, index) => {
      const wrong = (why: SourceProblem['problem']): void => problem({ file, row: index + 1, problem: why });
      if (!isObject(row)) return wrong('not-readable');
      const subtype = words(row['subtype']);
      if (row['hidden'] === true || (subtype !== '' && !said.has(subtype))) return;
      const ts = words(row['ts']);
      const at = /^\d{1,12}\.\d{1,6}$/.test(ts) ? Math.floor(Number(ts) * 1000) : Number.NaN;
      if (!Number.isSafeInteger(at)) return wrong('no-time');
      if (seen.has(ts)) return wrong('twice');
      const by = first(row['user'], row['bot_id'], row['username']);
      if (by === '') return wrong('no-author');
      seen.add(ts);
      for (const [name, drawn] of emojiIn(row['blocks'])) emoji.set(name, drawn);
      const message = readMessage(row, { ts, at, by }, archive, (said) =>
        slackToMarkdown(said, known, emoji),
      );
      const name =
        names.get(by) ??
        first(
          row['username'],
          inside(row['bot_profile'], 'name'),
          inside(row['user_profile'], 'real_name'),
          by,
        );
      const reactions = objects(row['reactions']).flatMap((reaction) => {
        const users = list(reaction['users'])
          .map(words)
          .filter((id) => id !== '');
        const shown = slackEmoji(words(reaction['name']), emoji);
        return users.length > 0 ? [{ emoji: shown, by: users.map((id) => nameOf(id) ?? id) }] : [];
      });
      if (message.text.trim() === '' && message.files.length === 0 && !message.recalled) return;
      found.push({ ts, message: { ...message, name, reactions } });
    });
    found.sort((a, b) => Number(a.ts) - Number(b.ts) || (a.ts < b.ts ? -1 : 1));
    if (found.length > 0) yield found.map(({ message }) => message);
  }
}

/** Emoji as they were drawn, which newer exports tell beside their names. */
function* emojiIn(value: unknown): Generator<[name: string, drawn: string]> {
  if (Array.isArray(value)) for (const each of value) yield* emojiIn(each);
  if (!isObject(value)) return;
  if (value['type'] === 'emoji' && /^[0-9a-f-]+$/.test(words(value['unicode']))) {
    const points = words(value['unicode'])
      .split('-')
      .map((point) => Number.parseInt(point, 16));
    if (points.every((point) => point > 0 && point <= 0x10ffff))
      yield [words(value['name']), String.fromCodePoint(...points)];
  }
  yield* emojiIn(value['elements']);
}

function readMessage(
  row: Json,
  { ts, at, by }: { ts: string; at: number; by: string },
  archive: Archive,
  markdown: (text: string) => string,
): Omit<SourceMessage, 'name' | 'reactions'> {
  const subtype = words(row['subtype']);
  const recalled = subtype === 'tombstone';
  const raw = words(row['text']);
  // What programs say often stands in what hangs on the message.
  const hanging = objects(row['attachments']).map(
    (each) =>
      [each['pretext'], each['title'], each['text']]
        .map(words)
        .filter((part) => part !== '')
        .join('\n') || words(each['fallback']),
  );
  const text = raw === '' ? hanging.filter((part) => part !== '').join('\n\n') : raw;
  const thread = words(row['thread_ts']);
  const editedAt = Math.floor(Number(words(inside(row['edited'], 'ts'))) * 1000);
  return {
    id: ts,
    at,
    by,
    text: recalled ? '' : subtype === 'me_message' ? `_${markdown(text)}_` : markdown(text),
    mentions: recalled ? [] : slackMentions(text),
    replyTo: thread !== '' && thread !== ts ? thread : null,
    files: recalled ? [] : objects(row['files']).flatMap((file) => fileOf(file, archive)),
    versions: [],
    edited: editedAt > 0 && Number.isSafeInteger(editedAt) ? editedAt : null,
    recalled,
    forwarded: null,
    record: null,
  };
}

const pixels = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535 ? value : undefined;

function fileOf(file: Json, archive: Archive): SourceFile[] {
  if (words(file['mode']) === 'tombstone') return [];
  const id = words(file['id']);
  const name = first(file['name'], file['title'], id);
  // The address for downloads has a key in its query that opens it to whoever reads it.
  const address = first(file['permalink'], file['url_private']).split('?')[0] ?? '';
  const [width, height] = [pixels(file['original_w']), pixels(file['original_h'])];
  return [
    {
      name,
      type: words(file['mimetype']),
      address: /^https:\/\//.test(address) ? address : null,
      // Programs that complete an export put the files where other systems look for them.
      async read() {
        const packed = archive.files.find(({ path }) => id !== '' && path.includes(`__uploads/${id}/`));
        return packed ? archive.read(packed.path, packed.size) : null;
      },
      shape: width && height ? { width, height } : {},
    },
  ];
}
