/* A conversation as a file, made on this device: messages from what is here, files from here or from the relay. */
import type { RoomId } from '../../../../shared/base/ids.ts';
import type { MessageFile } from '../../../../shared/features/chat/attachment.ts';
import type { Failure } from '../../../../shared/base/errors.ts';
import type { ChatRow, WorkspaceData } from '../../../data/api.ts';
import { blobSink, type FileSink } from '../../../ui/file-sink.ts';
import { largestZip, mostZipped, ZipFile } from '../../../ui/zip-file.ts';
import { plainOf } from '../message-markdown.ts';
import { Contents, isEvent, type FilePlace, type Line, type Period, type Taken } from './contents.ts';
import { Html, pageName, type Quote } from './html.ts';
import { asJson, type ExportHead } from './json.ts';
import { t } from './strings.ts';

/** Messages on one page of HTML: browsers open no page of a million. */
const perPage = 5_000;
const longestQuote = 100;

export type Step =
  | { readonly step: 'reading'; readonly done: number }
  | { readonly step: 'files' | 'writing'; readonly done: number; readonly total: number };

export interface MissingFile {
  readonly name: string;
  readonly why: string;
}

export interface Exported {
  /** Null where it is on the person's disk already. */
  readonly file: Blob | null;
  readonly messages: number;
  readonly missing: readonly MissingFile[];
}

export interface ExportChoice {
  readonly as: 'archive' | 'page';
  readonly period: Period;
}

const reasonOf = ({ code }: Failure): string =>
  code === 'not-kept' ? t.notKept : code === 'offline' ? t.notHere : t.notThere;

const ending = (name: string): string => /\.[a-z0-9]{1,8}$/i.exec(name)?.[0].toLowerCase() ?? '';

/** Rejects with an `AbortError` when `signal` says stop; nothing is left behind then. */
export async function exportConversation(
  data: WorkspaceData,
  row: ChatRow,
  { as, period }: ExportChoice,
  signal: AbortSignal,
  onstep: (step: Step) => void,
  sink: FileSink = blobSink(),
): Promise<Exported> {
  const contents = new Contents(data, row, period);
  const reading = (done: number): void => onstep({ step: 'reading', done });
  const { messages: total, files, answered } = await contents.survey(signal, reading);
  const places = new Map<string, FilePlace>();
  const missing: MissingFile[] = [];
  const head: ExportHead = {
    ...{ data, contents, period },
    at: Date.now(),
    older: await contents.older(),
    place: ({ hash }) => places.get(hash) ?? { missing: t.left },
  };
  const quotes = new Map<string, Quote>();
  const collect = quoteCollector(contents, answered, quotes);
  const pages = as === 'page' ? 1 : Math.max(1, Math.ceil(total / perPage));
  const html = new Html(head, quotes, pages);
  const wrote = (done: number): void => {
    signal.throwIfAborted();
    onstep({ step: 'writing', done, total });
  };

  if (as === 'page') {
    for await (const lines of contents.lines(head.place)) collect(lines);
    const encoder = new TextEncoder();
    try {
      for await (const piece of onePage(html, head, wrote)) await sink.write(encoder.encode(piece));
      return { file: await sink.finish('text/html'), messages: total, missing: [] };
    } catch (cause) {
      await sink.abandon();
      throw cause;
    }
  }

  const zip = new ZipFile(sink);
  try {
    let done = 0;
    for (const file of files) {
      signal.throwIfAborted();
      onstep({ step: 'files', done, total: files.length });
      const place = await addFile(zip, data, row.room, file, done);
      places.set(file.hash, place);
      if ('missing' in place) missing.push({ name: file.name, why: place.missing });
      done += 1;
    }
    let written = 0;
    await zip.addText(
      'conversation.json',
      asJson(head, (lines) => {
        collect(lines);
        written += lines.length;
        wrote(Math.min(written, total));
      }),
    );
    await addPages(zip, html, head, missing, pages, wrote);
    return { file: await zip.finish(), messages: total, missing };
  } catch (cause) {
    await zip.abandon();
    throw cause;
  }
}

function quoteCollector(
  contents: Contents,
  wanted: ReadonlySet<string>,
  quotes: Map<string, Quote>,
): (lines: readonly Line[]) => void {
  let messages = 0;
  return (lines) => {
    for (const line of lines) {
      if (isEvent(line)) continue;
      const page = Math.floor(messages / perPage) + 1;
      messages += 1;
      if (!wanted.has(line.id)) continue;
      const said = line.recalled ? t.recalled : plainOf(line.text ?? '');
      const words = said === '' ? (line.files ?? []).map(({ name }) => name).join(', ') : said;
      quotes.set(line.id, { name: contents.nameOf(line.by), words: words.slice(0, longestQuote), page });
    }
  };
}

async function* onePage(html: Html, head: ExportHead, wrote: (done: number) => void): AsyncGenerator<string> {
  let done = 0;
  yield html.begin(1);
  for await (const lines of head.contents.lines(head.place)) {
    yield lines.map((line) => html.line(line, 1)).join('');
    done += lines.length;
    wrote(done);
  }
  yield html.end(1, []);
}

/** One file after the other, as the messages come. */
async function addPages(
  zip: ZipFile,
  html: Html,
  head: ExportHead,
  missing: readonly MissingFile[],
  pages: number,
  wrote: (done: number) => void,
): Promise<void> {
  const lines = linesOf(head);
  let messages = 0;
  let next = await lines.next();
  for (let page = 1; page <= pages; page++) {
    const pieces = async function* (): AsyncGenerator<string> {
      yield html.begin(page);
      const end = page === pages ? Number.POSITIVE_INFINITY : page * perPage;
      let text = '';
      while (!next.done && (messages < end || isEvent(next.value))) {
        text += html.line(next.value, page);
        if (!isEvent(next.value)) messages += 1;
        if (text.length > 65_536) {
          yield text;
          text = '';
          wrote(messages);
        }
        next = await lines.next();
      }
      yield text + html.end(page, missing);
    };
    await zip.addText(pageName(page), pieces());
  }
}

async function* linesOf({ contents, place }: ExportHead): AsyncGenerator<Line> {
  for await (const piece of contents.lines(place)) yield* piece;
}

/** `folder`: before the file's place in the archive; what is returned is its place in the folder. */
export async function addFile(
  zip: ZipFile,
  data: Taken,
  room: RoomId,
  { hash, name, size }: MessageFile,
  index: number,
  folder = '',
): Promise<FilePlace> {
  if (zip.files >= mostZipped || zip.size + size > largestZip) return { missing: t.noRoom };
  const path = `files/${String(index + 1).padStart(4, '0')}${ending(name)}`;
  const here = await data.files.here(room, hash);
  if (here) {
    await zip.addBlob(folder + path, here);
    return { path };
  }
  if (data.sync.connection === 'offline') return { missing: t.notHere };
  const found = await data.files.fetch(room, hash);
  if (!found.ok) return { missing: reasonOf(found.error) };
  await zip.addBlob(folder + path, found.value);
  return { path };
}
