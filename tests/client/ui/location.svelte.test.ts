import type * as Pages from '../../../client/ui/location.svelte.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

// As much of a browser's history as a page sees: entries, and "back" that arrives as an event.
class FakeHistory {
  entries: { state: unknown; url: string }[] = [{ state: null, url: 'http://weft.test/messages' }];
  at = 0;
  #heard = new Set<() => void>();

  get state(): unknown {
    return this.entries[this.at]?.state;
  }

  get url(): string {
    return this.entries[this.at]?.url ?? '';
  }

  pushState(state: unknown, _title: string, url?: URL): void {
    this.entries = [...this.entries.slice(0, this.at + 1), { state, url: url?.href ?? this.url }];
    this.at += 1;
  }

  replaceState(state: unknown, _title: string, url: URL): void {
    this.entries[this.at] = { state, url: url.href };
  }

  back(): void {
    this.at -= 1;
    for (const hear of this.#heard) hear();
  }

  listen = (type: string, hear: () => void): void => void (type === 'popstate' && this.#heard.add(hear));
  ignore = (_type: string, hear: () => void): void => void this.#heard.delete(hear);
}

let history: FakeHistory;
let location: typeof Pages.location;

beforeEach(async () => {
  history = new FakeHistory();
  vi.stubGlobal('history', history);
  vi.stubGlobal('window', {
    get location() {
      return new URL(history.url);
    },
  });
  vi.stubGlobal('document', { addEventListener: () => undefined, removeEventListener: () => undefined });
  vi.stubGlobal('addEventListener', history.listen);
  vi.stubGlobal('removeEventListener', history.ignore);
  vi.resetModules();
  ({ location } = await import('../../../client/ui/location.svelte.ts'));
  location.start();
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test('back closes what lies over the page and stays on the page', () => {
  location.go('/messages/a');
  const close = vi.fn();
  location.layer(close);
  history.back();
  expect(close).toHaveBeenCalledOnce();
  expect(location.path).toBe('/messages/a');
});

test('what was closed by a button leaves no step behind', () => {
  location.go('/messages/a');
  const leave = location.layer(() => undefined);
  leave();
  expect(history.at).toBe(1);
  location.back('/messages');
  expect(location.path).toBe('/messages');
});

test('a page opened from a panel takes the place of the panel', () => {
  location.go('/messages/a');
  const leave = location.layer(() => undefined);
  location.go('/contacts/b');
  leave();
  expect(location.path).toBe('/contacts/b');
  location.back('/');
  expect(location.path).toBe('/messages/a');
});
