/* What somebody is doing with the messages of one conversation: answering, editing, picking several, looking back. */
import { createContext } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';
import type { EntryTarget } from '../../../../shared/access/kind.ts';
import type { CommandId } from '../../../../shared/base/ids.ts';
import type { LogView, ViewEntry } from '../../../data/api.ts';
import { changesIn } from './changes.ts';

/** A dialog over the conversation. */
export type TalkDialog =
  | { readonly kind: 'versions' | 'reactions'; readonly at: EntryTarget }
  | { readonly kind: 'forward'; readonly entries: readonly ViewEntry[] }
  | { readonly kind: 'pins' }
  /** `day`: the one that is looked at, as milliseconds since 1970. */
  | { readonly kind: 'date'; readonly day: number };

export const targetOf = ({ seq, id }: EntryTarget): EntryTarget => ({ seq, id });

export class Talk {
  /** The log of the conversation; another one after it began to exist. */
  view = $state.raw<LogView | null>(null);
  readonly #changes = $derived(changesIn(this.view?.waiting ?? []));

  /** What this person did to the message and the relay has not taken: it waits, or was refused. */
  change(id: CommandId): ViewEntry | undefined {
    return this.#changes.get(id);
  }

  /** The message with which the shown thread began; null where the whole conversation is shown. */
  root: EntryTarget | null = null;
  /** What the composer writes: an answer to this, or this anew. */
  replying = $state.raw<ViewEntry | null>(null);
  editing = $state.raw<ViewEntry | null>(null);
  /** Messages are picked instead of read. */
  selecting = $state(false);
  readonly picked = new SvelteSet<CommandId>();
  dialog = $state.raw<TalkDialog | null>(null);
  /** Just jumped to: stands out for a moment. */
  flashed = $state<CommandId | null>(null);
  /** Where one came from with the last jump. */
  cameFrom = $state.raw<EntryTarget | null>(null);
  #scroll: ((target: EntryTarget) => Promise<boolean>) | null = null;
  #scrollToTime: ((at: number) => Promise<void>) | null = null;

  /** The list says how to bring a message on the screen: false when it is not there. */
  scrollsWith(
    scroll: (target: EntryTarget) => Promise<boolean>,
    scrollToTime: ((at: number) => Promise<void>) | null = null,
  ): void {
    this.#scroll = scroll;
    this.#scrollToTime = scrollToTime;
  }

  reply(entry: ViewEntry): void {
    this.editing = null;
    this.replying = entry;
  }

  edit(entry: ViewEntry): void {
    this.replying = null;
    this.editing = entry;
  }

  /** Ends answering and editing; true when there was something to end. */
  settle(): boolean {
    const was = this.replying ?? this.editing;
    this.replying = null;
    this.editing = null;
    return was !== null;
  }

  select(first: CommandId): void {
    this.selecting = true;
    this.picked.clear();
    this.picked.add(first);
  }

  stopSelecting(): void {
    this.selecting = false;
    this.picked.clear();
  }

  toggle(id: CommandId): void {
    if (!this.picked.delete(id)) this.picked.add(id);
  }

  /** To what was said first from that moment on. Milliseconds since 1970. */
  async jumpToTime(at: number): Promise<void> {
    await this.#scrollToTime?.(at);
  }

  /** `from`: where the way back leads. */
  async jump(target: EntryTarget, from: EntryTarget | null = null): Promise<boolean> {
    if (!(await this.#scroll?.(target))) return false;
    this.cameFrom = from;
    this.flashed = target.id;
    return true;
  }
}

export const [useTalk, provideTalk] = createContext<Talk>();
