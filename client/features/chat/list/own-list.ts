/* What a person does with their list of conversations. It is theirs alone, and the same on all of their devices. */
import { newId } from '../../../../shared/base/ids.ts';
import { ownRoom } from '../../../../shared/features/personal/rooms.ts';
import type { ListChat, Section } from '../../../../shared/features/personal/schema.ts';
import { partOf } from '../../../../shared/protocol/rooms.ts';
import type { ChatRow, WorkspaceData } from '../../../data/api.ts';
import { placeOf } from '../../../data/projection/attention.ts';
import { toasts } from '../../../ui/toasts.svelte.ts';
import { reasonOf } from '../commands.ts';
import { l } from './strings.ts';

export class OwnList {
  readonly #data: WorkspaceData;

  constructor(data: WorkspaceData) {
    this.#data = data;
  }

  place(chat: string, change: Omit<ListChat, 'chat'>): void {
    this.#attempt(() => this.#place(chat, change));
  }

  markRead({ id, room, state, unread }: ChatRow): void {
    this.#attempt(async () => {
      await this.#place(id, { unread: false });
      if (unread > 0 && state.last)
        await this.#data.send(partOf(room, 'reads'), 'chat.read', { upTo: state.last.seq });
    });
  }

  hide(row: ChatRow, title: string): void {
    this.place(row.id, { hidden: row.at });
    const run = (): void => this.place(row.id, { hidden: null });
    toasts.show({ text: l.hidden({ title }), action: { label: l.undo, run } });
  }

  /** The mark is for later, and later is when the conversation is opened. */
  opened(chat: string): void {
    if (placeOf(this.#data.list, chat).unread) this.place(chat, { unread: false });
  }

  /** With a conversation to begin it with, if one is given. */
  addSection(name: string, chat?: string): void {
    this.#attempt(async () => {
      const id = newId();
      await this.#send('list.addSection', { id, name });
      if (chat !== undefined) await this.#place(chat, { section: id });
    });
  }

  changeSection(id: string, change: { name?: string; collapsed?: boolean }): void {
    this.#attempt(() => this.#send('list.changeSection', { id, ...change }));
  }

  removeSection({ id, name }: Section): void {
    const inside = this.#data.chats.filter((row) => placeOf(this.#data.list, row.id).section === id);
    const sections = this.#order();
    this.#attempt(() => this.#send('list.removeSection', { id }));
    // One after the other: each is judged by what the ones before it made.
    const bringBack = async (): Promise<void> => {
      await this.#send('list.addSection', { id, name });
      await this.#send('list.order', { sections });
      for (const row of inside) await this.#place(row.id, { section: id });
    };
    const run = (): void => this.#attempt(bringBack);
    toasts.show({ text: l.removed({ name }), action: { label: l.undo, run } });
  }

  /** Puts a section before another one, or at the end. */
  moveSection(id: string, before: string | null): void {
    const others = this.#order().filter((each) => each !== id);
    const at = before === null ? -1 : others.indexOf(before);
    const sections = others.toSpliced(at < 0 ? others.length : at, 0, id);
    this.#attempt(() => this.#send('list.order', { sections }));
  }

  /** One place up (-1) or down (1). */
  stepSection(id: string, step: -1 | 1): void {
    const order = this.#order();
    const from = order.indexOf(id);
    const to = from + step;
    if (from < 0 || to < 0 || to >= order.length) return;
    const sections = order.toSpliced(from, 1).toSpliced(to, 0, id);
    this.#attempt(() => this.#send('list.order', { sections }));
  }

  #order(): string[] {
    return this.#data.list.sections.map(({ id }) => id);
  }

  #place(chat: string, change: Omit<ListChat, 'chat'>): Promise<unknown> {
    return this.#send('list.chat', { chat, ...change });
  }

  #send(type: string, data: unknown): Promise<unknown> {
    return this.#data.send(ownRoom(this.#data.workspace, this.#data.me), type, data);
  }

  #attempt(work: () => Promise<unknown>): void {
    work().catch((cause: unknown) => toasts.show({ text: reasonOf(cause), kind: 'danger' }));
  }
}
