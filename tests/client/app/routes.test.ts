import { describe, expect, it } from 'vitest';
import { matchRoute, type Route } from '../../../client/app/routes.ts';

const page = (feature: string, params: Record<string, string>, detail: boolean): Partial<Route> =>
  ({ kind: 'page', feature, params, detail }) as Partial<Route>;

describe('addresses', () => {
  it.each([
    ['/', { kind: 'redirect', to: '/messages' }],
    ['/messages', page('chat', {}, false)],
    ['/messages/', page('chat', {}, false)],
    ['/messages/abc', page('chat', { id: 'abc' }, true)],
    ['/messages/mentions', page('chat', { view: 'mentions' }, true)],
    ['/messages/saved', page('chat', { view: 'saved' }, true)],
    ['/group/g1', page('chat', { view: 'join', group: 'g1' }, true)],
    ['/group', { kind: 'unknown' }],
    ['/search', page('search', {}, false)],
    ['/search/abc', page('search', { id: 'abc' }, true)],
    ['/todos', page('todos', {}, true)],
    ['/todos/t1', page('todos', { id: 't1' }, true)],
    ['/contacts/m1', page('directory', { id: 'm1' }, true)],
    ['/contacts/in/d1', page('directory', { view: 'department', id: 'd1' }, false)],
    ['/contacts/department/d1', page('directory', { view: 'department', id: 'd1' }, true)],
    ['/contacts/chart', page('directory', { view: 'chart', id: 'chart' }, true)],
    ['/contacts/in/d1/x', { kind: 'unknown' }],
    ['/contacts/m1/x', { kind: 'unknown' }],
    ['/docs', page('docs', {}, false)],
    ['/docs/trash', page('docs', { view: 'trash' }, true)],
    ['/customers/links', page('customers', { view: 'links' }, true)],
    ['/customers/handovers', page('customers', { view: 'handovers' }, true)],
    ['/customers/figures', page('customers', { view: 'figures' }, true)],
    ['/customers/replies', page('customers', { view: 'replies' }, true)],
    ['/customers/setup', page('customers', { view: 'setup' }, true)],
    ['/customers', page('customers', {}, false)],
    ['/customers/c1', page('customers', { id: 'c1' }, true)],
    ['/docs/%E6%96%87', page('docs', { id: '文' }, true)],
    ['/settings/devices', page('settings', { id: 'devices' }, true)],
    ['/sign-in', page('accounts', { page: 'sign-in' }, true)],
    ['/join/x1', page('accounts', { page: 'join', code: 'x1' }, true)],
    ['/join', { kind: 'unknown' }],
    ['/docs/a/b', { kind: 'unknown' }],
    ['/nowhere', { kind: 'unknown' }],
    ['/constructor', { kind: 'unknown' }],
    ['/docs/%', { kind: 'unknown' }],
  ])('%s leads to its page', (path, expected) => {
    expect(matchRoute(path)).toEqual(expected);
  });

  it('takes the one-time code of the set-up page from the query', () => {
    expect(matchRoute('/setup', new URLSearchParams('code=abc'))).toEqual(
      page('accounts', { page: 'setup', code: 'abc' }, true),
    );
    expect(matchRoute('/setup')).toEqual(page('accounts', { page: 'setup' }, true));
  });
});
