import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { asBytes, type Bytes } from '../../shared/base/bytes.ts';
import { errorTable, failure, type ErrorCode, type Failure } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { encodeRelayMessage } from '../../shared/protocol/codec.ts';
import { parseRoom } from '../../shared/protocol/rooms.ts';
import { defaultBounds, type Bound, type Bounds } from '../bounds.ts';
import { onlyPart } from '../relay/access.ts';
import type { Caller, Connection, Link, Relay, Sessions } from '../relay/contract.ts';
import { failureOf } from '../relay/failure-of.ts';
import { noLog, noMetrics, type RelayLog, type RelayMetrics } from '../relay/metrics.ts';
import { boundUntil, createIntakes } from './socket-intake.ts';
import { frameOnce } from './socket-frames.ts';
import { createSeats, type Seat } from './socket-seats.ts';

export interface SocketDeps {
  readonly relay: Relay;
  readonly sessions: Sessions;
  /** Whether a page of this origin may use the cookie here. */
  isOwnOrigin(origin: string, request: IncomingMessage): boolean;
  /** The session token in the cookies of a request, if there is one. */
  cookieToken(request: IncomingMessage): string | null;
  /** The same for guests, who come with `?as=guest` and with nothing but their cookie. */
  readonly guests?: { readonly sessions: Sessions; cookieToken(request: IncomingMessage): string | null };
  /** The network that a stranger's socket is counted for. */
  networkOf?(request: IncomingMessage): string;
  readonly bounds?: Bounds;
  readonly metrics?: Pick<RelayMetrics, 'reached' | 'struck' | 'received'>;
  readonly log?: RelayLog;
}

/** Each socket is looked at so often within the bound on silence, and pinged at every fourth look. */
const looks = 9;
const looksPerPing = 4;
/** Chunks of one unfinished message: a path with the smallest packets needs twenty thousand for the largest frame. */
const mostChunks = 32 * 1024;
/** A device is told at most so often that it is read slowly. Milliseconds. */
const noticeEvery = 1_000;

const longestAddress = 2_048;
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

