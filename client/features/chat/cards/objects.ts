/* Links that lead to something of this workspace. What it is called is read from this device and never asked for. */
import type { EntryTarget } from '../../../../shared/access/kind.ts';
import type { CommandId, DepartmentId, MemberId } from '../../../../shared/base/ids.ts';
import { withoutCode } from '../../../../shared/features/chat/card.ts';
import { pagesIn } from '../../../../shared/features/chat/links.ts';

export type ObjectLink = { readonly path: string } & (
  | { readonly kind: 'doc'; readonly id: string }
  | { readonly kind: 'person'; readonly id: MemberId }
  | { readonly kind: 'department'; readonly id: DepartmentId }
  | { readonly kind: 'chat'; readonly id: string; readonly message: EntryTarget | null }
);

/** Cards under one message. */
const mostCards = 3;
/** Words in these places of an address are pages, and no names of anything. */
const pages: ReadonlySet<string> = new Set([
  ...[
    'mentions',
    'saved',
    'trash',
    'chart',
    'rights',
    'fields',
    'requests',
    'import',
    'audit',
    'department',
    'in',
  ],
]);

/** What an address of this workspace leads to; null where that is a page, or somewhere else. */
export function objectAt(href: string, origin: string): ObjectLink | null {
  const url = URL.parse(href);
  if (url?.origin !== origin) return null;
  const [, section = '', first = '', second, ...beyond] = url.pathname.split('/');
  const isName = (text: string): boolean => /^[\w-]{1,200}$/.test(text) && !pages.has(text);
  const path = url.pathname + url.search;
  if (beyond.length > 0) return null;
  if (section === 'contacts' && second !== undefined && /^(department|in)$/.test(first) && isName(second))
    return { kind: 'department', id: second as DepartmentId, path: `/contacts/department/${second}` };
  if (second !== undefined || !isName(first)) return null;
  if (section === 'docs') return { kind: 'doc', id: first, path };
  if (section === 'contacts') return { kind: 'person', id: first as MemberId, path };
  if (section !== 'messages') return null;
  const [, seq, id] = /^(\d{1,15})\.([\w-]{1,64})$/.exec(url.searchParams.get('at') ?? '') ?? [];
  const message = seq && id ? { seq: Number(seq), id: id as CommandId } : null;
  return { kind: 'chat', id: first, message, path };
}

/** The first things that a message links to, each once. */
export function objectsIn(text: string, origin: string): readonly ObjectLink[] {
  // Most messages have none, and every message on the screen is asked.
  if (!text.includes(origin) && !text.includes('](/')) return [];
  const words = withoutCode(text);
  const links = [
    ...pagesIn(words),
    ...[...words.matchAll(/\]\((\/[^\s()]{1,500})\)/g)].map(({ index, 1: path = '' }) => {
      return { from: index, href: origin + path };
    }),
  ].sort((a, b) => a.from - b.from);
  const found = new Map<string, ObjectLink>();
  for (const { href } of links) {
    const link = objectAt(href, origin);
    if (link && found.size < mostCards) found.set(link.path, link);
  }
  return [...found.values()];
}

/** Whether a message is one such link and nothing else: its card then says all of it. */
export function isObjectAlone(text: string, origin: string): boolean {
  const href = /^\[[^\]\n]{1,500}\]\((\S+)\)$/.exec(text)?.[1] ?? text;
  return !/\s/.test(href) && objectAt(href.startsWith('/') ? origin + href : href, origin) !== null;
}

/**
 * A link in the words of a message, which says what it leads to wherever there is no room for a card. It has no host:
 * others may reach the same relay by another one.
 */
export const linkText = (title: string, path: string): string =>
  `[${title.replace(/\s+/g, ' ').replaceAll('[', '(').replaceAll(']', ')').trim().slice(0, 200)}](${path})`;
