/* The time of the page in steps of half a minute: "5 minutes ago" must not stand still while the page is open. */

const step = 30_000;

let steps = $state(0);
let isRunning = false;

/** One for the page, and never stopped: rows that come and go while somebody scrolls each show a time. */
function run(): void {
  if (isRunning) return;
  isRunning = true;
  const renew = (): void => void steps++;
  setInterval(renew, step);
  // A laptop that slept wakes up on another day.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') renew();
  });
}

/** Milliseconds since 1970; read in markup or `$derived` it renews itself. */
export const now = (): number => {
  if ($effect.tracking()) {
    run();
    void steps;
  }
  return Date.now();
};
