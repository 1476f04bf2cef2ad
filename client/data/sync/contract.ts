import type { Bytes } from '../../../shared/base/bytes.ts';
import type { Failure } from '../../../shared/base/errors.ts';
import type { DeviceId, MemberId, WorkspaceId } from '../../../shared/base/ids.ts';
import type { Result } from '../../../shared/base/result.ts';
import type { UploadWatch } from '../blobs.ts';
import type { BlobRecord, DeviceStorage } from '../storage/contract.ts';
import type { Bus } from './notes.ts';

/** A socket as the engine sees it; a browser's WebSocket, or a test's. */
export interface FrameSocket {
  send(frame: Bytes): void;
  close(): void;
  /** Bytes that were sent and that the network has not taken yet, where that is known. */
  buffered?(): number;
}

export interface SocketEvents {
  opened(): void;
  frame(bytes: Uint8Array): void;
  /** Once, however it ended. `code` is a websocket close code. */
  closed(code: number): void;
}

export type OpenSocket = (events: SocketEvents) => FrameSocket;

export interface Timers {
  now(): number;
  /** Returns the way to cancel. */
  after(milliseconds: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

export interface EngineDeps {
  readonly workspace: WorkspaceId;
  readonly member: MemberId;
  readonly device: DeviceId;
  readonly storage: DeviceStorage;
  readonly bus: Bus;
  readonly openSocket: OpenSocket;
  readonly timers: Timers;
  /** 0 (inclusive) to 1 (exclusive); spreads reconnects. */
  readonly random: () => number;
  /** Asked when a socket does not even open: browsers do not tell a refusal from a lost network. */
  readonly signedOut: () => Promise<Failure | null>;
  /** Whether this device has space for what it could also do without. */
  readonly hasSpace: () => Promise<boolean>;
  readonly uploadBlob: (blob: BlobRecord, watch: UploadWatch) => Promise<Result<true, Failure>>;
}