function reject(socket: Duplex, { code, message, details }: Failure): void {
  const { status } = errorTable[code];
  const body = JSON.stringify({ error: { code, message, ...(details ? { details } : {}) } });
  const retryAfter = details?.['retryAfter'];
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${code}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n` +
      (retryAfter === undefined ? '' : `Retry-After: ${retryAfter}\r\n`) +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** What `ws` says of frames that break a bound; it closes such a socket itself, with 1008 or 1009. */
const boundOfError: Readonly<Record<string, Bound>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'frame',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'fragments',
};

interface Credentials {
  readonly token: string | null;
  readonly subprotocol: string | null;
}

/** `?token=`, the subprotocol, a bearer, or the cookie; the last only for pages of our own. */
function credentials(
  request: IncomingMessage,
  address: URL,
  deps: Pick<SocketDeps, 'cookieToken' | 'isOwnOrigin'>,
  onlyCookie: boolean,
): Result<Credentials, Failure> {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  const subprotocol = offered.find((each) => each.startsWith(tokenProtocol)) ?? null;
  const explicit =
    address.searchParams.get('token') ??
    subprotocol?.slice(tokenProtocol.length) ??
    /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (explicit !== undefined && !onlyCookie) return ok({ token: explicit, subprotocol });
  const token = deps.cookieToken(request);
  const { origin } = request.headers;
  if (token !== null && (origin === undefined || !deps.isOwnOrigin(origin, request)))
    return err(failure('wrong-origin', 'this page may not use the session'));
  return ok({ token, subprotocol });
}

/** Answers upgrade requests of `/sync` and `/sync/<room>`. Returns a function that ends what is left. */
export function attachSockets(server: Pick<Server, 'on' | 'off'>, deps: SocketDeps): () => void {
  const { relay, bounds = defaultBounds, metrics = noMetrics, log = noLog } = deps;
  const networkOf = deps.networkOf ?? (({ socket }) => socket.remoteAddress ?? 'unknown');
  const seats = createSeats(bounds, metrics);
  const intakes = createIntakes();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: bounds.frame,
    maxFragments: bounds.fragments,
    maxBufferedChunks: mostChunks,
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
    const guests = address.searchParams.get('as') === 'guest' ? deps.guests : undefined;
    const sessions = guests?.sessions ?? deps.sessions;
    const from = guests ? { ...deps, cookieToken: guests.cookieToken } : deps;
    const given = credentials(request, address, from, guests !== undefined);
    if (!given.ok) return reject(socket, given.error);
    const { token } = given.value;
    if (guests && (token === null || wish.value.room !== null))
      return reject(socket, failure('not-signed-in', 'no guest is known here'));
    const caller = token === null ? null : sessions.verify(token);
    if (token !== null && !caller) return reject(socket, failure('not-signed-in', 'no such session'));
    const { room } = wish.value;
    if (room !== null) {
      if (!caller) return reject(socket, failure('not-signed-in', 'a token is needed'));
      const decision = relay.mayRead(caller.member, room);
      if (!decision.ok) return reject(socket, decision.error);
      if (relay.window(caller.member, room).isPart) return reject(socket, onlyPart);
    }
    const taken = seats.take(networkOf(request), caller?.member ?? null);
    if (!taken.ok) return reject(socket, taken.error);
    const seat = taken.value;
    // Also when the handshake fails.
    socket.once('close', seat.leave);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const link = linkOf(webSocket, socket);
      const bytesRead = (): number => ('bytesRead' in socket ? Number(socket.bytesRead) : 0);
      if (room === null) {
        const tooMuch = (): void => {
          metrics.struck('beforeHello');
          webSocket.terminate();
        };
        const greeted = caller ? null : boundUntil(socket, bounds.beforeHello - head.length, tooMuch);
        open(webSocket, link, seat, bytesRead, (pulse) =>
          connectDevice(link, pulse, seat, sessions, token, greeted),
        );
      } else if (caller && token !== null)
        open(webSocket, link, seat, bytesRead, (pulse) =>
          connectPlain(link, pulse, sessions, caller, token, room),
        );
    });
  };

  /** What a connection does when it is time to ask whether its session still stands. */
  interface Pulse {
    /** Of `performance.now`: a clock that is set must not end everybody's connection. */
    heardAt: number;
    /** Bytes that came so far: one large message may take minutes on a slow network, and is a sign of life all along. */
    read: number;
    bytesRead: () => number;
    /** Looks since the last ping. */
    looks: number;
    check: () => void;
  }

  const open = (
    webSocket: WebSocket,
    link: Link,
    seat: Seat,
    bytesRead: () => number,
    connect: (pulse: Pulse) => Connection | null,
  ): void => {
    const pulse: Pulse = { heardAt: performance.now(), read: 0, bytesRead, looks: 0, check: () => {} };
    // `ws` answers a broken frame with a close of its own; the peer gets a moment to read why.
    webSocket.on('error', (error: Error & { readonly code?: string }) => {
      const bound = boundOfError[error.code ?? ''];
      if (bound) metrics.struck(bound);
      setTimeout(() => webSocket.terminate(), closeDeadline).unref();
    });
    let connection: Connection | null;
    try {
      connection = connect(pulse);
    } catch (error) {
      log.error({ err: error }, 'a socket could not be connected');
      const { code, message } = failureOf(error);
      return link.close(code, message);
    }
    if (!connection) return;
    const { receive, gone, slowed, isRefused = () => false } = connection;
    let toldAt = -Infinity;
    /** Too much at once is not refused: it waits in the network until the rate allows it. */
    const pace = (bytes: number): number => {
      metrics.received(bytes);
      metrics.reached('frame', bytes);
      const wait = seat.spend(bytes);
      if (wait === 0) return 0;
      const now = performance.now();
      if (now - toldAt >= noticeEvery) {
        toldAt = now;
        slowed?.(wait);
      }
      return wait;
    };
    const intake = intakes.open({ socket: webSocket, receive, pace, isRefused, owner: () => seat.owner });
    live.set(webSocket, pulse);
    webSocket.on('pong', () => (pulse.heardAt = performance.now()));
    webSocket.on('message', (data, isBinary) => {
      pulse.heardAt = performance.now();
      if (!isBinary) return link.close('bad-frame', 'a text message');
      intake.take(asBytes(data as Buffer));
    });
    webSocket.on('close', () => {
      live.delete(webSocket);
      intake.end(gone);
    });
  };

  const keepChecking = (
    pulse: Pulse,
    link: Link,
    sessions: Sessions,
    caller: Caller,
    token: string,
  ): void => {
    sessions.seen(caller.session);
    pulse.check = () => {
      if (!sessions.verify(token)) return link.close('session-ended', 'the session has ended');
      sessions.seen(caller.session);
    };
  };

  const connectDevice = (
    link: Link,
    pulse: Pulse,
    seat: Seat,
    sessions: Sessions,
    knownToken: string | null,
    onGreeted: (() => void) | null,
  ) => {
    let greeted = false;
    const upgradedAt = performance.now();
    const deadline = setTimeout(() => {
      if (greeted) return;
      metrics.struck('helloTime');
      link.close('not-signed-in', 'no hello within the deadline');
    }, bounds.helloTime);
    deadline.unref();
    const connection = relay.connectDevice(link, (said) => {
      greeted = true;
      clearTimeout(deadline);
      metrics.reached('helloTime', Math.round(performance.now() - upgradedAt));
      const token = knownToken ?? said ?? null;
      // Also when the upgrade brought it: the session may have ended since.
      const caller = token === null ? null : sessions.verify(token);
      if (!caller || token === null) return null;
      const seated = seat.known(caller.member);
      if (!seated.ok) {
        const { code, message } = seated.error;
        link.send([encodeRelayMessage({ type: 'error', code, message })]);
        link.close(code, message);
        return null;
      }
      onGreeted?.();
      keepChecking(pulse, link, sessions, caller, token);
      return caller;
    });
    const gone = (): void => {
      clearTimeout(deadline);
      connection.gone();
    };
    return { ...connection, gone };
  };

  const connectPlain = (
    link: Link,
    pulse: Pulse,
    sessions: Sessions,
    caller: Caller,
    token: string,
    room: RoomId,
  ) => {
    const connected = relay.connectPlain(link, caller, room);
    if (!connected.ok) {
      link.close(connected.error.code, connected.error.message);
      return null;
    }
    keepChecking(pulse, link, sessions, caller, token);
    return connected.value;
  };

  const between = bounds.silence / looks;
  const look = setInterval(() => {
    const now = performance.now();
    for (const [webSocket, pulse] of live) {
      const read = pulse.bytesRead();
      if (read > pulse.read) pulse.heardAt = now;
      pulse.read = read;
      // One look early: the bound holds also for a peer that fell silent right after a look.
      const silent = now - pulse.heardAt;
      metrics.reached('silence', Math.round(silent));
      if (silent > bounds.silence - between) {
        metrics.struck('silence');
        webSocket.terminate();
        continue;
      }
      if (++pulse.looks < looksPerPing) continue;
      pulse.looks = 0;
      try {
        pulse.check();
      } catch (error) {
        log.error({ err: error }, 'a session could not be verified');
        webSocket.close(errorTable['storage-failed'].close, 'storage-failed');
      }
      if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
    }
  }, between);
  look.unref();

  server.on('upgrade', upgrade);
  return () => {
    clearInterval(look);
    server.off('upgrade', upgrade);
    for (const webSocket of live.keys()) webSocket.terminate();
    sockets.close();
  };
}

/** Time a peer has to answer our close before the connection is cut. */
const closeDeadline = 3_000;
/** The same for a peer that is behind: it may lose rights meanwhile, and those end within a second. */
const behindDeadline = 1_000;
/** The same for a peer that may not have what the network still holds for it. */
const dropDeadline = 500;

function linkOf(webSocket: WebSocket, socket: Duplex): Link {
  /** Not only closed: what the system has not sent yet goes nowhere. */
  const reset = (): void => {
    if (socket instanceof Socket) socket.resetAndDestroy();
    webSocket.terminate();
  };
  return {
    get buffered() {
      return webSocket.bufferedAmount;
    },
    send(messages: readonly Bytes[]) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      // Frames are made once for all receivers, and the turn's frames go out in one write.
      const [only] = messages;
      if (only && messages.length === 1) return void socket.write(frameOnce(only));
      socket.cork();
      for (const message of messages) socket.write(frameOnce(message));
      socket.uncork();
    },
    close(code: ErrorCode, message: string, unsent?: 'drop') {
      if (webSocket.readyState !== webSocket.OPEN) return;
      const isBehind = webSocket.bufferedAmount > 0;
      if (unsent === 'drop' && isBehind) return reset();
      webSocket.close(errorTable[code].close, `${code}: ${message}`.slice(0, 120));
      // Whoever is behind must not go on reading long after what was closed here has lost its right too.
      if (unsent === 'drop') setTimeout(reset, dropDeadline).unref();
      else if (isBehind) setTimeout(reset, behindDeadline).unref();
      else setTimeout(() => webSocket.terminate(), closeDeadline).unref();
    },
  };
}
