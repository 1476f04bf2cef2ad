/* Whether a person is told of something at all: the one decision, taken by the page and by the relay. */
import type { ChatPlace, Level, NoticesState, QuietHours } from './schema.ts';

/** What happened in a conversation, as it concerns one person who reads it. */
export interface Happening {
  readonly direct: boolean;
  readonly own: boolean;
  /** It names this person, or calls everybody. */
  readonly calls: boolean;
  /** Its author asks this person to confirm it. */
  readonly urgent: boolean;
}

/** What a person said of one conversation alone; null when as everywhere. */
export const levelHere = ({ tell, muted }: ChatPlace): Level | null => tell ?? (muted ? 'mentions' : null);

/** Of what is somebody told in a conversation. With one other person everything is said to them. */
export function levelIn({ level }: Pick<NoticesState, 'level'>, place: ChatPlace, direct: boolean): Level {
  return levelHere(place) ?? (level === 'mentions' && direct ? 'all' : level);
}

const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const formats = new Map<string, Intl.DateTimeFormat | null>();
const mostFormats = 500;

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  let made: Intl.DateTimeFormat | null = null;
  try {
    made = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  } catch {
    // A zone that this system does not know.
  }
  if (formats.size >= mostFormats) formats.clear();
  formats.set(zone, made);
  return made;
}

/** Whether a moment (milliseconds since 1970) lies in somebody's quiet hours. In a zone nobody knows none do. */
export function isQuiet(quiet: QuietHours | null, at: number): boolean {
  const format = quiet && formatOf(quiet.zone);
  if (!format) return false;
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = names.indexOf(parts['weekday'] ?? '');
  const minute = Number(parts['hour']) * 60 + Number(parts['minute']);
  const { from, to, days } = quiet;
  const begins = (on: number): boolean => days.includes(on);
  if (from < to) return begins(day) && minute >= from && minute < to;
  // Over midnight; from a time to the same time is a whole day.
  return (begins(day) && minute >= from) || (begins((day + 6) % 7) && minute < to);
}

/** `at`: when it would be told, milliseconds since 1970. What is urgent goes through every wish not to be told. */
export function isTold(
  notices: Pick<NoticesState, 'level' | 'quiet'>,
  place: ChatPlace,
  { direct, own, calls, urgent }: Happening,
  at: number,
): boolean {
  if (own) return false;
  if (urgent) return true;
  if (isQuiet(notices.quiet, at)) return false;
  const level = levelIn(notices, place, direct);
  return level === 'all' || (level === 'mentions' && calls);
}
