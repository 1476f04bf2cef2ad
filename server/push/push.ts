import type { Clock } from '../../shared/base/clock.ts';
import { failure } from '../../shared/base/errors.ts';
import { customerOf, isGuest } from '../../shared/base/guests.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { groupCalled, happeningIn, type Happening } from '../../shared/features/chat/happening.ts';
import { readsFrom } from '../../shared/features/chat/membership.ts';
import type { ChatState, ReadsState } from '../../shared/features/chat/schema.ts';
import { chatRecall } from '../../shared/features/chat/messages.ts';
import { urgentFor } from '../../shared/features/chat/urgent-schema.ts';
import { faceOf } from '../../shared/features/customers/face.ts';
import type { SettingsState } from '../../shared/features/customers/settings-schema.ts';
import { ownRoom } from '../../shared/features/personal/rooms.ts';
import type { ListState, NoticesState } from '../../shared/features/personal/schema.ts';
import { isTold } from '../../shared/features/personal/telling.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { PushedNotice } from '../../shared/protocol/pushed.ts';
import { parseRoom, partOf, roomId } from '../../shared/protocol/rooms.ts';
import { noBoundMetrics, type BoundMetrics, type Bounds } from '../bounds.ts';
import type { Outside, OutsideAnswer, OutsideFailure } from '../outside/fetch.ts';
import type { Relay } from '../relay/contract.ts';
import type { RelayLog } from '../relay/metrics.ts';
import type { StoredRow } from '../storage/contract.ts';
import { createAttempts, type Again } from './attempts.ts';
import type { Push, PushStore, Subscription } from './contract.ts';
import { isUsable, keptFor, newPushKeys, pushRequest } from './message.ts';

export interface PushDeps {
  readonly store: PushStore;
  readonly relay: Relay;
  /** Sessions that are not over. */
  readonly sessions: { list(member: MemberId): readonly { readonly id: string }[] };
  /** Browsers of guests whose conversation goes on. */
  readonly guests: { list(guest: MemberId): readonly { readonly id: string }[] };
  readonly outside: Outside;
  readonly clock: Clock;
  readonly log: Pick<RelayLog, 'warn'>;
  /** Whom a push service writes to when something is wrong: `mailto:…` or `https://…`. */
  readonly contact: string;
  readonly bounds: Pick<Bounds, 'pushes'>;
  readonly metrics?: BoundMetrics;
  /** Runs something once, later; must not keep the process alive. */
  readonly later?: (milliseconds: number, run: () => void) => void;
}

/** Whoever has no page open is told soon; others have this long to read it where they are. Milliseconds. */
export const waits = { away: 1_000, connected: 8_000 } as const;
/** Rows that are looked at in one go, and pause before the next. */
const atOnce = 200;
const pause = 20;
/** First pause after a failure, doubled with each, and the longest. Milliseconds. */
const firstPause = 30_000;
const longestPause = 3_600_000;
/** Members whose wishes are kept ready. */
const mostWishes = 10_000;
/** Conversations that are remembered as shown on one browser, and browsers for which they are. */
const mostShown = 20;
const mostBrowsers = 20_000;

/** Something one member is to be told of, on all of their browsers or on one that failed. */
interface Job {
  readonly member: MemberId;
  readonly happening: Happening;
  /** Messages of the conversation it stands for. */
  readonly count: number;
  /** When it happened, milliseconds since 1970. */
  readonly at: number;
  /** Only this browser; null for all of the member's. */
  readonly session: string | null;
}

interface Wishes {
  readonly notices: NoticesState;
  readonly list: ListState;
}

const laterByTimer = (milliseconds: number, run: () => void): void =>
  void setTimeout(run, milliseconds).unref();

/**
 * Tells people of messages while they have no page open, through the push services of their browsers. It listens to what
 * was stored and works beside it: nothing here is waited for by a commit.
 */
