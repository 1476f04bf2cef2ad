import type { MessageFile } from '../../../../shared/features/chat/attachment.ts';
import type { RoomId } from '../../../../shared/base/ids.ts';
import type { MarkedEntry } from '../../../data/api.ts';
import { messageIn } from '../timeline.ts';
import { partsOf } from './layout.ts';
import type { Shown } from './lightbox.svelte.ts';

/** The pictures and videos of one message, as the viewer shows them. */
export const shownOf = (
  room: RoomId,
  { id, at }: Pick<MarkedEntry, 'id' | 'at'>,
  files: readonly MessageFile[],
): readonly Shown[] => partsOf(files).seen.map((file, index) => ({ key: `${id} ${index}`, room, file, at }));

/** Files of a message that are here or may come. */
export const awaited = (
  { marks }: Pick<MarkedEntry, 'marks'>,
  files: readonly MessageFile[],
): readonly MessageFile[] =>
  marks?.givenUp ? files.filter(({ hash }) => !marks.givenUp!.includes(hash)) : files;

/** Those of all messages that are loaded, in the order they were said. */
export const galleryOf = (room: RoomId, entries: readonly MarkedEntry[]): readonly Shown[] =>
  entries.flatMap((entry) => shownOf(room, entry, awaited(entry, messageIn(entry)?.files ?? [])));
