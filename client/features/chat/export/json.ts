/* The JSON file: one document, with a message on each line, so that it is read and written piece by piece. */
import { formatName, formatVersion } from '../import/format.ts';
import { chatTitle } from '../people.ts';
import type { Contents, FilePlace, Line, Period, Taken } from './contents.ts';
import type { MessageFile } from '../../../../shared/features/chat/attachment.ts';

export interface ExportHead {
  readonly data: Taken;
  readonly contents: Contents;
  readonly period: Period;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Entries before the first one here. */
  readonly older: number;
  readonly place: (file: MessageFile) => FilePlace;
}

/** `seen` hears every piece that is written. */
export async function* asJson(
  { data, contents, period, at, older, place }: ExportHead,
  seen: (lines: readonly Line[]) => void,
): AsyncGenerator<string> {
  const { row } = contents;
  const { state } = row;
  const head = {
    format: formatName,
    version: formatVersion,
    exported: { at, by: data.me },
    workspace: { id: data.workspace, name: data.directory.name },
    conversation: {
      id: row.id,
      kind: state.type,
      title: chatTitle(state, data.directory, data.me),
      ...(state.created ? { created: { at: state.created.at, by: state.created.by } } : {}),
    },
    ...(period.from === null && period.to === null ? {} : { period }),
    ...(older > 0 ? { olderMissing: older } : {}),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"messages":[`;
  let separator = '\n';
  for await (const lines of contents.lines(place)) {
    let text = '';
    for (const line of lines) {
      text += separator + JSON.stringify(line);
      separator = ',\n';
    }
    seen(lines);
    yield text;
  }
  const pinned = (state.pins ?? []).map(({ id }) => id);
  yield `\n],"people":${JSON.stringify(contents.people)},"pinned":${JSON.stringify(pinned)}}\n`;
}
