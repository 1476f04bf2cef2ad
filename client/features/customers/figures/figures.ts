/* What is asked of the relay for figures, and how they are said. */
import type { LogEntry } from '../../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../../shared/base/ids.ts';
import { chatEdit } from '../../../../shared/features/chat/messages.ts';
import { barsOf, day, type Figures, type Period } from '../../../../shared/features/customers/figures.ts';
import { stagesOf, type SettingsState } from '../../../../shared/features/customers/settings-schema.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import type { CustomerInside, CustomersBroadcasts } from '../../../session/api.ts';
import { formatList, shortDate } from '../../../i18n/index.ts';
import { stageName, stageOf } from '../customers.ts';
import { t } from './strings.ts';

export const spans = ['7', '30', '90', '365'] as const;
export type Span = (typeof spans)[number];

export interface Wishes {
  readonly span: Span;
  readonly team: string;
  readonly person: string;
  /** Empty is all; else `l` with the id of a link or `s` with a source. */
  readonly channel: string;
}

/** Days up to the end of today, where this device is; by weeks where there are many. */
export function periodOf(span: Span, now: number): Period {
  const end = new Date(now);
  end.setHours(24, 0, 0, 0);
  const step = (Number(span) > 62 ? 7 : 1) * day;
  const bars = Math.ceil((Number(span) * day) / step);
  return { from: end.getTime() - bars * step, to: end.getTime(), step };
}

export function chosenBy({ team, person, channel }: Wishes): Record<string, string> {
  return {
    ...(team === '' ? {} : { team }),
    ...(person === '' ? {} : { person }),
    ...(channel.startsWith('l') ? { link: channel.slice(1) } : {}),
    ...(channel.startsWith('s') ? { source: channel.slice(1) } : {}),
  };
}

/** The page with the customer that is looked into; null for without. */
export function addressWith(query: URLSearchParams, look: string | null): string {
  const next = new URLSearchParams(query);
  if (look === null) next.delete('look');
  else next.set('look', look);
  return `/customers/figures?${next.toString()}`;
}

/** The list behind a figure. */
export const addressTo = (of: string, more: Readonly<Record<string, string>> = {}): string =>
  `/customers/figures?${new URLSearchParams({ of, ...more }).toString()}`;

/** The page of a customer who is on this device; else, for who leads others, the one that looks inside of them. */
export function addressOf(
  data: WorkspaceData,
  { id, partOf }: { readonly id: string; readonly partOf: string | null },
  leads: boolean,
  query: URLSearchParams,
): string | undefined {
  const customer = partOf ?? id;
  if (data.customers.some((each) => each.id === customer)) return `/customers/${customer}`;
  return leads ? addressWith(query, id) : undefined;
}

/** What messages read now whose authors edited them. */
export function editsIn(entries: readonly LogEntry[]): ReadonlyMap<CommandId, string> {
  const edited = new Map<CommandId, string>();
  for (const { type, data } of entries) {
    const edit = type === 'chat.edit' ? chatEdit.safeParse(data) : null;
    if (edit?.success) edited.set(edit.data.target.id, edit.data.text);
  }
  return edited;
}

/** By message, which rules it met, as it is shown. */
export function rulesMet(met: CustomerInside['met']): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { message, rule, words } of met)
    found.set(message, [...(found.get(message) ?? []), t.metRule({ rule, words: formatList(words) })]);
  return found;
}

/** 40 s, 12 min, 3 h 20 min, 5 days. */
export function duration(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (milliseconds < 60_000) return t.secondsLong({ n: Math.round(milliseconds / 1000) });
  if (minutes < 60) return t.minutesLong({ n: minutes });
  if (minutes >= 48 * 60) return t.daysLong({ count: Math.round(minutes / (24 * 60)) });
  const rest = minutes % 60;
  const h = Math.floor(minutes / 60);
  return rest === 0 ? t.hoursLong({ n: h }) : t.hoursMinutes({ h, m: rest });
}

export const durationOr = (milliseconds: number | null): string =>
  milliseconds === null ? t.nothing : duration(milliseconds);

export const sum = (bars: readonly number[]): number => bars.reduce((all, each) => all + each, 0);

export const barDates = (period: Period): string[] =>
  Array.from({ length: barsOf(period) }, (_, bar) => shortDate(period.from + bar * period.step, period.to));

export const sourceName = (source: string): string => source || t.noSource;

export interface StageCount {
  readonly id: string | null;
  readonly name: string;
  readonly count: number;
}

/** Stages in the company's order with what is at each; what was never moved, or is at one that is gone, is at the first. */
export function stageCounts({ stages }: Pick<Figures, 'stages'>, settings: SettingsState): StageCount[] {
  const [first] = stagesOf(settings);
  return stagesOf(settings).map((stage) => ({
    id: stage.id === first!.id ? null : stage.id,
    name: stageName(stage),
    count: sum(stages.filter((each) => stageOf(each, settings).id === stage.id).map(({ count }) => count)),
  }));
}

export const waitNames = (): readonly string[] => [t.wait0, t.wait1, t.wait2, t.wait3];

type Cell = string | number | null;

/** Minutes, so that sheets can count with them. */
const minutesOf = (milliseconds: number | null): Cell =>
  milliseconds === null ? null : Math.round(milliseconds / 6_000) / 10;

/** Everything that the page shows, as one table after the other. */
export function figuresTable(
  figures: Figures,
  period: Period,
  settings: SettingsState,
  nameOf: (member: MemberId) => string,
  told: CustomersBroadcasts | null,
): Cell[][] {
  const dates = barDates(period);
  const inMinutes = (name: string): string => `${name} (min)`;
  return [
    [t.date, t.added, t.lost, t.active, inMinutes(t.firstAnswer), inMinutes(t.resolution)],
    ...dates.map((date, bar): Cell[] => [
      ...[date, figures.added[bar]!, figures.lost[bar]!, figures.active[bar]!],
      ...[minutesOf(figures.firstAnswers[bar]!), minutesOf(figures.resolutions[bar]!)],
    ]),
    [],
    [t.member, t.customers, t.added, t.lost, t.active, t.unanswered, inMinutes(t.firstAnswer)],
    ...figures.people.map(({ member, customers, added, lost, active, unanswered, firstAnswer }): Cell[] => [
      ...[nameOf(member), customers, added, lost, active, unanswered, minutesOf(firstAnswer)],
    ]),
    [],
    [t.stages, t.customers],
    ...stageCounts(figures, settings).map(({ name, count }): Cell[] => [name, count]),
    [],
    [t.sources, t.added],
    ...figures.sources.map(({ source, count }): Cell[] => [sourceName(source), count]),
    ...(told === null
      ? []
      : [
          [],
          [t.broadcast, t.wasSent, t.wasRead, t.wasAnswered],
          ...told.broadcasts.map(({ name, sent, read, answered }): Cell[] => [
            ...[name || t.unnamed, sent, read, answered],
          ]),
        ]),
    [],
    [t.waits, t.customers],
    ...waitNames().map((name, i): Cell[] => [name, figures.unanswered[i]!]),
  ];
}
