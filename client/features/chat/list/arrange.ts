/* In which order conversations stand in the list. Pure, so that every case is a line in a test. */
import type { ChatPlace, ListState, Section } from '../../../../shared/features/personal/schema.ts';
import type { ChatRow } from '../../../data/api.ts';
import { attention, isHidden, placeOf } from '../../../data/projection/attention.ts';

export const filters = ['all', 'unread', 'calls', 'groups', 'direct', 'customers', 'hidden'] as const;
export type Filter = (typeof filters)[number];

export type ListItem =
  | { readonly kind: 'chat'; readonly key: string; readonly row: ChatRow; readonly place: ChatPlace }
  /** The line over a section; `section` is null over what is in none. */
  | {
      readonly kind: 'section';
      readonly key: string;
      readonly section: Section | null;
      /** What the conversations in it ask to be seen with. */
      readonly count: number;
    };

type Chat = Extract<ListItem, { kind: 'chat' }>;

interface Wish {
  readonly rows: readonly ChatRow[];
  readonly list: ListState;
  readonly filter: Filter;
  /** The open conversation: always in the list, whatever is folded up, hidden or filtered. */
  readonly selected: string | undefined;
  /** What fits the text searched for; null while nothing is. */
  readonly found: ((row: ChatRow) => boolean) | null;
}

const fits: Readonly<Record<Exclude<Filter, 'hidden'>, (chat: Chat) => boolean>> = {
  all: () => true,
  unread: ({ row, place }) => row.unread > 0 || place.unread === true,
  calls: ({ row }) => row.calls.length > 0,
  groups: ({ row }) => row.state.type === 'group',
  direct: ({ row }) => row.state.type === 'direct',
  customers: ({ row }) => row.state.type === 'customer' || row.state.outside === true,
};

const countOf = (chats: readonly Chat[]): number =>
  chats.reduce((sum, { row, place }) => sum + attention(row, place), 0);

/**
 * Pinned ones first, then the own sections, then the rest; in each the newest first, as `rows` come. A search or filter
 * gives one plain list: who looks for something need not know where they put it. A search finds hidden ones too.
 */
export function arrange({ rows, list, filter, selected, found }: Wish): ListItem[] {
  const all = rows.map((row): Chat => ({
    kind: 'chat',
    key: row.id,
    row,
    place: placeOf(list, row.id),
  }));
  if (found) return all.filter(({ row }) => found(row));
  if (filter === 'hidden') return all.filter(({ row, place }) => isHidden(row, place));
  const isOpen = ({ row }: Chat): boolean => row.id === selected;
  const seen = all.filter((chat) => isOpen(chat) || !isHidden(chat.row, chat.place));
  if (filter !== 'all') return seen.filter((chat) => isOpen(chat) || fits[filter](chat));

  const pinned = seen.filter(({ place }) => place.pinned);
  const others = seen.filter(({ place }) => !place.pinned);
  if (list.sections.length === 0) return [...pinned, ...others];

  const inSections = list.sections.flatMap((section): ListItem[] => {
    const chats = others.filter(({ place }) => place.section === section.id);
    const head: ListItem = { kind: 'section', key: `section:${section.id}`, section, count: countOf(chats) };
    return [head, ...(section.collapsed ? chats.filter(isOpen) : chats)];
  });
  const rest = others.filter(({ place }) => place.section === undefined);
  const restHead: ListItem = { kind: 'section', key: 'section:', section: null, count: 0 };
  return [...pinned, ...inSections, ...(rest.length > 0 ? [restHead, ...rest] : [])];
}
