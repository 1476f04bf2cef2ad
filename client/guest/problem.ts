import { isErrorCode, type ErrorCode } from '../../shared/base/errors.ts';

/** What the device could not do; anything else is a fault of the page, and is said as one. */
export const problemOf = (error: unknown): ErrorCode => {
  const name = error instanceof Error ? error.name : '';
  if (name === 'QuotaExceededError') return 'device-full';
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return isErrorCode(code) ? code : 'internal';
};
