/* A message in one line, where there is no room for more: lists, quotes, pins. */
import type { ChatSend } from '../../../shared/features/chat/messages.ts';
import type { LastMessage } from '../../../shared/features/chat/schema.ts';
import { filesInShort, type FilesInShort } from '../../../shared/features/chat/attachment.ts';
import { plainOf } from './message-markdown.ts';
import { t as group } from './side/strings.ts';
import { t } from './strings.ts';

export function filesWords({ kind, count, name }: FilesInShort): string {
  switch (kind) {
    case 'picture':
      return t.pictures({ count });
    case 'video':
      return t.videos({ count });
    case 'voice':
      return t.voiceNote;
    default:
      return count === 1 ? t.oneFile({ name }) : t.files({ count });
  }
}

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ');

export function inShort({ text, record, files }: ChatSend): string {
  return joined(
    files ? filesWords(filesInShort(files)) : '',
    record ? t.recordShort({ title: record.title }) : '',
    plainOf(text),
  );
}

/** The last message as lists show it. */
export function lastInShort({ text, files, is }: LastMessage): string {
  if (is === 'recalled') return t.recalledShort;
  if (is === 'announcement') return joined(group.announcementShort, text);
  return joined(files ? filesWords(files) : '', is === 'record' ? t.recordsShort : '', plainOf(text));
}
