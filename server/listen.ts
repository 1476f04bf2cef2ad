import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { BoundMetrics, Bounds } from './bounds.ts';
import type { ErrorCode } from '../shared/base/errors.ts';
import type { Routes } from './http/routes/app.ts';

/** The address cannot be listened on; the message is a sentence for the person who started the process. */
export class ListenError extends Error {}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program is listening there; set PORT to another number',
  EACCES: 'this user may not listen there; set PORT to a number above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; check HOST',
  ENOTFOUND: 'no such host; check HOST',
};

export interface Listening {
  readonly server: Server;
  /** Where it can be reached from this machine. */
  readonly address: string;
}

function addressOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** Requests that never became one, by the error of the parser: status line and code of the answer. */
const broken: Readonly<Record<string, readonly [string, ErrorCode]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'too-large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'too-slow'],
};

/** Says why, and ends the connection: what follows in it cannot be told from the broken request. */
function answerBroken(error: NodeJS.ErrnoException, socket: Socket, metrics: BoundMetrics): void {
  if (error.code === 'HPE_HEADER_OVERFLOW') metrics.struck('headers');
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') metrics.struck('headerTime');
  if (!socket.writable || socket.bytesWritten > 0) return void socket.destroy();
  const [status, code] = broken[error.code ?? ''] ?? ['400 Bad Request', 'bad-request'];
  const body = JSON.stringify({ error: { code, message: 'the request cannot be read' } });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `X-Content-Type-Options: nosniff\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

export interface ListenOptions {
  readonly port: number;
  readonly host: string;
  readonly bounds: Bounds;
  readonly metrics: BoundMetrics;
}

/** How often connections are looked at for being too slow. Milliseconds. */
const checkEvery = 1_000;

/**
 * Serves the app.
 * @throws ListenError
 */
export function listen(app: Routes, { port, host, bounds, metrics }: ListenOptions): Promise<Listening> {
  // Whoever sends headers a byte at a time is cut off; bodies may be pictures over a slow line.
  const server = createServer(
    {
      headersTimeout: bounds.headerTime,
      requestTimeout: Math.max(bounds.requestTime, bounds.headerTime),
      connectionsCheckingInterval: Math.min(checkEvery, bounds.headerTime),
      maxHeaderSize: bounds.headers,
    },
    getRequestListener(app.fetch),
  );
  server.maxConnections = bounds.connections;
  let connections = 0;
  server.on('connection', (socket) => {
    metrics.reached('connections', ++connections);
    socket.once('close', () => metrics.reached('connections', --connections));
  });
  server.on('request', ({ url, rawHeaders }) => {
    let size = url?.length ?? 0;
    for (const each of rawHeaders) size += each.length;
    metrics.reached('headers', size);
  });
  server.on('drop', () => metrics.struck('connections'));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    answerBroken(error, socket as Socket, metrics),
  );
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = reasons[error.code ?? ''];
      reject(why ? new ListenError(`Cannot listen on ${host}:${port}: ${why}.`) : error);
    });
    server.listen(port, host, () => resolve({ server, address: addressOf(server, host) }));
  });
}

/** Refuses new connections, lets running requests finish, and cuts what is left after `patience` milliseconds. */
export function close(server: Server, patience: number, cut: () => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      cut();
      server.closeAllConnections();
    }, patience);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
