/* What is searched for stands in the address, so that "back" and a reload lead to the same results. */
import type { MemberId } from '../../../shared/base/ids.ts';
import type { FoundKind, SearchQuery } from '../../data/api.ts';
import type { WorkspaceData } from '../../data/api.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';

export const tabs = ['all', 'message', 'people', 'doc', 'file'] as const;
export type Tab = (typeof tabs)[number];

export interface Question {
  readonly text: string;
  readonly tab: Tab;
  /** A conversation's id. */
  readonly chat: string | null;
  readonly by: MemberId | null;
  /** Days as `2026-03-12`, both inclusive. */
  readonly from: string | null;
  readonly to: string | null;
}

const day = (value: string | null): string | null =>
  value !== null && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : null;

export function questionOf(query: URLSearchParams): Question {
  const tab = tabs.find((each) => each === query.get('kind')) ?? 'all';
  return {
    text: query.get('q') ?? '',
    tab,
    chat: query.get('in'),
    by: query.get('by') as MemberId | null,
    from: day(query.get('from')),
    to: day(query.get('to')),
  };
}

/** `path` of the search's page with this question, and what else stands in the address. */
export function addressOf(question: Question, path = '/search', more: Record<string, string> = {}): string {
  const { text, tab, chat, by, from, to } = question;
  const parts: Record<string, string | null> = {
    ...{ q: text || null, kind: tab === 'all' ? null : tab, in: chat, by, from, to },
    ...more,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parts)) if (value !== null) query.set(name, value);
  const written = query.toString();
  return written === '' ? path : `${path}?${written}`;
}

const two = (part: number): string => String(part).padStart(2, '0');

/** The day that many days before the moment, as it stands in a question. */
export function dayBefore(moment: number, days: number): string {
  const date = new Date(moment);
  date.setDate(date.getDate() - days);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

const midnight = (value: string, later: number): number => {
  const date = new Date(`${value}T00:00:00`);
  // By the calendar: days of a change of time have other lengths.
  date.setDate(date.getDate() + later);
  return date.getTime();
};

export function queryOf(
  data: WorkspaceData,
  kind: FoundKind,
  question: Question,
  limit: number,
): SearchQuery {
  const { text, chat, by, from, to } = question;
  return {
    ...{ kind, text, by, limit },
    room: chat === null ? null : roomId(data.workspace, 'chat', chat),
    from: from === null ? null : midnight(from, 0),
    to: to === null ? null : midnight(to, 1),
  };
}

export const isNarrowed = ({ chat, by, from, to }: Question): boolean =>
  chat !== null || by !== null || from !== null || to !== null;
