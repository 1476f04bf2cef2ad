import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { asBytes, type Bytes } from '../../shared/base/bytes.ts';
import { errorTable, failure, type ErrorCode, type Failure } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { parseRoom } from '../../shared/protocol/rooms.ts';
import type { Caller, Connection, Link, Relay, Sessions } from '../relay/contract.ts';
import { failureOf } from '../relay/failure-of.ts';
import { noLog, type RelayLog } from '../relay/metrics.ts';
import { boundUntil, fairIntake } from './socket-intake.ts';
import { frameOnce } from './socket-frames.ts';

export interface SocketDeps {
  readonly relay: Relay;
  readonly sessions: Sessions;
  /** Whether a page of this origin may use the cookie here. */
  isOwnOrigin(origin: string, request: IncomingMessage): boolean;
  /** The session token in the cookies of a request, if there is one. */
  cookieToken(request: IncomingMessage): string | null;
  readonly times?: SocketTimes;
  readonly log?: RelayLog;
}

/** Milliseconds. */
export interface SocketTimes {
  /** From the upgrade to the hello. */
  readonly hello: number;
  /** Between pings; at each the session is verified again. */
  readonly ping: number;
  /** A peer that gave no sign of life for so long is gone: a ping and half an interval. */
  readonly silence: number;
}
const usualTimes: SocketTimes = { hello: 10_000, ping: 30_000, silence: 45_000 };

const longestAddress = 2_048;
/** Bytes a socket may send before anybody knows whose it is: a hello is a few hundred. */
const mostBeforeHello = 64 * 1024;
const tokenProtocol = 'weft.token.';

/** What a request for an upgrade wants: our own protocol, or one room in y-websocket's. */
type Wish = { readonly room: null } | { readonly room: RoomId };

/** Null when the address is not ours to answer. */
function wishOf(address: URL): Result<Wish, Failure> | null {
  const path = address.pathname;
  if (path === '/sync') return ok({ room: null });
  if (!path.startsWith('/sync/')) return null;
  let name: string;
  try {
    // Decoded once: what is still encoded after that is not a room's name.
    name = decodeURIComponent(path.slice('/sync/'.length));
  } catch {
    return err(failure('bad-request', 'the room name is not valid percent-encoding'));
  }
  return parseRoom(name) ? ok({ room: name as RoomId }) : err(failure('room-not-found', 'no such room'));
}

/** The path as it was sent: a URL parser would resolve `..` before anybody looks. */
function addressOf(request: IncomingMessage): URL | null {
  const target = request.url ?? '';
  if (!target.startsWith('/') || target.startsWith('//') || target.length > longestAddress) return null;
  // A URL parser takes it for a slash.
  if (target.includes('\\')) return null;
  const [path = ''] = target.split('?', 1);
  if (/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path)) return null;
  try {
    return new URL(`http://relay${target}`);
  } catch {
    return null;
  }
}

