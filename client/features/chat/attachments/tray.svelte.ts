/*
 * Files that were chosen for the next message. They are read while the person writes, and kept on the device as the
 * draft's text is.
 */
import {
  fileKind,
  mostFiles,
  type FileKind,
  type MessageFile,
} from '../../../../shared/features/chat/attachment.ts';
import { limits } from '../../../../shared/protocol/limits.ts';
import { newId, type RoomId } from '../../../../shared/base/ids.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import { hashOf } from '../../../data/blobs.ts';
import type { DraftPlace, DraftStore } from '../../../data/storage/contract.ts';
import { formatBytes } from '../../../i18n/index.ts';
import { nameOf, prepare, typeOf } from './prepare.ts';
import { t } from './strings.ts';

/** A file in the tray. */
export class TrayItem {
  readonly id: string;
  readonly file: Blob;
  readonly name: string;
  readonly kind: FileKind;
  /** Shows pictures at once; empty for everything else. */
  readonly preview: string;
  readonly #message: Promise<MessageFile>;
  #small: Blob | null = null;
  /** All that a message says of it is known. */
  isRead = $state(false);
  /** It is on the device, beside the draft. */
  isKept = false;
  #isDone = false;

  /** The room that it was taken from; a draft that is opened again does not know. */
  readonly #from: RoomId | undefined;

  constructor(
    file: Blob,
    name: string,
    more: Pick<MessageFile, 'duration' | 'wave'> & { readonly from?: RoomId | undefined } = {},
    id = newId(),
  ) {
    const { from, ...facts } = more;
    this.id = id;
    this.#from = from;
    this.file = file;
    this.name = nameOf(name);
    const type = typeOf(file);
    this.kind = fileKind({ type, ...facts });
    this.preview = this.kind === 'picture' ? URL.createObjectURL(file) : '';
    this.#message = this.#read(type, facts);
    // Whoever sends hears of it.
    this.#message.catch(() => undefined);
  }

  async #read(type: string, more: Pick<MessageFile, 'duration' | 'wave'>): Promise<MessageFile> {
    const [hash, { facts, small }] = await Promise.all([
      hashOf(this.file),
      more.wave ? { facts: {}, small: null } : prepare(this.file),
    ]);
    this.#small = small;
    this.isRead = true;
    const { name } = this;
    const described = { hash, name, size: this.file.size, type, ...facts, ...more };
    return small ? { ...described, small: await hashOf(small) } : described;
  }

  /** Keeps it on this device for its room, and gives what the message says of it. Rejects when it cannot be read or kept. */
  async keep(data: WorkspaceData, room: RoomId): Promise<MessageFile> {
    const message = await this.#message;
    const { hash, name } = message;
    if (this.#small && message.small)
      await data.files.put(room, this.#small, { name, hash: message.small, smallOf: hash });
    await data.files.put(room, this.file, { name, hash, ...(this.#from && { from: this.#from }) });
    return message;
  }

  /** Rejects when the file cannot be read. */
  async check(): Promise<void> {
    await this.#message;
  }

  /** Sent, or given up. */
  get isDone(): boolean {
    return this.#isDone;
  }

  close(): void {
    this.#isDone = true;
    if (this.preview) URL.revokeObjectURL(this.preview);
  }
}

/** Where the files of a tray outlive the page. */
interface Kept {
  readonly store: Pick<DraftStore, 'files' | 'addFile' | 'removeFiles'>;
  readonly place: DraftPlace;
}

export class Tray {
  readonly #kept: Kept;
  #work: Promise<void> = Promise.resolve();
  #items = $state.raw<readonly TrayItem[]>([]);
  /** Why the last files were not added; null when they were. */
  problem = $state<string | null>(null);

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  get items(): readonly TrayItem[] {
    return this.#items;
  }

  /** Something of it would be lost with the page. */
  get isAtRisk(): boolean {
    return this.#items.some(({ isKept }) => !isKept);
  }

  /** Takes out what the device kept of it. */
  async load(): Promise<void> {
    const found = await this.#kept.store.files(this.#kept.place).catch(() => []);
    const items = found
      .slice(0, mostFiles - this.#items.length)
      .map(({ id, name, file }) => new TrayItem(file, name, {}, id));
    for (const item of items) item.isKept = true;
    this.#items = [...items, ...this.#items];
    this.#check(items);
  }

  /** `from`: the room that has them already. */
  add(files: Iterable<File>, from?: RoomId): void {
    this.problem = null;
    const added: TrayItem[] = [];
    for (const file of files) {
      const name = nameOf(file.name);
      if (file.size === 0) this.problem = t.empty({ name });
      else if (file.size > limits.file) this.problem = t.tooLarge({ name, limit: formatBytes(limits.file) });
      else if (this.#items.length + added.length >= mostFiles) this.problem = t.tooMany({ most: mostFiles });
      else added.push(new TrayItem(file, file.name, { from }));
    }
    this.#items = [...this.#items, ...added];
    this.#keep(added);
    this.#check(added);
  }

  #check(items: readonly TrayItem[]): void {
    for (const item of items)
      item.check().catch(() => {
        this.remove(item);
        this.problem = t.unreadable({ name: item.name });
      });
  }

  remove(item: TrayItem): void {
    if (!this.#items.includes(item)) return;
    this.#items = this.#items.filter((other) => other !== item);
    this.done([item]);
  }

  /** Sent, or given up. */
  done(items: readonly TrayItem[]): void {
    for (const item of items) item.close();
    this.#next(({ store }) => store.removeFiles(items.map(({ id }) => id)));
  }

  #keep(items: readonly TrayItem[]): void {
    for (const item of items)
      this.#next(async ({ store, place }) => {
        const { id, name, file, isDone } = item;
        if (isDone) return;
        await store.addFile(place, { id, name, file });
        item.isKept = true;
      });
  }

  /** One after the other: they come back in the order they were added, and none after it was sent. */
  #next(change: (kept: Kept) => Promise<void>): void {
    // What does not fit on the device stays in the page alone, which asks before it goes.
    this.#work = this.#work.then(() => change(this.#kept)).catch(() => undefined);
  }

  /** Gives all of them away and is empty. */
  take(): readonly TrayItem[] {
    const taken = this.#items;
    this.#items = [];
    this.problem = null;
    return taken;
  }

  /** Takes back what could not be sent. */
  giveBack(items: readonly TrayItem[]): void {
    this.#items = [...items, ...this.#items];
  }
}

/** Trays of conversations and threads that were left wait until one comes back. A page that goes asks before something would be lost. */
class Trays {
  readonly #trays = new Map<string, Tray>();

  of({ me, drafts }: WorkspaceData, place: DraftPlace): Tray {
    const key = `${me} ${place}`;
    addEventListener('beforeunload', this.ask);
    let tray = this.#trays.get(key);
    if (!tray) {
      this.#trays.set(key, (tray = new Tray({ store: drafts, place })));
      void tray.load();
    }
    return tray;
  }

  readonly ask = (event: BeforeUnloadEvent): void => {
    if ([...this.#trays.values()].some((tray) => tray.isAtRisk)) event.preventDefault();
  };
}

export const trays = new Trays();
