/* The time of the page in steps of half a minute: "5 minutes ago" must not stand still while the page is open. */
import { createSubscriber } from 'svelte/reactivity';

const step = 30_000;

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, step);
  // A laptop that slept wakes up on another day.
  const wake = (): void => {
    if (document.visibilityState === 'visible') update();
  };
  document.addEventListener('visibilitychange', wake);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', wake);
  };
});

/** Milliseconds since 1970; read in markup or `$derived` it renews itself. */
export const now = (): number => {
  subscribe();
  return Date.now();
};
