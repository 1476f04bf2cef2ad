import type { ErrorCode } from '../../../shared/base/errors.ts';

/** Bytes that Yjs would not write, or content that no room takes; lib0 throws its own errors for bytes that end too early. */
export class Unreadable extends Error {
  readonly code: ErrorCode;

  constructor(message: string, code: ErrorCode = 'update-malformed') {
    super(message);
    this.code = code;
  }
}
