import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { errorTable, failure, type ErrorCode, type Failure } from '../../shared/base/errors.ts';
import type { Result } from '../../shared/base/result.ts';
import { failureOf } from '../relay/failure-of.ts';
import type { AppEnvironment, Log } from './environment.ts';

/** An expected failure on its way out of a route. */
export class Refused extends Error {
  readonly failure: Failure;

  constructor(reason: Failure) {
    super(reason.message);
    this.failure = reason;
  }
}

export const refuse = (code: ErrorCode, message: string): never => {
  throw new Refused(failure(code, message));
};

/** The value, or the failure as the answer of the request. */
export function take<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new Refused(result.error);
  return result.value;
}

export function answerFailure(c: Context, reason: Failure): Response {
  const retryAfter = reason.details?.['retryAfter'];
  if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter));
  c.header('Cache-Control', 'no-store');
  return c.json({ error: reason }, errorTable[reason.code].status);
}

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'not-signed-in',
  403: 'forbidden',
  404: 'not-found',
  413: 'too-large',
  429: 'too-many-requests',
};

/** What the system says of a disk that takes or gives nothing. */
const diskCodes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS']);

/** Storage errors of any adapter, without knowing the adapter. */
const isStorageError = (error: Error & { readonly code?: unknown }): boolean =>
  error.name === 'StorageError' || error.name === 'SqliteError' || diskCodes.has(error.code);

/** The last resort of every route: an expected failure as it is; anything else is logged and told as `internal`. */
export const onError =
  (log: Log) =>
  (error: Error, c: Context<AppEnvironment>): Response => {
    if (error instanceof Refused) return answerFailure(c, error.failure);
    if (error instanceof HTTPException && error.status < 500)
      return answerFailure(
        c,
        failure(codeOfStatus[error.status] ?? 'bad-request', error.message || 'bad request'),
      );
    const told = failureOf(error);
    if (told.code === 'room-damaged') return answerFailure(c, told);
    const { incoming } = c.env ?? {};
    // The other side went away in the middle of its body: its affair, and nobody reads the answer.
    if (incoming?.destroyed && !incoming.complete)
      return answerFailure(c, failure('bad-request', 'the body ended too early'));
    log.error({ err: error, method: c.req.method, route: c.req.routePath }, 'request failed');
    return isStorageError(error)
      ? answerFailure(c, failure('storage-failed', 'the relay cannot store anything right now'))
      : answerFailure(c, failure('internal', 'the relay failed; its log says why'));
  };
