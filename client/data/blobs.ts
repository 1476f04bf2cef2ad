import { failure, isErrorCode, type Failure } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { BlobRecord } from './storage/contract.ts';

const mebi = 1024 * 1024;
/** What is larger is read and hashed in pieces, so that it is never in memory as a whole. */
const wholeUpTo = 16 * mebi;
/** Small enough that a page which hashes stays responsive. */
const hashPiece = mebi;
/** Parts of an upload: the first shows what the network can do, and tells how much the relay has already. */
const firstPart = 128 * 1024;
const largestPart = 8 * mebi;
/** A part that took less than this is followed by one twice as large. Milliseconds. */
const quick = 1_000;
/** So often a part may begin at the wrong place before the upload waits for better times. */
const mostMisplaced = 5;

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** SHA-256 in hex, of a file of any size. Pages that were not loaded over https have no `crypto.subtle`. */
export async function hashOf(blob: Blob): Promise<string> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto.subtle;
  if (subtle && blob.size <= wholeUpTo)
    return hex(new Uint8Array(await subtle.digest('SHA-256', await blob.arrayBuffer())));
  // Few files are so large: what hashes them comes when one does.
  const { sha256 } = await import('./sha256.ts');
  const digest = sha256.create();
  for (let from = 0; from < blob.size; from += hashPiece)
    digest.update(new Uint8Array(await blob.slice(from, from + hashPiece).arrayBuffer()));
  return hex(digest.digest());
}

/** As whom the relay is asked, where a browser may be known to it both as a member and as a guest. */
export type AskedAs = 'member' | 'guest';

const named = (room: RoomId, hash: string, as: AskedAs): string =>
  `room=${encodeURIComponent(room)}&hash=${hash}${as === 'guest' ? '&as=guest' : ''}`;

/** Where the relay serves a file of a room; with a name, to be saved under it. */
export const addressOfBlob = (room: RoomId, hash: string, name?: string, as: AskedAs = 'member'): string =>
  `/api/blob?${named(room, hash, as)}${name === undefined ? '' : `&name=${encodeURIComponent(name)}`}`;

const unreachable = failure('offline', 'the relay cannot be reached');

async function ask(address: string, init: RequestInit = {}): Promise<Result<Response, Failure>> {
  try {
    const response = await fetch(address, init);
    return response.ok ? ok(response) : err(await failureOf(response));
  } catch {
    return err(unreachable);
  }
}

/** What an upload tells while it runs, and asks. */
export interface UploadWatch {
  /** Bytes that the relay has. */
  sent(bytes: number): void;
  /** Whether to go on: not before the network is back, or never because the person took it back. */
  wanted(): Promise<'now' | 'later' | 'never'>;
}

interface Progress {
  readonly received: number;
  readonly stored: boolean;
}

interface State {
  readonly stored: boolean;
  readonly removed: boolean;
  readonly received: number | null;
}

async function askFor<Answer>(address: string, init?: RequestInit): Promise<Result<Answer, Failure>> {
  const answer = await ask(address, init);
  if (!answer.ok) return answer;
  try {
    return ok((await answer.value.json()) as Answer);
  } catch {
    return err(unreachable);
  }
}

/** Copies within the relay, where the file came from a room that its sender may read. */
const copyBlob = ({ from, room, hash }: BlobRecord): Promise<Result<Response, Failure>> =>
  ask('/api/blob/copy', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ from, room, hash }),
  });

/**
 * Sends a file in parts and goes on where the relay says that it has got to, also after a reload here or a restart there.
 * Resolves to true as well when it is not wanted any more; the relay then forgets what it has of it.
 */
export async function uploadBlob(
  blob: BlobRecord,
  watch: UploadWatch,
  as: AskedAs = 'member',
): Promise<Result<true, Failure>> {
  const { room, hash, bytes } = blob;
  const address = `/api/upload?${named(room, hash, as)}`;
  if (blob.from !== undefined) {
    const copied = await copyBlob(blob);
    if (copied.ok) return ok(true);
    if (!bytes) return copied;
  }
  if (!bytes) return err(failure('not-found', 'the file is not on this device'));
  let at = 0;
  if (bytes.size > firstPart) {
    const begun = await askFor<Progress>(address);
    if (!begun.ok) return begun;
    if (begun.value.stored) return ok(true);
    at = begun.value.received;
  }
  let part = firstPart;
  let misplaced = 0;
  let wasWrong = false;
  for (;;) {
    const wanted = await watch.wanted();
    if (wanted === 'later') return err(unreachable);
    if (wanted === 'never') {
      await ask(address, { method: 'DELETE' });
      return ok(true);
    }
    const began = performance.now();
    const answer = await askFor<Progress>(`${address}&size=${bytes.size}&at=${at}`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: bytes.slice(at, at + part),
    });
    if (answer.ok) {
      const { received, stored } = answer.value;
      watch.sent(received);
      if (stored) return ok(true);
      at = received;
      part = performance.now() - began < quick ? Math.min(2 * part, largestPart) : part;
      continue;
    }
    const { code, details } = answer.error;
    const has = details?.['received'];
    const isLast = at + part >= bytes.size;
    if (code === 'out-of-order' && typeof has === 'number' && misplaced++ < mostMisplaced) at = has;
    else if (code === 'bad-request' && isLast && !wasWrong) {
      // What the relay had of it was not these bytes, and is forgotten now.
      wasWrong = true;
      at = 0;
    } else return code === 'out-of-order' ? err(unreachable) : answer;
  }
}

/** Whether the relay has a file of a room, without fetching it. */
export async function checkBlob(room: RoomId, hash: string): Promise<Result<true, Failure>> {
  const answer = await askFor<State>(`/api/blob/state?${named(room, hash, 'member')}`);
  if (!answer.ok) return answer;
  const { stored, removed, received } = answer.value;
  if (stored) return ok(true);
  if (removed) return err(failure('not-kept', 'files of this age are not kept'));
  const details = received === null ? undefined : { received };
  return err(failure('not-found', 'the relay does not have it', details));
}

/** Fetches a file and compares it with its hash. `came` is told the bytes so far. */
export async function downloadBlob(
  room: RoomId,
  hash: string,
  came: (bytes: number) => void = () => undefined,
  as: AskedAs = 'member',
): Promise<Result<Blob, Failure>> {
  const answer = await ask(addressOfBlob(room, hash, undefined, as));
  if (!answer.ok) return answer;
  try {
    const { body, headers } = answer.value;
    const type = headers.get('Content-Type') ?? '';
    let size = 0;
    const counted = body?.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          came((size += chunk.length));
          controller.enqueue(chunk);
        },
      }),
    );
    const blob = await new Response(counted ?? null, { headers: { 'Content-Type': type } }).blob();
    if ((await hashOf(blob)) === hash) return ok(blob);
    return err(failure('internal', 'the bytes are not those of the hash'));
  } catch {
    return err(unreachable);
  }
}

/** The failure in an answer of the HTTP API: `{error: {code, message}}`. */
export async function failureOf(response: Response): Promise<Failure> {
  const body: unknown = await response.json().catch(() => null);
  if (typeof body === 'object' && body !== null && 'error' in body) {
    const { error } = body;
    if (typeof error === 'object' && error !== null && 'code' in error && isErrorCode(error.code)) {
      const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
      const details =
        'details' in error && typeof error.details === 'object' && error.details !== null
          ? (error.details as Failure['details'])
          : undefined;
      return failure(error.code, message, details);
    }
  }
  return failure(response.status >= 500 ? 'internal' : 'bad-request', `answer ${response.status}`);
}
