/* Files of something that is written in a form and kept when it is saved: those it had, and those chosen now. */
import type { MessageFile } from '../../../../shared/features/chat/attachment.ts';
import type { RoomId } from '../../../../shared/base/ids.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import { t } from './strings.ts';
import { TrayItem } from './tray.svelte.ts';

export class ChosenFiles {
  readonly #most: number;
  #kept = $state.raw<readonly MessageFile[]>([]);
  #items = $state.raw<readonly TrayItem[]>([]);

  constructor(most: number, kept: readonly MessageFile[] = []) {
    this.#most = most;
    this.#kept = kept;
  }

  /** It had these before. */
  get kept(): readonly MessageFile[] {
    return this.#kept;
  }

  get items(): readonly TrayItem[] {
    return this.#items;
  }

  get count(): number {
    return this.#kept.length + this.#items.length;
  }

  /** Why not all of them were added; null when they were. `onproblem` hears of one that cannot be read, later. */
  add(files: Iterable<File>, onproblem: (why: string) => void): string | null {
    for (const file of files) {
      if (this.count >= this.#most) return t.most({ most: this.#most });
      const item = new TrayItem(file, file.name);
      this.#items = [...this.#items, item];
      item.check().catch(() => {
        this.remove(item);
        onproblem(t.unreadable({ name: item.name }));
      });
    }
    return null;
  }

  remove(item: TrayItem): void {
    this.#items = this.#items.filter((each) => each !== item);
    item.close();
  }

  removeKept(file: MessageFile): void {
    this.#kept = this.#kept.filter((each) => each !== file);
  }

  /** Keeps the new ones on this device for the room, and gives all of them. Rejects when one cannot be read or kept. */
  async keep(data: WorkspaceData, room: RoomId): Promise<MessageFile[]> {
    const all = [...this.#kept];
    for (const item of this.#items) {
      const file = await item.keep(data, room);
      if (!all.some(({ hash }) => hash === file.hash)) all.push(file);
    }
    return all;
  }

  close(): void {
    for (const item of this.#items) item.close();
  }
}