export function createPush(deps: PushDeps): Push {
  const { store, relay, sessions, guests, outside, clock, log, contact, bounds } = deps;
  const { metrics = noBoundMetrics, later = laterByTimer } = deps;
  const keys = store.keys() ?? newPushKeys();
  if (!store.keys()) store.setKeys(keys);
  const { workspace } = relay;

  /** Whoever may have a browser to be told on. */
  let subscribers = new Set(store.members());
  const wishes = new Map<MemberId, Wishes>();
  /** What a browser shows, by session: up to which message of which conversation. */
  const shown = new Map<string, Map<string, number>>();
  let rows: StoredRow[] = [];
  let isPlanned = false;
  let isStopped = false;

  const wishesOf = (member: MemberId): Wishes => {
    const known = wishes.get(member);
    if (known) return known;
    const made: Wishes = {
      notices: relay.state(ownRoom(workspace, member, 'notices')) as NoticesState,
      list: relay.state(ownRoom(workspace, member)) as ListState,
    };
    if (wishes.size >= mostWishes) wishes.clear();
    wishes.set(member, made);
    return made;
  };

  const isWanted = (member: MemberId, chat: ChatState, happening: Happening): boolean => {
    const { room, by, calls, urgentTo } = happening;
    // A guest has asked to be told of what they are answered, and has no other wishes.
    if (isGuest(member)) return by !== member;
    if (happening.isForGuest) return false;
    const { notices, list } = wishesOf(member);
    const id = parseRoom(room)!.id;
    const place = Object.hasOwn(list.chats, id) ? list.chats[id]! : {};
    const what = {
      direct: chat.type !== 'group',
      own: by === member,
      calls: calls(member),
      urgent: urgentTo !== null,
    };
    return isTold(notices, place, what, clock.now());
  };

  /** Whether it is still news for this member, by what is stored now: rights, what they read, what they confirmed. */
  const isNews = (member: MemberId, chat: ChatState, happening: Happening): boolean => {
    const { room, seq, id, urgentTo } = happening;
    if (!relay.actor(member)?.active || !relay.mayRead(member, room).ok) return false;
    if (seq < relay.window(member, room).from) return false;
    if (urgentTo) return urgentFor(chat, member).some((each) => each.id === id);
    const { positions } = relay.state(partOf(room, 'reads')) as ReadsState;
    return (positions[member] ?? -1) < seq;
  };

  const jobs = createAttempts<Job>({
    now: () => clock.now(),
    later,
    most: bounds.pushes,
    struck: () => metrics.struck('pushes'),
    run: (job, failed) =>
      tell(job, failed).catch((error: unknown): Again => {
        log.warn({ err: error }, 'somebody could not be told of a message');
        return null;
      }),
  });

  /** A guest who told no name is told from another by the beginning of their id. */
  const visitor = (language: Subscription['language'], guest: MemberId): string =>
    `${language === 'zh' ? '访客' : 'Visitor'} ${customerOf(guest).slice(0, 4).toUpperCase()}`;
  const nameOf = (language: Subscription['language'], member: MemberId): string =>
    relay.nameOf(member) !== '' || !isGuest(member) ? relay.nameOf(member) : visitor(language, member);

  /** What is shown on that browser and was read since; it is told of it once. */
  function readSince(session: string, member: MemberId): PushedNotice['read'] {
    const shows = shown.get(session);
    if (!shows) return [];
    const read: [string, number][] = [];
    for (const [chat, seq] of shows) {
      const room = `${workspace}/chat/${chat}:reads` as RoomId;
      const upTo = (relay.state(room) as ReadsState).positions[member] ?? -1;
      if (upTo < seq) continue;
      shows.delete(chat);
      read.push([chat, upTo]);
    }
    return read;
  }

  function noteShown(session: string, chat: string, seq: number): void {
    const shows = shown.get(session) ?? new Map<string, number>();
    shows.delete(chat);
    shows.set(chat, seq);
    if (shows.size > mostShown) shows.delete(shows.keys().next().value!);
    shown.delete(session);
    shown.set(session, shows);
    if (shown.size > mostBrowsers) shown.delete(shown.keys().next().value!);
  }

  /** A guest reads who it is of which company; what was said only where the company allows that on locked screens. */
  const toldTo = (member: MemberId, chat: ChatState, by: MemberId, name: (each: MemberId) => string) => {
    if (isGuest(member)) {
      const settings = relay.state(roomId(workspace, 'customers', 'main')) as SettingsState;
      const company = relay.directory().name;
      const group = chat.outside ? [chat.title, company].filter(Boolean).join(' · ') : company;
      return { group, words: faceOf(settings).noticeWords, sound: true };
    }
    const { words, sound } = wishesOf(member).notices;
    return { group: by === chat.guest ? null : groupCalled(chat, member, name), words, sound };
  };

  /** In a group guests are called as they said there, whatever the company calls them. */
  const calledIn = (chat: ChatState, language: Subscription['language'], member: MemberId): string =>
    chat.outside && isGuest(member)
      ? chat.guests?.[member]?.name || visitor(language, member)
      : nameOf(language, member);

  function textFor(job: Job, chat: ChatState, { session, language }: Subscription): string {
    const { member, happening, count } = job;
    const { room, id, seq, by, text, is, urgentTo } = happening;
    const name = (each: MemberId): string => calledIn(chat, language, each);
    const { group, words, sound } = toldTo(member, chat, by, name);
    const notice: PushedNotice = {
      member,
      chat: parseRoom(room)!.id,
      id,
      seq,
      at: job.at,
      by: name(by),
      group,
      text: words ? text : null,
      ...(is && { is }),
      ...(urgentTo && { urgent: true as const }),
      ...(!sound && { silent: true as const }),
      count,
      language,
      read: readSince(session, member),
    };
    return JSON.stringify(notice);
  }

  async function tell(job: Job, failed: number): Promise<Again> {
    const { member, happening, session } = job;
    const left = job.at + keptFor - clock.now();
    const chat = relay.state(happening.room) as ChatState;
    if (left <= 0 || !isNews(member, chat, happening) || !isWanted(member, chat, happening)) return null;
    const alive = new Set((isGuest(member) ? guests : sessions).list(member).map(({ id }) => id));
    const all = store.of(member);
    // A conversation that was opened again has sessions of its own.
    for (const each of all) if (!alive.has(each.session)) store.remove(each.session);
    const to = all.filter(
      (each) => alive.has(each.session) && (session === null || each.session === session),
    );
    const outcomes = await Promise.all(
      to.map(async (each) => ({ each, again: await send(job, chat, each, left, failed) })),
    );
    if (session !== null) return outcomes[0]?.again ?? null;
    // Browsers that could not be reached are tried again, each by itself.
    for (const { each, again } of outcomes)
      if (again !== null)
        jobs.put(`${nameOfJob(job)} ${each.session}`, { ...job, session: each.session }, clock.now() + again);
    return null;
  }

  async function send(
    job: Job,
    chat: ChatState,
    to: Subscription,
    left: number,
    failed: number,
  ): Promise<Again> {
    const { happening } = job;
    const isPressing = happening.urgentTo !== null || chat.type !== 'group' || happening.calls(job.member);
    const about = happening.urgentTo ? `${happening.room} ${happening.id}` : happening.room;
    const text = textFor(job, chat, to);
    const answer = await outside.fetch(pushRequest({ to, text, about, isPressing, left }, keys, contact));
    if (answer.ok && answer.value.status < 300) {
      if (!happening.urgentTo) noteShown(to.session, parseRoom(happening.room)!.id, happening.seq);
      return null;
    }
    return afterFailure(to, answer, failed);
  }

  function afterFailure(
    to: Subscription,
    answer: Result<OutsideAnswer, OutsideFailure>,
    failed: number,
  ): Again {
    const status = answer.ok ? answer.value.status : 0;
    // Gone, or made for another key, or at an address that is none: the browser brings a new one when it is opened.
    if (
      status === 404 ||
      status === 410 ||
      status === 403 ||
      (!answer.ok && answer.error === 'not-allowed')
    ) {
      store.remove(to.session, to.endpoint);
      subscribers = new Set(store.members());
      return null;
    }
    if (status >= 300 && status < 500 && status !== 429) {
      log.warn({ status }, 'a push service refused a message');
      return null;
    }
    const asked = answer.ok ? Number(answer.value.headers['retry-after']) * 1000 : NaN;
    const usual = firstPause * 2 ** failed;
    return Math.min(longestPause, Number.isFinite(asked) ? Math.max(asked, usual) : usual);
  }

  const nameOfJob = ({ member, happening: { room, id, urgentTo } }: Job): string =>
    urgentTo ? `${member} ${room} ${id}` : `${member} ${room}`;

  function happened(happening: Happening, at: number): void {
    const chat = relay.state(happening.room) as ChatState;
    const whom = happening.urgentTo ?? (Object.keys(chat.members) as MemberId[]);
    for (const member of whom) {
      if (!subscribers.has(member) || readsFrom(chat, member) > happening.seq) continue;
      if (!isWanted(member, chat, happening)) continue;
      // Once as what it is: not also as one of the messages of the conversation.
      if (happening.urgentTo) jobs.drop((of) => of.member === member && of.happening.id === happening.id);
      const job = { member, happening, count: 1, at, session: null };
      const name = nameOfJob(job);
      const before = jobs.get(name);
      const wait = happening.urgentTo || !relay.isConnected(member) ? waits.away : waits.connected;
      // Who talks on does not put off being heard.
      const due = Math.min(before?.at ?? Infinity, clock.now() + wait);
      jobs.put(name, { ...job, count: (before?.job.count ?? 0) + 1 }, due);
    }
    metrics.reached('pushes', jobs.size);
  }

  function look({ room, bytes, at }: StoredRow): void {
    const name = parseRoom(room);
    if (name?.kind === 'personal') {
      wishes.delete(name.id as MemberId);
      return;
    }
    if (name?.kind !== 'chat' || name.part !== null) return;
    for (const entry of decodeLogRun(bytes)) {
      const happening = happeningIn(room, entry, (seq) => relay.entries(null, room, seq, 1)[0] ?? null);
      if (happening) happened(happening, at);
      if (entry.type !== 'chat.recall') continue;
      const recalled = chatRecall.safeParse(entry.data);
      if (recalled.success)
        jobs.drop(({ happening: of }) => of.room === room && of.id === recalled.data.target.id);
    }
  }

  const plan = (milliseconds: number): void => {
    if (isPlanned || isStopped) return;
    isPlanned = true;
    later(milliseconds, () => {
      isPlanned = false;
      if (isStopped) return;
      const some = rows.slice(0, atOnce);
      rows = rows.slice(atOnce);
      for (const row of some)
        try {
          look(row);
        } catch (error) {
          // A damaged room; others are told of.
          log.warn({ err: error }, 'a message could not be looked at');
        }
      if (rows.length > 0) plan(pause);
    });
  };

  relay.whenStored((stored) => {
    if (subscribers.size === 0) {
      wishes.clear();
      return;
    }
    for (const row of stored)
      if (row.room.includes('/chat/') || row.room.includes('/personal/')) rows.push(row);
    if (rows.length > bounds.pushes) {
      metrics.struck('pushes');
      rows = rows.slice(-bounds.pushes);
      wishes.clear();
    }
    if (rows.length > 0) plan(pause);
  });

  return {
    publicKey: keys.publicKey,
    subscribe({ member, session }, address, language) {
      if (!outside.isAllowed(address.endpoint, true))
        return err(failure('bad-request', 'the push service is at no public address with https'));
      if (!isUsable(address)) return err(failure('bad-request', 'nothing can be encrypted with these keys'));
      store.put({ ...address, member, session, language, createdAt: clock.now() });
      subscribers.add(member);
      return ok(undefined);
    },
    unsubscribe({ session }) {
      store.remove(session);
      subscribers = new Set(store.members());
    },
    stop() {
      isStopped = true;
      jobs.stop();
    },
  };
}
