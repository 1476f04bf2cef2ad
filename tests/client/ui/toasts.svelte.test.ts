import { flushSync } from 'svelte';
import { afterEach, describe, expect, it } from 'vitest';
import { toasts } from '../../../client/ui/toasts.svelte.ts';

afterEach(() => {
  for (const toast of toasts.items) toasts.dismiss(toast.id);
});

describe('notes at the foot of the page', () => {
  it('shows at most three, the newest last', () => {
    for (const text of ['a', 'b', 'c', 'd']) toasts.show({ text });
    expect(toasts.items.map((toast) => toast.text)).toEqual(['b', 'c', 'd']);
  });

  it('leaves more time to reach an action', () => {
    toasts.show({ text: 'plain' });
    toasts.show({ text: 'undo', action: { label: 'Undo', run: () => undefined } });
    const [plain, undo] = toasts.items;
    expect(undo?.duration).toBeGreaterThan(plain?.duration ?? Infinity);
  });

  it('may be shown from an effect without starting it again', () => {
    let runs = 0;
    const stop = $effect.root(() => {
      $effect(() => {
        runs += 1;
        const id = toasts.show({ text: 'ready', duration: null });
        return () => toasts.dismiss(id);
      });
    });
    flushSync();
    toasts.show({ text: 'another' });
    flushSync();
    expect(runs).toBe(1);
    stop();
    expect(toasts.items.map((toast) => toast.text)).toEqual(['another']);
  });
});
