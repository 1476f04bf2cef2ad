import { digest } from 'lib0/hash/sha256';
import { failure, isErrorCode, type Failure } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { BlobRecord } from './storage/contract.ts';

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** SHA-256 in hex. Pages that were not loaded over https have no `crypto.subtle`; the slower way gives the same. */
export async function sha256(bytes: ArrayBuffer): Promise<string> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto.subtle;
  return hex(subtle ? new Uint8Array(await subtle.digest('SHA-256', bytes)) : digest(new Uint8Array(bytes)));
}

const addressOf = (room: RoomId, hash: string): string =>
  `/api/blob?room=${encodeURIComponent(room)}&hash=${hash}`;

export async function uploadBlob(blob: BlobRecord): Promise<Result<true, Failure>> {
  try {
    const response = await fetch(addressOf(blob.room, blob.hash), {
      method: 'PUT',
      headers: { 'Content-Type': blob.type || 'application/octet-stream' },
      body: blob.bytes,
    });
    return response.ok ? ok(true) : err(await failureOf(response));
  } catch {
    return err(failure('offline', 'the relay cannot be reached'));
  }
}

/** Null when the relay cannot be reached, does not have it, or sends something else. */
export async function downloadBlob(
  room: RoomId,
  hash: string,
): Promise<{ type: string; bytes: ArrayBuffer } | null> {
  try {
    const response = await fetch(addressOf(room, hash));
    if (!response.ok) return null;
    const bytes = await response.arrayBuffer();
    if ((await sha256(bytes)) !== hash) return null;
    return { type: response.headers.get('Content-Type') ?? '', bytes };
  } catch {
    return null;
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
