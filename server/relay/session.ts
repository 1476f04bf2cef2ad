import type { Bytes } from '../../shared/base/bytes.ts';
import type { ErrorCode } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import type { Caller } from './contract.ts';

/** A device's socket after its hello, as the rest of the relay sees it. */
export interface DeviceSession {
  readonly caller: Caller;
  /** Sends a frame that was encoded once for many. */
  send(frame: Bytes): void;
  end(code: ErrorCode, message: string): void;
}

/** A plain y-websocket client of one room. */
export interface PlainSession extends DeviceSession {
  readonly room: RoomId;
}
