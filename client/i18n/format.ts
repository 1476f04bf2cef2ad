/* Dates, numbers and sorting in the person's language. All of them read the language, so markup follows a switch. */
import { language } from './language.svelte.ts';

type DateStyle = 'time' | 'weekday' | 'monthDay' | 'date' | 'full';

const dateStyles: Readonly<Record<DateStyle, Intl.DateTimeFormatOptions>> = {
  time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  weekday: { weekday: 'long' },
  monthDay: { month: 'short', day: 'numeric' },
  date: { year: 'numeric', month: 'short', day: 'numeric' },
  full: {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    weekday: 'long',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  },
};

// Intl objects are slow to make and are asked for once per row on screen.
const cached = <T>(make: (tag: string, variant: string) => T): ((variant?: string) => T) => {
  const made = new Map<string, T>();
  return (variant = '') => {
    const tag = language.tag;
    const key = `${tag} ${variant}`;
    let value = made.get(key);
    if (value === undefined) made.set(key, (value = make(tag, variant)));
    return value;
  };
};

const dateFormat = cached((tag, style) => new Intl.DateTimeFormat(tag, dateStyles[style as DateStyle]));
const numberFormat = cached((tag) => new Intl.NumberFormat(tag));
const oneDigit = cached((tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: 1 }));
const relativeFormat = cached((tag) => new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }));
const listFormat = cached((tag) => new Intl.ListFormat(tag, { type: 'conjunction' }));
const pluralRules = cached((tag) => new Intl.PluralRules(tag));
// In the zh collation Chinese sorts by pinyin; in en too it must not fall behind by code point.
const collator = cached(
  (tag) =>
    new Intl.Collator(tag === 'en' ? 'en' : 'zh-CN-u-co-pinyin', { numeric: true, sensitivity: 'base' }),
);

/** A moment: milliseconds since 1970, or a Date. */
export type Moment = number | Date;

const startOfDay = (moment: Moment): number => new Date(moment).setHours(0, 0, 0, 0);

/** Whole calendar days from `moment` to `now` in local time: 0 today, 1 yesterday, negative in the future. */
export const daysAgo = (moment: Moment, now: Moment = Date.now()): number =>
  Math.round((startOfDay(now) - startOfDay(moment)) / 86_400_000);

/** 09:05 */
export const timeOfDay = (moment: Moment): string => dateFormat('time').format(moment);

/** The line between days: Today, Yesterday, Monday (within a week), 12 Mar, 12 Mar 2024. */
export const daySeparator = (moment: Moment, now: Moment = Date.now()): string => {
  const days = daysAgo(moment, now);
  if (days === 0 || days === 1) {
    const word = relativeFormat().format(-days, 'day');
    return word.charAt(0).toLocaleUpperCase(language.tag) + word.slice(1);
  }
  if (days > 1 && days < 7) return dateFormat('weekday').format(moment);
  return shortDate(moment, now);
};

/** 12 Mar, and the year too when it is another one. */
export const shortDate = (moment: Moment, now: Moment = Date.now()): string =>
  dateFormat(new Date(moment).getFullYear() === new Date(now).getFullYear() ? 'monthDay' : 'date').format(
    moment,
  );

/** For the right end of a list row: 09:05 today, else as the day separator. */
export const listTime = (moment: Moment, now: Moment = Date.now()): string =>
  daysAgo(moment, now) === 0 ? timeOfDay(moment) : daySeparator(moment, now);

/** In a conversation: 09:05 today, Yesterday 09:05, 12 Mar 09:05. */
export const dayAndTime = (moment: Moment, now: Moment = Date.now()): string =>
  daysAgo(moment, now) === 0 ? timeOfDay(moment) : `${daySeparator(moment, now)} ${timeOfDay(moment)}`;

/** Everything, for tooltips and for the printed page. */
export const fullDate = (moment: Moment): string => dateFormat('full').format(moment);

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
];

/** now, 5 minutes ago, 3 hours ago, yesterday, 4 days ago; from a week on the date. */
export const relativeTime = (moment: Moment, now: Moment = Date.now()): string => {
  const ago = Number(now) - Number(moment);
  if (Math.abs(ago) >= 7 * 86_400_000) return shortDate(moment, now);
  // The formatter's word in Chinese is 现在, which nobody says of something that has happened.
  if (Math.abs(ago) < 60_000)
    return language.current === 'zh' ? '刚刚' : relativeFormat().format(0, 'second');
  const days = daysAgo(moment, now);
  if (Math.abs(ago) >= 86_400_000) return relativeFormat().format(-days, 'day');
  const [unit, size] = (Math.abs(ago) < 3_600_000 ? steps[0] : steps[1]) ?? (['hour', 3_600_000] as const);
  return relativeFormat().format(-Math.trunc(ago / size), unit);
};

/** Days of a week as they stand in both languages, Monday first; 0 is Sunday. */
export const weekdays: readonly number[] = [1, 2, 3, 4, 5, 6, 0];

const weekdayFormat = cached((tag) => new Intl.DateTimeFormat(tag, { weekday: 'short', timeZone: 'UTC' }));
/** Mon. 4 January 1970 was a Sunday. */
export const weekdayName = (day: number): string => weekdayFormat().format((3 + day) * 86_400_000);

export const formatNumber = (value: number): string => numberFormat().format(value);

/** `plural(3, { one: '{n} file', other: '{n} files' })`: Chinese gives only `other`. */
export const plural = (count: number, forms: { readonly one?: string; readonly other: string }): string => {
  const form = pluralRules().select(count) === 'one' ? (forms.one ?? forms.other) : forms.other;
  return form.replaceAll('{n}', formatNumber(count));
};

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** 0 B, 1.5 kB, 12 MB: decimal units, as disks and browsers count. */
export const formatBytes = (bytes: number): string => {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 1000 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const number = unit > 0 && value < 10 ? oneDigit().format(value) : formatNumber(Math.round(value));
  return `${number}\u00a0${byteUnits[unit] ?? 'B'}`;
};

/** Ann, Bo and Chen; 小安、小波和小陈. */
export const formatList = (items: readonly string[]): string => listFormat().format(items);

/** Sorts names as people of the language expect: pinyin for Chinese, numbers by value. */
export const compareNames = (a: string, b: string): number => collator().compare(a, b);
