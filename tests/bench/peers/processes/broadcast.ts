/**
 * The limits: servers that know nothing of documents and pass every message on to all others of its room. `bare` sends
 * it to each by `ws`; `shared` frames it once for all and writes once per receiver and turn of the loop.
 */
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { asBytes } from '../../../../shared/base/bytes.ts';
import { frameOnce } from '../../../../server/http/socket-frames.ts';

const shared = process.argv[2] === 'shared';
const rooms = new Map<string, Set<Peer>>();
const dirty = new Set<Peer>();

interface Peer {
  readonly webSocket: WebSocket;
  readonly socket: Duplex;
  frames: Buffer[];
}

const passOn = (bytes: Buffer, from: Peer, room: ReadonlySet<Peer>): void => {
  if (!shared) {
    for (const peer of room) if (peer !== from) peer.webSocket.send(bytes);
    return;
  }
  const frame = frameOnce(asBytes(bytes));
  for (const peer of room) {
    if (peer === from) continue;
    if (peer.frames.push(frame) === 1) {
      if (dirty.size === 0) setImmediate(flush);
      dirty.add(peer);
    }
  }
};

const flush = (): void => {
  for (const peer of dirty) {
    peer.socket.write(peer.frames.length === 1 ? peer.frames[0] : Buffer.concat(peer.frames));
    peer.frames = [];
  }
  dirty.clear();
};

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const server = createServer((_request, response) => response.end('ok'));
server.on('upgrade', (request, socket, head) =>
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    const name = request.url ?? '';
    const peer: Peer = { webSocket, socket, frames: [] };
    const room = rooms.get(name) ?? new Set<Peer>();
    rooms.set(name, room.add(peer));
    webSocket.on('message', (data) => passOn(data as Buffer, peer, room));
    webSocket.on('close', () => room.delete(peer));
  }),
);
server.listen(Number(process.env['PORT']), '127.0.0.1');
