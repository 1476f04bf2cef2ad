import type { Bytes } from '../../shared/base/bytes.ts';
import type { ErrorCode } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import type { Caller } from './contract.ts';

interface Session {
  readonly caller: Caller;
  /** Sends a frame that was encoded once for many. */
  send(frame: Bytes): void;
  end(code: ErrorCode, message: string): void;
}

/** What a socket still holds when it is closed must not arrive where the reason is a right that ended. */
export const unsentAfter = (code: ErrorCode): 'drop' | undefined =>
  code === 'session-ended' || code === 'forbidden' || code === 'not-signed-in' ? 'drop' : undefined;

/** A device's socket after its hello, as the rest of the relay sees it. */
export interface DeviceSession extends Session {
  /** Its member may no longer read the room: the device is told, and what lies unsent of it does not go out. */
  lose(room: RoomId): void;
  /** Its member may know another part of a room than before: what lies unsent of it does not go out. */
  narrow(): void;
}

/** A plain y-websocket client of one room. */
export interface PlainSession extends Session {
  readonly room: RoomId;
}
