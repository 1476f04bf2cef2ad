import { SvelteMap } from 'svelte/reactivity';
import type { Failure } from '../../../shared/base/errors.ts';
import type { RoomId } from '../../../shared/base/ids.ts';
import type { Result } from '../../../shared/base/result.ts';
import type { Files, WaitingFile } from '../api.ts';
import { addressOfBlob, checkBlob, hashOf } from '../blobs.ts';
import { findBlob, keepBlob, keptUpTo, type KnownOfFile } from '../pictures.ts';
import type { BlobStore, QueuedBlob } from '../storage/contract.ts';
import type { Note } from '../sync/notes.ts';
import { blobId } from './queue.ts';

export interface FilesDeps {
  readonly blobs: BlobStore;
  now(): number;
  /** What waits on this device, as it is known now; read where Svelte reads. */
  queue(): readonly QueuedBlob[];
  /** Something entered or left the queue. */
  queueChanged(): void;
  onProblem(error: unknown): void;
}

/** Files of rooms: kept here, fetched, and on their way to the relay. */
export class LocalFiles implements Files {
  readonly #deps: FilesDeps;
  readonly #sent = new SvelteMap<string, number>();
  readonly #waiting: ReadonlyMap<string, QueuedBlob> = $derived.by(
    () => new Map(this.#deps.queue().map((blob) => [blobId(blob.room, blob.hash), blob])),
  );

  constructor(deps: FilesDeps) {
    this.#deps = deps;
  }

  readonly streamsFrom = keptUpTo;

  hear(note: Note): void {
    if (note.type === 'upload') this.#sent.set(blobId(note.room, note.hash), note.sent);
  }

  waiting(room: RoomId, hash: string): WaitingFile | null {
    const id = blobId(room, hash);
    const blob = this.#waiting.get(id);
    return blob ? { id, sent: this.#sent.get(id) ?? 0, size: blob.size, failure: blob.failure } : null;
  }

  async put(room: RoomId, file: Blob, known: KnownOfFile = {}): Promise<string> {
    const { blobs, now } = this.#deps;
    const hash = known.hash ?? (await hashOf(file));
    // What this room has had from this device already need not be sent again.
    const here = await blobs.get(room, hash);
    if (here && !here.failure) return hash;
    await keepBlob(blobs, room, file, now(), { ...known, hash });
    this.#deps.queueChanged();
    return hash;
  }

  async copy(from: RoomId, to: RoomId, file: KnownOfFile & { hash: string; size: number }): Promise<void> {
    const { blobs, now } = this.#deps;
    const [here, there] = await Promise.all([blobs.get(from, file.hash), blobs.get(to, file.hash)]);
    if (there && !there.failure) return;
    await blobs.put({
      name: '',
      ...file,
      room: to,
      type: here?.type ?? '',
      bytes: here?.bytes ?? null,
      from,
      at: now(),
      pending: true,
      failure: null,
    });
    this.#deps.queueChanged();
  }

  /** Gives up a file that waits, and its smaller picture. */
  async discard(room: RoomId, hash: string): Promise<void> {
    const small = this.#deps.queue().filter((blob) => blob.room === room && blob.smallOf === hash);
    for (const each of [hash, ...small.map((blob) => blob.hash)]) await this.#deps.blobs.remove(room, each);
  }

  fetch(room: RoomId, hash: string, came?: (bytes: number) => void): Promise<Result<Blob, Failure>> {
    const { blobs, now, onProblem } = this.#deps;
    return findBlob(blobs, room, hash, now(), { ...(came ? { came } : {}), notKept: onProblem });
  }

  check(room: RoomId, hash: string): Promise<Result<true, Failure>> {
    return checkBlob(room, hash);
  }

  async here(room: RoomId, hash: string): Promise<Blob | null> {
    return (await this.#deps.blobs.get(room, hash))?.bytes ?? null;
  }

  address(room: RoomId, hash: string, name?: string): string {
    return addressOfBlob(room, hash, name);
  }
}
