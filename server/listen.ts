import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
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

/**
 * Serves the app.
 * @throws ListenError
 */
export function listen(app: Routes, port: number, host: string): Promise<Listening> {
  // Whoever sends headers a byte at a time is cut off; bodies may be pictures over a slow line.
  const server = createServer(
    { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 },
    getRequestListener(app.fetch),
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
