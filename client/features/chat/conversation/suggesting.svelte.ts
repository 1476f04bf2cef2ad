/* What is offered while somebody writes: names after an @, quick replies after a slash at the beginning. */
import type { QuickReply } from '../../../../shared/features/personal/schema.ts';
import { compareNames, matchesName, nameRank } from '../../../i18n/index.ts';
import type { Named } from '../message-text.ts';
import { findReplies } from '../replies/replies.ts';
import { replyQuery } from '../replies/reply-query.ts';
import { mentionQuery, type MentionQuery } from './mention-query.ts';

const mostOffered = 50;

export interface SuggestingParts {
  readonly people: () => readonly Named[];
  /** Null where quick replies are not used. */
  readonly replies: () => {
    readonly own: readonly QuickReply[];
    readonly team: readonly QuickReply[];
  } | null;
  /** A person was chosen for the words between two places of the text, or a reply. */
  readonly mention: (person: Named, from: number, to: number) => void;
  readonly reply: (reply: QuickReply, from: number, to: number) => void;
}

export class Suggesting {
  readonly #parts: SuggestingParts;
  #mention = $state.raw<MentionQuery | null>(null);
  #reply = $state.raw<string | null>(null);
  /** Where the @ or slash stands whose list was closed by Escape: it stays closed while the caret is in the same word. */
  #dismissed: number | null = null;
  /** Which one Enter takes. */
  active = $state(0);

  readonly people: readonly Named[] = $derived.by(() => {
    const typed = this.#mention?.text;
    if (typed === undefined) return [];
    return this.#parts
      .people()
      .filter((person) => matchesName(typed, person.name))
      .sort((a, b) => nameRank(typed, a.name) - nameRank(typed, b.name) || compareNames(a.name, b.name))
      .slice(0, mostOffered);
  });
  readonly replies: readonly QuickReply[] = $derived.by(() => {
    const all = this.#reply === null ? null : this.#parts.replies();
    return all && this.#reply !== null ? findReplies(this.#reply, all.own, all.team) : [];
  });
  /** Whether there are any that could be said here. */
  readonly hasReplies: boolean = $derived.by(() => {
    const all = this.#parts.replies();
    return all !== null && all.own.length + all.team.length > 0;
  });
  readonly count: number = $derived(this.people.length + this.replies.length);

  constructor(parts: SuggestingParts) {
    this.#parts = parts;
  }

  /** `caret`: null while several letters are selected. */
  look(text: string, caret: number | null): void {
    const mention = caret === null ? null : mentionQuery(text, caret);
    const reply =
      caret === null || mention !== null || !this.#parts.replies() ? null : replyQuery(text, caret);
    const from = mention?.from ?? (reply === null ? undefined : 0);
    if (from !== this.#dismissed) this.#dismissed = null;
    const other =
      mention?.from !== this.#mention?.from || mention?.text !== this.#mention?.text || reply !== this.#reply;
    if (other) this.active = 0;
    this.#mention = this.#dismissed === null ? mention : null;
    this.#reply = this.#dismissed === null ? reply : null;
  }

  /** The same, also where its list was closed before. */
  offer(text: string, caret: number): void {
    this.#dismissed = null;
    this.look(text, caret);
  }

  close(): void {
    this.#mention = null;
    this.#reply = null;
  }

  pickPerson(person: Named): void {
    const query = this.#mention;
    if (query) this.#parts.mention(person, query.from, query.from + 1 + query.text.length);
  }

  pickReply(reply: QuickReply): void {
    if (this.#reply !== null) this.#parts.reply(reply, 0, 1 + this.#reply.length);
  }

  /** A key while something is offered; true when it was meant for the list. */
  press(event: KeyboardEvent): boolean {
    if (this.count === 0) return false;
    if (event.key === 'ArrowDown') this.active = (this.active + 1) % this.count;
    else if (event.key === 'ArrowUp') this.active = (this.active + this.count - 1) % this.count;
    else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) this.#take();
    else if (event.key === 'Escape') {
      this.#dismissed = this.#mention?.from ?? 0;
      this.close();
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #take(): void {
    const person = this.people[this.active];
    const reply = this.replies[this.active];
    if (person) this.pickPerson(person);
    else if (reply) this.pickReply(reply);
  }
}
