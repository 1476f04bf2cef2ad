import type { DeviceId, MemberId, WorkspaceId } from '../../../shared/base/ids.ts';
import { asBytes } from '../../../shared/base/bytes.ts';
import type { Failure } from '../../../shared/base/errors.ts';
import { hasSpace } from '../browser-storage.ts';
import { failureOf, uploadBlob } from '../blobs.ts';
import { databaseName, openStorage } from '../storage/idb/open.ts';
import { systemTimers, type OpenSocket } from '../sync/contract.ts';
import { SyncEngine } from '../sync/engine.ts';
import { broadcastBus } from '../sync/notes.ts';

/** Everything a worker has to be told; it must survive `postMessage`. */
export interface LeaderConfig {
  readonly workspace: WorkspaceId;
  readonly member: MemberId;
  readonly device: DeviceId;
  /** Address of the relay's socket, `wss://…/sync`. */
  readonly socket: string;
}

const browserSocket =
  (url: string): OpenSocket =>
  (events) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => events.opened();
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (event.data instanceof ArrayBuffer) events.frame(new Uint8Array(event.data));
    };
    socket.onclose = (event) => events.closed(event.code);
    return {
      send: (frame) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(asBytes(frame));
      },
      close: () => socket.close(),
      buffered: () => socket.bufferedAmount,
    };
  };

/** What the relay says of this session over HTTP, when that is an end; null when it is valid or cannot be asked. */
async function signedOut(): Promise<Failure | null> {
  try {
    const response = await fetch('/api/session');
    return response.status === 401 ? await failureOf(response) : null;
  } catch {
    return null;
  }
}

/**
 * Waits until no other tab of this account leads, then leads until `stop` or until this context ends; the lock then
 * passes on by itself. Without locks every tab leads for itself: more traffic, same result.
 */
export function lead(config: LeaderConfig, leading: () => void): { stop(): void } {
  const name = databaseName(config.workspace, config.member);
  const stopped = new AbortController();

  const run = (): Promise<void> => {
    const storage = openStorage({ workspace: config.workspace, member: config.member });
    const bus = broadcastBus(name);
    const engine = new SyncEngine({
      ...config,
      storage,
      bus,
      openSocket: browserSocket(config.socket),
      timers: systemTimers,
      random: Math.random,
      uploadBlob,
      signedOut,
      hasSpace,
    });
    engine.start();
    leading();
    return new Promise((ended) => {
      stopped.signal.addEventListener('abort', () => {
        engine.stop();
        storage.close();
        bus.close();
        ended();
      });
    });
  };

  const locks: LockManager | undefined = navigator.locks;
  if (!locks) void run();
  else
    locks.request(`weft-leader:${name}`, { signal: stopped.signal }, run).catch((error: unknown) => {
      if (!stopped.signal.aborted) throw error;
    });
  return { stop: () => stopped.abort() };
}
