/* Our own format: from our exports, in an archive with its files, and from whatever program writes it. */
import * as z from 'zod/mini';
import type { Archive } from './archive.ts';
import { formatVersion, headOf, messageLine, personLine, type Head, type PersonLine } from './format.ts';
import type { Source, SourceChannel, SourceFile, SourceMessage, SourceProblem } from './source.ts';

/** Bytes of a file that is read as a whole. What our exports write is read line by line, whatever its size. */
const largestWhole = 256 * 1024 * 1024;
const atOnce = 500;

const people = z.optional(z.array(personLine));

/** One conversation in a file. */
interface Document {
  readonly head: Head;
  readonly people: readonly PersonLine[];
  /** Everything in the list of messages, in order. */
  rows(): AsyncGenerator<unknown>;
}

/** A row that is no JSON. */
const unreadable = Symbol('unreadable');

async function* linesOf(file: Blob): AsyncGenerator<string> {
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return unreadable;
  }
};

async function firstLine(file: Blob): Promise<string> {
  for await (const line of linesOf(file)) return line;
  return '';
}

/** As our export writes it: the head on the first line, a message on each line, what comes after them on the last. */
async function openLines(file: Blob): Promise<Document | null> {
  const opening = (await firstLine(file.slice(0, 1024 * 1024))).trimEnd();
  if (!opening.endsWith('"messages":[')) return null;
  const head = headOf.safeParse(parsed(`${opening}]}`));
  if (!head.success) return null;
  let last = '';
  for await (const line of linesOf(file)) if (line.startsWith(']')) last = line;
  const tail = z.object({ people }).safeParse(parsed(`{"messages":[${last}`));
  return {
    head: head.data,
    people: tail.success ? (tail.data.people ?? []) : [],
    async *rows() {
      let isFirst = true;
      for await (const line of linesOf(file)) {
        if (line.startsWith(']')) return;
        if (!isFirst && line.trim() !== '') yield parsed(line.trimEnd().replace(/,$/, ''));
        isFirst = false;
      }
    },
  };
}

async function openWhole(file: Blob): Promise<Document | null> {
  if (file.size > largestWhole) return null;
  const value = parsed((await file.text()).replace(/^\ufeff/, ''));
  const head = headOf.safeParse(value);
  const content = z.object({ messages: z.array(z.unknown()), people }).safeParse(value);
  if (!head.success || !content.success) return null;
  const time = (row: unknown): number => {
    const found = z.object({ at: z.number() }).safeParse(row);
    return found.success ? found.data.at : 0;
  };
  return {
    head: head.data,
    people: content.data.people ?? [],
    async *rows() {
      yield* content.data.messages.toSorted((a, b) => time(a) - time(b));
    },
  };
}

const fileReader = (archive: Archive | null, folder: string, path: string | undefined) => async () => {
  if (!archive || path === undefined || path.includes('..')) return null;
  return archive.read(folder + path, Number.MAX_SAFE_INTEGER);
};

function channelOf(
  { head, people: listed, rows }: Document,
  archive: Archive | null,
  path: string,
): SourceChannel {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const names = new Map(listed.map(({ id, name }) => [id, name]));
  const nameOf = (id: string): string => names.get(id) ?? id;
  const read = (row: unknown, index: number): SourceMessage | SourceProblem | null => {
    const wrong = (problem: SourceProblem['problem']): SourceProblem => ({ file: path, row: index, problem });
    if (typeof row === 'object' && row !== null && 'event' in row) return null;
    const found = messageLine.safeParse(row);
    if (!found.success) {
      const [issue] = found.error.issues;
      const at = issue?.path[0];
      return wrong(at === 'at' ? 'no-time' : at === 'by' ? 'no-author' : 'not-readable');
    }
    const line = found.data;
    const files = (line.files ?? []).map((file): SourceFile => {
      const { name, type = '', path: place, width, height, duration, wave } = file;
      const shape = { width, height, duration, wave };
      const given = Object.entries(shape).filter(([, value]) => value !== undefined);
      return {
        name,
        type,
        address: null,
        read: fileReader(archive, folder, place),
        shape: Object.fromEntries(given) as SourceFile['shape'],
      };
    });
    const text = line.text ?? '';
    if (!line.recalled && text.trim() === '' && files.length === 0 && !line.record) return wrong('empty');
    return {
      id: line.id ?? `row ${index}`,
      at: line.at,
      by: line.by,
      name: nameOf(line.by),
      text: line.recalled ? '' : text,
      mentions: line.mentions ?? [],
      replyTo: line.replyTo ?? null,
      files: line.recalled ? [] : files,
      reactions: (line.reactions ?? []).map(({ emoji, by }) => ({ emoji, by: by.map(nameOf) })),
      versions: line.recalled ? [] : (line.versions ?? []),
      edited: line.edited ?? null,
      recalled: line.recalled ?? false,
      forwarded: line.forwarded === undefined ? null : nameOf(line.forwarded),
      record: line.record
        ? { ...line.record, items: line.record.items.map((item) => ({ ...item, by: nameOf(item.by) })) }
        : null,
    };
  };
  const { workspace, conversation } = head;
  return {
    key: `${workspace?.id ?? ''}/${conversation.id ?? conversation.title}`,
    title: conversation.title,
    kind: conversation.kind === 'direct' ? 'direct' : 'closed',
    members: listed.filter(({ member }) => member).map(({ id }) => id),
    async *messages(problem) {
      const seen = new Set<string>();
      let piece: SourceMessage[] = [];
      let index = 0;
      for await (const row of rows()) {
        const message = read(row, ++index);
        if (!message) continue;
        if ('problem' in message) problem(message);
        else if (seen.has(message.id)) problem({ file: path, row: index, problem: 'twice' });
        else {
          seen.add(message.id);
          piece.push(message);
        }
        if (piece.length < atOnce) continue;
        yield piece;
        piece = [];
      }
      if (piece.length > 0) yield piece;
    },
  };
}

async function openDocument(file: Blob): Promise<Document | null> {
  const document = (await openLines(file)) ?? (await openWhole(file));
  // What a later version means by its fields is not known here.
  return document && document.head.version === formatVersion ? document : null;
}

/** The conversation in that place of an archive; null where there is none in our format. */
export async function openConversationAt(archive: Archive, path: string): Promise<SourceChannel | null> {
  const packed = await archive.read(path, Number.MAX_SAFE_INTEGER);
  const document = packed && (await openDocument(packed));
  return document && channelOf(document, archive, path);
}

/** Null where there is no conversation in our format. */
export async function openWeft(file: Blob, archive: Archive | null): Promise<Source | null> {
  const found: { document: Document; path: string }[] = [];
  if (archive) {
    for (const { path, size } of archive.files.filter((each) => each.path.endsWith('conversation.json'))) {
      const packed = await archive.read(path, size);
      const document = packed && (await openDocument(packed));
      if (document) found.push({ document, path });
    }
  } else {
    const document = await openDocument(file);
    if (document) found.push({ document, path: file instanceof File ? file.name : '' });
  }
  if (found.length === 0) return null;
  const everybody = new Map<string, PersonLine>();
  for (const { document } of found) for (const person of document.people) everybody.set(person.id, person);
  return {
    kind: 'weft',
    people: [...everybody.values()].map(({ id, name, email = '' }) => ({ key: id, name, email })),
    channels: found.map(({ document, path }) => channelOf(document, archive, path)),
  };
}