function reject(socket: Duplex, { code, message }: Failure): void {
  const { status } = errorTable[code];
  const body = JSON.stringify({ error: { code, message } });
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${code}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Cache-Control: no-store\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

interface Credentials {
  readonly token: string | null;
  readonly subprotocol: string | null;
}

/** `?token=`, the subprotocol, a bearer, or the cookie; the last only for pages of our own. */
function credentials(request: IncomingMessage, address: URL, deps: SocketDeps): Result<Credentials, Failure> {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  const subprotocol = offered.find((each) => each.startsWith(tokenProtocol)) ?? null;
  const explicit =
    address.searchParams.get('token') ??
    subprotocol?.slice(tokenProtocol.length) ??
    /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (explicit !== undefined) return ok({ token: explicit, subprotocol });
  const token = deps.cookieToken(request);
  const { origin } = request.headers;
  if (token !== null && (origin === undefined || !deps.isOwnOrigin(origin, request)))
    return err(failure('wrong-origin', 'this page may not use the session'));
  return ok({ token, subprotocol });
}

/** Answers upgrade requests of `/sync` and `/sync/<room>`. Returns a function that ends what is left. */
export function attachSockets(server: Pick<Server, 'on' | 'off'>, deps: SocketDeps): () => void {
  const { relay, sessions, times = usualTimes, log = noLog } = deps;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.frame,
    perMessageDeflate: false,
    handleProtocols: (protocols) => [...protocols].find((each) => each.startsWith(tokenProtocol)) ?? false,
  });
  const live = new Map<WebSocket, Pulse>();

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    try {
      admit(request, socket, head);
    } catch (error) {
      log.error({ err: error }, 'an upgrade could not be answered');
      reject(socket, failureOf(error));
    }
  };

  const admit = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const address = addressOf(request);
    if (!address) return reject(socket, failure('room-not-found', 'no such address'));
    const wish = wishOf(address);
    if (!wish) return reject(socket, failure('not-found', 'no such address'));
    if (!wish.ok) return reject(socket, wish.error);
    const given = credentials(request, address, deps);
    if (!given.ok) return reject(socket, given.error);
    const { token } = given.value;
    const caller = token === null ? null : sessions.verify(token);
    if (token !== null && !caller) return reject(socket, failure('not-signed-in', 'no such session'));
    const { room } = wish.value;
    if (room !== null) {
      if (!caller) return reject(socket, failure('not-signed-in', 'a token is needed'));
      const decision = relay.mayRead(caller.member, room);
      if (!decision.ok) return reject(socket, decision.error);
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const link = linkOf(webSocket, socket);
      if (room === null) {
        const greeted = caller ? null : boundUntil(socket, mostBeforeHello, () => webSocket.terminate());
        open(webSocket, link, (pulse) => connectDevice(link, pulse, token, greeted));
      } else if (caller && token !== null)
        open(webSocket, link, (pulse) => connectPlain(link, pulse, caller, token, room));
    });
  };

  /** What a connection does when it is time to ask whether its session still stands. */
  interface Pulse {
    /** Of `performance.now`: a clock that is set must not end everybody's connection. */
    heardAt: number;
    check: () => void;
  }

  const open = (webSocket: WebSocket, link: Link, connect: (pulse: Pulse) => Connection | null): void => {
    const pulse: Pulse = { heardAt: performance.now(), check: () => {} };
    // `ws` answers a broken frame with a close of its own; the peer gets a moment to read why.
    webSocket.on('error', () => void setTimeout(() => webSocket.terminate(), closeDeadline).unref());
    let connection: Connection | null;
    try {
      connection = connect(pulse);
    } catch (error) {
      log.error({ err: error }, 'a socket could not be connected');
      const { code, message } = failureOf(error);
      return link.close(code, message);
    }
    if (!connection) return;
    const { receive, gone } = connection;
    const intake = fairIntake(webSocket, receive);
    live.set(webSocket, pulse);
    webSocket.on('pong', () => (pulse.heardAt = performance.now()));
    webSocket.on('message', (data, isBinary) => {
      pulse.heardAt = performance.now();
      if (!isBinary) return link.close('bad-frame', 'a text message');
      intake.take(asBytes(data as Buffer));
    });
    webSocket.on('close', () => {
      live.delete(webSocket);
      intake.drain();
      gone();
    });
  };

  const keepChecking = (pulse: Pulse, link: Link, caller: Caller, token: string): void => {
    sessions.seen(caller.session);
    pulse.check = () => {
      if (!sessions.verify(token)) return link.close('session-ended', 'the session has ended');
      sessions.seen(caller.session);
    };
  };

  const connectDevice = (
    link: Link,
    pulse: Pulse,
    knownToken: string | null,
    onGreeted: (() => void) | null,
  ) => {
    let greeted = false;
    const deadline = setTimeout(() => {
      if (!greeted) link.close('not-signed-in', 'no hello within the deadline');
    }, times.hello);
    deadline.unref();
    return relay.connectDevice(link, (said) => {
      greeted = true;
      clearTimeout(deadline);
      const token = knownToken ?? said ?? null;
      // Also when the upgrade brought it: the session may have ended since.
      const caller = token === null ? null : sessions.verify(token);
      if (caller) onGreeted?.();
      if (caller && token !== null) keepChecking(pulse, link, caller, token);
      return caller;
    });
  };

  const connectPlain = (link: Link, pulse: Pulse, caller: Caller, token: string, room: RoomId) => {
    const connected = relay.connectPlain(link, caller, room);
    if (!connected.ok) {
      link.close(connected.error.code, connected.error.message);
      return null;
    }
    keepChecking(pulse, link, caller, token);
    return connected.value;
  };

  const beat = setInterval(() => {
    const now = performance.now();
    for (const [webSocket, pulse] of live) {
      try {
        if (now - pulse.heardAt > times.silence) webSocket.terminate();
        else pulse.check();
      } catch (error) {
        log.error({ err: error }, 'a session could not be verified');
        webSocket.close(errorTable['storage-failed'].close, 'storage-failed');
      }
      if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
    }
  }, times.ping);
  beat.unref();

  server.on('upgrade', upgrade);
  return () => {
    clearInterval(beat);
    server.off('upgrade', upgrade);
    for (const webSocket of live.keys()) webSocket.terminate();
    sockets.close();
  };
}

/** Time a peer has to answer our close before the connection is cut. */
const closeDeadline = 3_000;

function linkOf(webSocket: WebSocket, socket: Duplex): Link {
  return {
    get buffered() {
      return webSocket.bufferedAmount;
    },
    send(messages: readonly Bytes[]) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      // Frames are made once for all receivers, and the turn's frames go out in one write.
      socket.cork();
      for (const message of messages) socket.write(frameOnce(message));
      socket.uncork();
    },
    close(code: ErrorCode, message: string) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      webSocket.close(errorTable[code].close, `${code}: ${message}`.slice(0, 120));
      setTimeout(() => webSocket.terminate(), closeDeadline).unref();
    },
  };
}
