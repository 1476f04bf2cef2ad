/* Which page an address means. Pure, so that every address of the table is a line in a test. */
import type { RouteParams } from './feature.ts';

export type FeatureName = 'chat' | 'directory' | 'docs' | 'settings' | 'accounts';

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
  contacts: 'directory',
  docs: 'docs',
  settings: 'settings',
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
  if (rest.length > 0) return { kind: 'unknown' };

  if (section === 'sign-in' && id === undefined) return accountPage('sign-in', undefined);
  if (section === 'setup' && id === undefined) return accountPage('setup', query.get('code') ?? undefined);
  if (section === 'join' && id !== undefined) return accountPage('join', id);

  const feature = Object.hasOwn(sections, section) ? sections[section] : undefined;
  if (feature === undefined) return { kind: 'unknown' };
  if (feature === 'docs' && id === 'trash')
    return { kind: 'page', feature, params: { view: 'trash' }, detail: true };
  return { kind: 'page', feature, params: id === undefined ? {} : { id }, detail: id !== undefined };
};
