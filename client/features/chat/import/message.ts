/* One message of a source as the commands that bring it here: within the bounds of our messages, and saying whose it was. */
import type { MemberId } from '../../../../shared/base/ids.ts';
import { fileKind, mostFiles, type MessageFile } from '../../../../shared/features/chat/attachment.ts';
import {
  longestImportedVersions,
  longestMessage,
  mostImportedReactions,
  mostImportedReactors,
  mostImportedVersions,
  mostRecorded,
  type ChatImport,
} from '../../../../shared/features/chat/messages.ts';
import type { SourceFile, SourceMessage } from './source.ts';

/** A part of a message that is too long for one of ours. */
export interface Part {
  readonly message: SourceMessage;
  readonly id: string;
  readonly text: string;
  readonly files: readonly SourceFile[];
  /** It stands for the message where others answer it. */
  readonly isFirst: boolean;
}

const longestName = 100;
const named = (name: string): string =>
  name
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, longestName) || '?';

/** At the end of a line or a word, where there is one near. */
function splitText(text: string): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > longestMessage) {
    const end = rest.slice(0, longestMessage);
    const gap = Math.max(end.lastIndexOf('\n'), end.lastIndexOf(' '));
    let at = gap > longestMessage / 2 ? gap + 1 : longestMessage;
    // Not through the middle of a character.
    if (/[\ud800-\udbff]/.test(rest[at - 1] ?? '')) at -= 1;
    parts.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return [...parts, rest];
}

export function partsOf(message: SourceMessage): Part[] {
  const texts = splitText(message.text).filter((text, index) => index === 0 || text.trim() !== '');
  const groups: SourceFile[][] = [];
  for (let from = 0; from < message.files.length; from += mostFiles)
    groups.push(message.files.slice(from, from + mostFiles));
  return Array.from({ length: Math.max(1, texts.length, groups.length) }, (_, index) => ({
    message,
    id: index === 0 ? message.id : `${message.id} ${index + 1}`,
    text: texts[index] ?? '',
    files: groups[index] ?? [],
    isFirst: index === 0,
  }));
}

export interface ImportContext {
  /** Who imports: stands for those who are nobody here. */
  readonly me: MemberId;
  member(key: string): MemberId | null;
  /** Where an imported message is by now, by its id in the source. */
  find(id: string): ChatImport['reply'];
}

const cut = (text: string): string => text.slice(0, longestMessage);

function versionsOf({ versions }: SourceMessage): ChatImport['imported']['versions'] {
  const kept: { at: number; text: string }[] = [];
  let size = 0;
  for (const { at, text } of versions.slice(-mostImportedVersions).reverse()) {
    size += cut(text).length;
    if (size > longestImportedVersions) break;
    kept.unshift({ at, text: cut(text) });
  }
  return kept.length > 0 ? kept : undefined;
}

/** `n`: its place in the import. `files`: those whose bytes are here. `words`: what stands for the others. */
export function commandOf(
  part: Part,
  n: number,
  files: readonly MessageFile[],
  words: string,
  { me, member, find }: ImportContext,
): ChatImport {
  const { message, text, isFirst } = part;
  const who = member(message.by);
  const reply = message.replyTo === null ? undefined : find(message.replyTo);
  const said = [text, words].filter((piece) => piece !== '').join('\n');
  const mentions = [...new Set(message.mentions.flatMap((key) => member(key) ?? []))].slice(0, 200);
  const versions = isFirst ? versionsOf(message) : undefined;
  const reactions = (isFirst ? message.reactions : [])
    .filter(({ emoji, by }) => emoji !== '' && by.length > 0)
    .slice(0, mostImportedReactions)
    .map(({ emoji, by }) => ({
      emoji: emoji.slice(0, 60),
      by: by.slice(0, mostImportedReactors).map(named),
    }));
  const record = isFirst ? message.record : null;
  return {
    text: cut(said),
    ...(mentions.length > 0 ? { mentions } : {}),
    ...(reply ? { reply } : {}),
    ...(record
      ? {
          record: {
            title: record.title.slice(0, 100),
            items: record.items
              .slice(0, mostRecorded)
              .map((item) => ({ by: me, at: item.at, text: cut(item.text), name: named(item.by) })),
          },
        }
      : {}),
    ...(files.length > 0 ? { files: [...files] } : {}),
    imported: {
      n,
      id: part.id.slice(0, 100),
      name: named(message.name),
      ...(who ? { member: who } : {}),
      at: message.at,
      ...(versions ? { versions } : {}),
      ...(isFirst && message.edited !== null ? { edited: message.edited } : {}),
      ...(message.recalled ? { recalled: true as const } : {}),
      ...(reactions.length > 0 ? { reactions } : {}),
      ...(message.forwarded === null ? {} : { forwarded: named(message.forwarded) }),
    },
  };
}

/** A name that every device can keep, in the order in which it is read. */
export const fileName = (name: string): string =>
  name
    .replace(/[\p{Cc}/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, '_')
    .trim()
    .slice(0, 255) || 'file';

const shownType = /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/;

export function fileOf(file: SourceFile, hash: string, size: number): MessageFile {
  const type = file.type.toLowerCase();
  const shape = Object.fromEntries(Object.entries(file.shape).filter(([, value]) => value !== undefined));
  const base = { hash, name: fileName(file.name), size, type: shownType.test(type) ? type : '' };
  // A shape that is none would have the message refused.
  const isShaped = fileKind(base) !== 'file' || file.shape.wave !== undefined;
  return isShaped ? { ...base, ...shape } : base;
}
