/* Which page an address means. Pure, so that every address of the table is a line in a test. */
import type { RouteParams } from './feature.ts';

export type FeatureName =
  'chat' | 'directory' | 'docs' | 'customers' | 'todos' | 'search' | 'settings' | 'accounts';

export type Route =
  | {
      readonly kind: 'page';
      readonly feature: FeatureName;
      readonly params: RouteParams;
      /** Something is selected: on a phone the content is shown instead of the list. */
      readonly detail: boolean;
    }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'unknown' };

const sections: Readonly<Record<string, FeatureName>> = {
  messages: 'chat',
  docs: 'docs',
  customers: 'customers',
  todos: 'todos',
  search: 'search',
  settings: 'settings',
};

/** Pages of a section beside its single things, which have random ids. */
const views: Readonly<Partial<Record<FeatureName, readonly string[]>>> = {
  chat: ['mentions', 'saved'],
  docs: ['trash'],
  customers: [
    'board',
    'table',
    'broadcasts',
    'links',
    'replies',
    'handovers',
    'words',
    'figures',
    'setup',
    'exchange',
    'duplicates',
  ],
};

const decoded = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // a broken percent sign typed into the address bar
  }
};

const accountPage = (page: string, code: string | undefined): Route => ({
  kind: 'page',
  feature: 'accounts',
  params: code === undefined ? { page } : { page, code },
  detail: true,
});

/** Pages of the directory beside people's. */
const directoryViews: ReadonlySet<string> = new Set([
  'chart',
  'rights',
  'fields',
  'requests',
  'import',
  'audit',
]);

/**
 * `/contacts/in/<id>` is a department: on a phone the list goes into it, elsewhere its page is shown beside the list.
 * `/contacts/department/<id>` is that page everywhere.
 */
const contactsPage = (first: string | undefined, rest: readonly string[]): Route => {
  const page = (params: RouteParams, detail: boolean): Route => ({
    ...{ kind: 'page', feature: 'directory', params, detail },
  });
  const [second, ...beyond] = rest;
  if ((first === 'in' || first === 'department') && second !== undefined && beyond.length === 0)
    return page({ view: 'department', id: second }, first === 'department');
  if (second !== undefined) return { kind: 'unknown' };
  if (first === undefined) return page({}, false);
  return page(directoryViews.has(first) ? { view: first, id: first } : { id: first }, true);
};

/** `query` carries the one-time code of `/setup?code=…`. */
export const matchRoute = (path: string, query: URLSearchParams = new URLSearchParams()): Route => {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '') continue;
    const text = decoded(part);
    if (text === undefined) return { kind: 'unknown' };
    parts.push(text);
  }
  const [section, id, ...rest] = parts;
  if (section === undefined) return { kind: 'redirect', to: '/messages' };
  if (section === 'contacts') return contactsPage(id, rest);
  // The link to a group; its key stands in the query.
  if (section === 'group' && id !== undefined && rest.length === 0)
    return { kind: 'page', feature: 'chat', params: { view: 'join', group: id }, detail: true };
  if (rest.length > 0) return { kind: 'unknown' };

  if (section === 'sign-in' && id === undefined) return accountPage('sign-in', undefined);
  if (section === 'setup' && id === undefined) return accountPage('setup', query.get('code') ?? undefined);
  if (section === 'join' && id !== undefined) return accountPage('join', id);

  const feature = Object.hasOwn(sections, section) ? sections[section] : undefined;
  if (feature === undefined) return { kind: 'unknown' };
  if (feature === 'todos')
    return { kind: 'page', feature, params: id === undefined ? {} : { id }, detail: true };
  if (id !== undefined && views[feature]?.includes(id))
    return { kind: 'page', feature, params: { view: id }, detail: true };
  return { kind: 'page', feature, params: id === undefined ? {} : { id }, detail: id !== undefined };
};
