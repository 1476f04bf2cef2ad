import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOutside, type Outside } from '../../server/outside/fetch.ts';
import type { PushedNotice } from '../../shared/protocol/pushed.ts';

/** A browser at a push service: only it can read what comes for it. */
export interface PushBrowser {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

export interface Pushed {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As the browser reads it. */
  readonly notice: PushedNotice;
  /** The claims of the relay, verified. */
  readonly claims: { readonly aud: string; readonly exp: number; readonly sub: string };
}

export interface PushService {
  /** As `WEFT_OUTSIDE_HOSTS` wants it. */
  readonly host: string;
  readonly pushed: Pushed[];
  /** What the next messages are answered with; 201 when it is empty. */
  readonly answers: (readonly [status: number, headers?: OutgoingHttpHeaders])[];
  newBrowser(): PushBrowser;
  close(): Promise<void>;
}

interface Keys {
  readonly ecdh: ReturnType<typeof createECDH>;
  readonly auth: Buffer;
}

const derived = (secret: Buffer, salt: Buffer, info: Buffer | string, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, length));

/** RFC 8291 and RFC 8188, from the side of the browser. */
function decrypt(body: Buffer, { ecdh, auth }: Keys): string {
  const salt = body.subarray(0, 16);
  const idLength = body[20]!;
  const relayKey = body.subarray(21, 21 + idLength);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), relayKey]);
  const secret = derived(ecdh.computeSecret(relayKey), auth, info, 32);
  const key = derived(secret, salt, 'Content-Encoding: aes128gcm\0', 16);
  const nonce = derived(secret, salt, 'Content-Encoding: nonce\0', 12);
  const sealed = body.subarray(21 + idLength);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAuthTag(sealed.subarray(-16));
  const padded = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  return padded.subarray(0, padded.lastIndexOf(2)).toString();
}

/** RFC 8292: the token of the relay is signed with the key beside it. */
function claimsOf(authorization = ''): Pushed['claims'] {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(authorization) ?? [];
  const [head = '', claims = '', signature = ''] = token.split('.');
  const point = Buffer.from(key, 'base64url');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
  const jwk = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x!, y: y! }, format: 'jwk' });
  const signed = Buffer.from(`${head}.${claims}`);
  const isRight = verify(
    'sha256',
    signed,
    { key: jwk, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  if (!isRight) throw new Error('the token is not signed with its key');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Pushed['claims'];
}

/** A push service of this machine. What cannot be read or is not signed is answered with 400. */
export async function startPushService(): Promise<PushService> {
  const browsers = new Map<string, Keys>();
  const pushed: Pushed[] = [];
  const answers: PushService['answers'][number][] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      try {
        const path = request.url!;
        const { headers } = request;
        const notice = JSON.parse(decrypt(Buffer.concat(parts), browsers.get(path)!)) as PushedNotice;
        const claims = claimsOf(headers.authorization);
        const [status, more] = answers.shift() ?? [201];
        pushed.push({ path, headers, notice, claims });
        response.writeHead(status, more).end();
      } catch (error) {
        response.writeHead(400).end(String(error));
      }
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    pushed,
    answers,
    newBrowser() {
      const ecdh = createECDH('prime256v1');
      ecdh.generateKeys();
      const auth = randomBytes(16);
      const path = `/${randomBytes(9).toString('base64url')}`;
      browsers.set(path, { ecdh, auth });
      const keys = { p256dh: ecdh.getPublicKey('base64url'), auth: auth.toString('base64url') };
      return { endpoint: `http://127.0.0.1:${port}${path}`, keys };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

export interface CountedOutside extends Outside {
  /** How many requests are on their way. */
  asking(): number;
}

/** The relay's way to that service, of which a test can tell when nothing is on it. */
export function countedOutside(host: string): CountedOutside {
  const outside = createOutside({ hosts: [host] });
  let asking = 0;
  return {
    ...outside,
    asking: () => asking,
    async fetch(request) {
      asking++;
      try {
        return await outside.fetch(request);
      } finally {
        asking--;
      }
    },
  };
}
