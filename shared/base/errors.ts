/**
 * The one table of expected errors. The same code is the HTTP body, the socket reply and the key of the sentence a
 * person reads. `status` is the HTTP status, `close` the websocket close code where the error ends a connection
 * (4400 to 4499 mean "do not try again", as y-websocket has it), `retry` says whether trying again later can help.
 */
export const errorTable = {
  'bad-request': { status: 400, close: 4400, retry: false },
  'bad-frame': { status: 400, close: 4400, retry: false },
  'too-old': { status: 400, close: 4426, retry: false },
  'not-signed-in': { status: 401, close: 4401, retry: false },
  'wrong-password': { status: 401, close: 4401, retry: false },
  'session-ended': { status: 401, close: 4401, retry: false },
  forbidden: { status: 403, close: 4403, retry: false },
  'read-only': { status: 403, close: 4403, retry: false },
  'wrong-origin': { status: 403, close: 4403, retry: false },
  'not-found': { status: 404, close: 4404, retry: false },
  'room-not-found': { status: 404, close: 4404, retry: false },
  'member-not-found': { status: 404, close: 4404, retry: false },
  'message-not-found': { status: 404, close: 4404, retry: false },
  'link-invalid': { status: 404, close: 4404, retry: false },
  'link-expired': { status: 410, close: 4410, retry: false },
  'too-late': { status: 410, close: 4410, retry: false },
  'not-kept': { status: 410, close: 4410, retry: false },
  'already-set-up': { status: 409, close: 4409, retry: false },
  'email-taken': { status: 409, close: 4409, retry: false },
  'already-exists': { status: 409, close: 4409, retry: false },
  'out-of-order': { status: 409, close: 4409, retry: false },
  'last-owner': { status: 409, close: 4409, retry: false },
  'too-many': { status: 409, close: 4409, retry: false },
  'department-not-found': { status: 404, close: 4404, retry: false },
  'department-not-empty': { status: 409, close: 4409, retry: false },
  'would-circle': { status: 409, close: 4409, retry: false },
  'import-incomplete': { status: 409, close: 4409, retry: false },
  'import-running': { status: 409, close: 4409, retry: false },
  'join-waiting': { status: 403, close: 4403, retry: false },
  'group-muted': { status: 403, close: 4403, retry: false },
  'group-dissolved': { status: 409, close: 4409, retry: false },
  'customer-ended': { status: 409, close: 4409, retry: false },
  'words-held': { status: 409, close: 4409, retry: false },
  'customer-merged': { status: 409, close: 4409, retry: false },
  'document-deleted': { status: 409, close: 4409, retry: false },
  'too-large': { status: 413, close: 4413, retry: false },
  'quota-reached': { status: 413, close: 4413, retry: false },
  'not-a-picture': { status: 415, close: 4415, retry: false },
  'update-malformed': { status: 422, close: 4422, retry: false },
  'update-not-leased': { status: 422, close: 4422, retry: false },
  'update-clock-gap': { status: 422, close: 4422, retry: false },
  'update-missing-reference': { status: 422, close: 4422, retry: false },
  'update-forbidden-content': { status: 422, close: 4422, retry: false },
  'update-forked': { status: 422, close: 4422, retry: false },
  'receipt-invalid': { status: 422, close: 4422, retry: false },
  'too-many-requests': { status: 429, close: 1013, retry: true },
  'too-many-sockets': { status: 429, close: 1013, retry: true },
  'too-slow': { status: 503, close: 1013, retry: true },
  stopping: { status: 503, close: 1012, retry: true },
  'room-damaged': { status: 503, close: 1011, retry: true },
  'storage-failed': { status: 503, close: 1011, retry: true },
  internal: { status: 500, close: 1011, retry: true },
  // What only a device can meet; no relay sends these.
  offline: { status: 503, close: 1013, retry: true },
  'device-full': { status: 507, close: 1011, retry: true },
  'device-damaged': { status: 500, close: 1011, retry: false },
  'device-outdated': { status: 409, close: 1011, retry: false },
  'no-writing-id': { status: 503, close: 1011, retry: true },
} as const satisfies Record<string, { status: number; close: number; retry: boolean }>;

export type ErrorCode = keyof typeof errorTable;

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(errorTable, value);

/** An expected failure: a stable code, one English sentence for logs and programs, and facts a page can show. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, string | number>>;
}

export const failure = (code: ErrorCode, message: string, details?: Failure['details']): Failure =>
  details ? { code, message, details } : { code, message };
