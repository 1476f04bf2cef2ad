/* How much room files take before they are here, so that nothing moves when they come. */
import { fileKind, type MessageFile } from '../../../../shared/features/chat/attachment.ts';

export const gap = 4;
const single = { width: 360, height: 320 };
const least = { width: 120, height: 90 };
const tile = 140;
const card = 62;
const voice = 46;

/** What is shown side by side, and what has a line of its own. */
export function partsOf(files: readonly MessageFile[]): {
  readonly seen: readonly MessageFile[];
  readonly others: readonly MessageFile[];
} {
  const isSeen = (file: MessageFile): boolean => ['picture', 'video'].includes(fileKind(file));
  return { seen: files.filter(isSeen), others: files.filter((file) => !isSeen(file)) };
}

/** The box of one picture alone: as large as it is, within bounds. Pixels. */
export function boxOf(
  { width = 4, height = 3 }: Pick<MessageFile, 'width' | 'height'>,
  room: number,
): { readonly width: number; readonly height: number } {
  const most = Math.min(single.width, room);
  const known = width > 4 ? width : single.width;
  const scale = Math.min(most / width, single.height / height, Math.max(known, least.width) / width);
  return {
    width: Math.round(Math.min(most, Math.max(least.width, width * scale))),
    height: Math.round(Math.min(single.height, Math.max(least.height, height * scale))),
  };
}

/** Columns of a gallery, and how wide each is. */
export function gridOf(count: number, room: number): { readonly columns: number; readonly tile: number } {
  const columns = count === 2 || count === 4 ? 2 : 3;
  return { columns, tile: Math.min(tile, Math.floor((room - gap * (columns - 1)) / columns)) };
}

/** Height of all files of a message in `room` pixels of width. */
export function filesHeight(files: readonly MessageFile[], room: number): number {
  const { seen, others } = partsOf(files);
  const [only] = seen;
  let height = 0;
  if (seen.length === 1 && only) height = boxOf(only, room).height;
  else if (seen.length > 1) {
    const grid = gridOf(seen.length, room);
    const rows = Math.ceil(seen.length / grid.columns);
    height = rows * grid.tile + (rows - 1) * gap;
  }
  for (const file of others) height += (height > 0 ? gap : 0) + (fileKind(file) === 'voice' ? voice : card);
  return height;
}
