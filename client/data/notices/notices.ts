/*
 * Notifications of this browser, shown by the service worker for messages that were pushed and by the page for those it
 * heard of itself: the same look, one for each conversation, each message once.
 */
import type { PushedNotice, PushLanguage } from '../../../shared/protocol/pushed.ts';

/** What is remembered between pages and pushes. It goes with everything else when somebody signs out. */
export interface NoticeMemory {
  /** Who is signed in; nothing is shown for anybody else. */
  readonly member: string;
  /** Up to which message of each conversation something was shown. */
  readonly told: Readonly<Record<string, number>>;
  /** What the icon of the app counted last. */
  readonly count: number;
}

export interface NoticeMemoryPlace {
  read(): Promise<NoticeMemory | null>;
  write(memory: NoticeMemory): Promise<void>;
  /** Among all pages and the service worker one at a time, as they came: what is read and written stays together. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** As much of a browser as notifications need. */
export interface NoticePlace extends NoticeMemoryPlace {
  show(title: string, options: NoticeOptions): Promise<void>;
  shown(): Promise<readonly ShownNotice[]>;
  badge(count: number): void;
}

export interface NoticeData {
  readonly chat: string;
  readonly id: string;
  readonly seq: number;
  readonly urgent: boolean;
  /** Where a click leads. */
  readonly path: string;
}

export interface NoticeOptions extends NotificationOptions {
  readonly data: NoticeData;
  readonly renotify: boolean;
  readonly vibrate?: number[];
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

export interface ShownNotice {
  readonly data: unknown;
  close(): void;
}

/** Conversations that are remembered. */
const most = 200;

const texts = {
  en: {
    urgent: 'Urgent',
    files: '[File]',
    voice: '[Voice]',
    record: '[Chat history]',
    announcement: '[Announcement]',
    message: 'New message',
    said: (by: string, text: string) => `${by}: ${text}`,
    marked: (mark: string, title: string) => `${mark}: ${title}`,
  },
  zh: {
    urgent: '加急',
    files: '[文件]',
    voice: '[语音]',
    record: '[聊天记录]',
    announcement: '[群公告]',
    message: '发来一条新消息',
    said: (by: string, text: string) => `${by}：${text}`,
    marked: (mark: string, title: string) => `【${mark}】${title}`,
  },
} as const satisfies Record<PushLanguage, unknown>;

const dataOf = ({ data }: ShownNotice): NoticeData | null =>
  typeof data === 'object' && data !== null && 'chat' in data ? (data as NoticeData) : null;

/** Title and look of a notification. */
export function lookOf(notice: PushedNotice): { title: string; options: NoticeOptions } {
  const { chat, id, seq, at, by, group, text, is, urgent = false, silent = false, count, language } = notice;
  const t = texts[language];
  const words = text === null ? t.message : [is ? t[is] : '', text].filter((part) => part !== '').join(' ');
  const where = (group ?? by) + (count > 1 ? ` (${count})` : '');
  return {
    title: urgent ? t.marked(t.urgent, where) : where,
    options: {
      body: group === null ? words : t.said(by, words),
      // What is urgent stays beside what is said after it.
      tag: urgent ? `urgent:${id}` : chat,
      renotify: true,
      requireInteraction: urgent,
      silent,
      icon: '/icons/icon-192.png',
      lang: language,
      timestamp: at,
      ...(!silent && urgent && { vibrate: [200, 100, 200, 100, 200] }),
      data: { chat, id, seq, urgent, path: `/messages/${chat}?at=${seq}.${id}` },
    },
  };
}

/** Takes away what is shown of something that is over. */
export async function closeWhere(place: NoticePlace, isOver: (data: NoticeData) => boolean): Promise<void> {
  for (const each of await place.shown()) {
    const data = dataOf(each);
    if (data && isOver(data)) each.close();
  }
}

/**
 * Shows a message, unless it is for somebody else or was shown already. `isLookedAt`: a page is in front, which says by
 * itself what there is. Resolves to whether it was shown.
 */
export async function showNotice(
  place: NoticePlace,
  notice: PushedNotice,
  isLookedAt: boolean,
): Promise<boolean> {
  const memory = await place.read();
  if (memory?.member !== notice.member) return false;
  if (notice.read.length > 0) {
    const upTo = new Map(notice.read);
    await closeWhere(place, (each) => !each.urgent && each.seq <= (upTo.get(each.chat) ?? -1));
  }
  if (isLookedAt || !(await place.alone(() => remember(place, notice)))) return false;
  const { title, options } = lookOf(notice);
  await place.show(title, options);
  return true;
}

/** Resolves to whether it is new. */
async function remember(place: NoticeMemoryPlace, notice: PushedNotice): Promise<boolean> {
  const { member, chat, seq, id, at, urgent = false } = notice;
  const memory = await place.read();
  // Asked again is told again.
  const key = urgent ? `urgent:${id}:${at}` : chat;
  if (memory?.member !== member || (memory.told[key] ?? -1) >= seq) return false;
  const { [key]: _, ...others } = memory.told;
  const told = Object.fromEntries([...Object.entries(others), [key, seq] as const].slice(-most));
  await place.write({ ...memory, told });
  return true;
}

/** What a page counts, for whoever is signed in there. */
export const noteCount = (place: NoticeMemoryPlace, member: string, count: number): Promise<void> =>
  place.alone(async () => {
    const memory = await place.read();
    await place.write({ member, told: memory?.member === member ? memory.told : {}, count });
  });

/** While no page is open nobody counts what is unread: what was counted last, and these. */
export const countOn = (place: NoticePlace, more: number): Promise<void> =>
  place.alone(async () => {
    const memory = await place.read();
    if (!memory) return;
    const count = memory.count + more;
    await place.write({ ...memory, count });
    place.badge(count);
  });

/** What came in a push message; null when it is nothing of ours. */
export function readNotice(text: string): PushedNotice | null {
  try {
    const notice = JSON.parse(text) as PushedNotice;
    return typeof notice.member === 'string' && Object.hasOwn(texts, notice.language) ? notice : null;
  } catch {
    return null;
  }
}
