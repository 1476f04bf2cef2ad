import { lead, type LeaderConfig } from './leader.ts';

/** A dedicated worker per tab; most of them only wait for the lock. It ends with its tab. */
self.addEventListener(
  'message',
  ({ data }: MessageEvent<LeaderConfig>) => {
    lead(data, () => self.postMessage('leading'));
  },
  { once: true },
);
