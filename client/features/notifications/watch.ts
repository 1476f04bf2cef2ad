/* What came that this person is to be told of, as far as this page has not told of it. */
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { groupCalled, happeningIn, type Happening } from '../../../shared/features/chat/happening.ts';
import { urgentFor } from '../../../shared/features/chat/urgent-schema.ts';
import { isTold } from '../../../shared/features/personal/telling.ts';
import type { PushedNotice, PushLanguage } from '../../../shared/protocol/pushed.ts';
import type { ChatRow, WorkspaceData } from '../../data/api.ts';
import { placeOf } from '../../data/projection/attention.ts';

/** Messages of one conversation that are looked at; beyond that only their newest say something. */
const mostRead = 100;
/** What was said before the page was opened is no news. Clocks differ so much. Milliseconds. */
const clocksDiffer = 60_000;
/** The page that tells may end before it has told of what came last; then another one does. Milliseconds. */
const handOver = 5_000;

type Data = Pick<WorkspaceData, 'me' | 'chats' | 'list' | 'notices' | 'directory' | 'entries'>;

export class Watch {
  readonly #data: Data;
  readonly #now: () => number;
  readonly #language: () => PushLanguage;
  readonly #since: number;
  readonly #known = new Map<RoomId, number>();
  readonly #urgent = new Set<string>();
  /** What there was when another page told of it, not long ago. */
  #left: { readonly at: number; readonly rows: readonly ChatRow[] }[] = [];

  constructor(data: Data, language: () => PushLanguage, now: () => number = Date.now) {
    this.#data = data;
    this.#language = language;
    this.#now = now;
    this.#since = now() - clocksDiffer;
  }

  /** What is there now is known. */
  skip(): void {
    this.#skip(this.#data.chats);
  }

  /** What is there now is told by another page, unless that one ends soon. */
  leave(): void {
    this.#skipLeft();
    this.#left.push({ at: this.#now(), rows: this.#data.chats });
  }

  #skip(rows: readonly ChatRow[]): void {
    for (const row of rows) {
      this.#fresh(row);
      this.#freshUrgent(row);
    }
  }

  #skipLeft(): void {
    const until = this.#now() - handOver;
    for (const { at, rows } of this.#left) if (at <= until) this.#skip(rows);
    this.#left = this.#left.filter(({ at }) => at > until);
  }

  /** What came since, one notice for each conversation and one for each urgent message. */
  async news(): Promise<readonly PushedNotice[]> {
    this.#skipLeft();
    this.#left = [];
    const found: PushedNotice[] = [];
    // One after the other: what came in a hundred conversations is not worth holding up the page for.
    for (const row of this.#data.chats) found.push(...(await this.#newsOf(row)));
    return found;
  }

  /** From where on there is something unread and not known; null when there is nothing. */
  #fresh({ room, lastUnread, firstUnread }: ChatRow): number | null {
    const known = this.#known.get(room) ?? -1;
    if (lastUnread === null || lastUnread <= known) return null;
    this.#known.set(room, lastUnread);
    return Math.max(known + 1, firstUnread ?? 0, lastUnread - mostRead + 1);
  }

  #freshUrgent({ state }: ChatRow) {
    return urgentFor(state, this.#data.me).filter(({ id, at }) => {
      const key = `${id} ${at}`;
      const isNew = !this.#urgent.has(key);
      this.#urgent.add(key);
      return isNew && at >= this.#since;
    });
  }

  async #newsOf(row: ChatRow): Promise<readonly PushedNotice[]> {
    const { me } = this.#data;
    const from = this.#fresh(row);
    const urgent = this.#freshUrgent(row);
    const notices: PushedNotice[] = [];
    for (const { seq, id, at } of urgent) {
      const [entry] = await this.#data.entries(row.room, seq, seq + 1);
      const said = entry?.id === id ? happeningIn(row.room, entry, () => null) : null;
      if (said) notices.push(this.#notice(row, { ...said, urgentTo: [me] }, at, 1));
    }
    if (from === null) return notices;
    const entries = await this.#data.entries(row.room, from, row.lastUnread! + 1);
    const told = entries
      .filter(({ at, marks }) => at >= this.#since && !marks?.recalled)
      .flatMap((entry) => happeningIn(row.room, entry, () => null) ?? [])
      .filter((said) => said.urgentTo === null && !said.isForGuest && this.#isTold(row, said))
      .filter(({ id }) => !urgent.some((each) => each.id === id));
    const newest = told.at(-1);
    if (newest)
      notices.push(this.#notice(row, newest, entries.find(({ id }) => id === newest.id)!.at, told.length));
    return notices;
  }

  #isTold({ id, state }: ChatRow, { by, calls }: Happening): boolean {
    const { me, list, notices } = this.#data;
    const what = { direct: state.type !== 'group', own: by === me, calls: calls(me), urgent: false };
    return isTold(notices, placeOf(list, id), what, this.#now());
  }

  #notice({ id: chat, state }: ChatRow, said: Happening, at: number, count: number): PushedNotice {
    const { me, directory, notices } = this.#data;
    const nameOf = (member: MemberId): string => directory.members[member]?.name ?? '';
    return {
      member: me,
      chat,
      id: said.id,
      seq: said.seq,
      at,
      by: nameOf(said.by),
      group: said.by === state.guest ? null : groupCalled(state, me, nameOf),
      text: notices.words ? said.text : null,
      ...(said.is && { is: said.is }),
      ...(said.urgentTo && { urgent: true as const }),
      // The page makes its own sound.
      silent: true,
      count,
      language: this.#language(),
      read: [],
    };
  }
}
