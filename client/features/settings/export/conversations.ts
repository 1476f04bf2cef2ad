/* One conversation as a file for people and one for programs. */
import type { LogEntry } from '../../../../shared/access/kind.ts';
import type { MemberId } from '../../../../shared/base/ids.ts';
import type { ChatRow, MarkedEntry, WorkspaceData } from '../../../data/api.ts';
import { daysAgo, formatList, language, timeOfDay } from '../../../i18n/index.ts';
import { authorName, chatTitle, messageIn, noticeOf, saidAt } from '../../chat/index.ts';
import { t } from './strings.ts';

const olderAtOnce = 500;

type Pieces = AsyncGenerator<readonly MarkedEntry[]>;

/** All entries, oldest first. Those that this device has not kept come from the relay, if it can be reached. */
export async function* entriesOf(data: WorkspaceData, row: ChatRow): Pieces {
  let first = true;
  for await (const piece of data.readLog(row.room)) {
    if (first && piece[0] && piece[0].seq > 0 && data.sync.connection === 'online')
      yield* olderThan(data, row, piece[0].seq);
    first = false;
    yield piece;
  }
}

async function* olderThan(data: WorkspaceData, row: ChatRow, seq: number): Pieces {
  const view = data.openLog(row.room);
  try {
    let known = -1;
    while (!view.complete && view.entries.length !== known) {
      known = view.entries.length;
      await view.loadOlder(olderAtOnce);
    }
    yield view.entries.filter((entry) => entry.seq < seq);
  } finally {
    view.close();
  }
}

const storedFields = ({ seq, id, type, by, at, data }: LogEntry): LogEntry => ({
  seq,
  id,
  type,
  by,
  at,
  data,
});

export async function* asJsonLines(entries: Pieces): AsyncGenerator<string> {
  for await (const piece of entries)
    yield piece.map((entry) => `${JSON.stringify(storedFields(entry))}\n`).join('');
}

// Marks at the start of a line would make a heading or a list of what somebody only typed.
const quoted = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/^(\s*)([#>*+-]|\d+[.)])(?=\s|$)/, '$1\\$2'))
    .join('  \n');

export async function* asMarkdown(
  data: WorkspaceData,
  row: ChatRow,
  entries: Pieces,
): AsyncGenerator<string> {
  const nameOf = (id: MemberId): string => data.directory.members[id]?.name ?? id;
  const names = (Object.keys(row.state.members) as MemberId[]).map(nameOf);
  yield `# ${chatTitle(row.state, data.directory, data.me)}\n\n${t.members({ names: formatList(names) })}\n`;
  const day = new Intl.DateTimeFormat(language.tag, { dateStyle: 'full' });
  let before: LogEntry | undefined;
  for await (const piece of entries) {
    let text = '';
    const [first] = piece;
    if (!before && first && first.seq > 0) text += `\n*${t.olderMissing({ count: first.seq })}*\n`;
    for (const entry of piece) {
      if (!before || daysAgo(saidAt(before), saidAt(entry)) !== 0)
        text += `\n## ${day.format(saidAt(entry))}\n`;
      before = entry;
      const message = messageIn(entry);
      if (message) {
        // The files themselves stay on the relay: they may be larger than what a browser can pack.
        const files = (message.files ?? []).map(({ name }) => `[${name}]`);
        const lines = [...files, ...(message.text === '' ? [] : [message.text])];
        text += `\n**${authorName(data.directory, entry)}** ${timeOfDay(saidAt(entry))}  \n${quoted(lines.join('\n'))}\n`;
      } else {
        const notice = noticeOf(entry, nameOf, data.me);
        if (notice) text += `\n*${notice}*\n`;
      }
    }
    yield text;
  }
}
