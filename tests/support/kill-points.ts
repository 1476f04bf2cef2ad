/** Where `killed-at.ts` kills its process. */
export const killPoints = [
  'received',
  'judged',
  'before the commit',
  'inside the transaction',
  'before the acknowledgement',
  'after the acknowledgement',
  'while the log is written back',
  'while history is kept',
  'while the shape is changed',
] as const;

export type KillPoint = (typeof killPoints)[number];
