import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { isPublicAddress } from './addresses.ts';

/** What the relay asks of a server whose address somebody else named. */
export interface OutsideRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** True: https only. Hosts of the operator's list may be asked over http in any case. */
  readonly secure?: boolean;
  /** Bytes of the answer's body, unpacked. */
  readonly most: number;
  /** What becomes of a longer one: its beginning is taken, or the request fails. */
  readonly longer: 'cut' | 'fail';
  /** Milliseconds from the beginning to the last byte, redirects included. */
  readonly patience: number;
  /** How many redirects are followed; each is judged like the first address. */
  readonly redirects?: number;
}

export interface OutsideAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  /** Where it came from in the end. */
  readonly url: string;
}

/** `not-allowed`: the address is none that the relay asks. `unreachable`: nobody there, or no sense in the answer. */
export type OutsideFailure = 'not-allowed' | 'unreachable' | 'too-slow' | 'too-large';

export interface Outside {
  /** Whether the address may be asked at all, as far as it can be told without asking for the name. */
  isAllowed(url: string, secure?: boolean): boolean;
  fetch(request: OutsideRequest): Promise<Result<OutsideAnswer, OutsideFailure>>;
}

export interface OutsideOptions {
  /**
   * Hosts, each as `name` or `name:port`, that may be asked wherever they are: those of the company's own network. All
   * others must have public addresses and the usual port.
   */
  readonly hosts?: readonly string[];
  /** Finds addresses of a name; tests have names of their own. */
  readonly lookup?: typeof systemLookup;
}

const usualPorts: ReadonlySet<string> = new Set(['', '80', '443']);
const longestAddress = 4_096;

class NotAllowed extends Error {}
class TooLarge extends Error {}

const unpackers: ReadonlyMap<string, () => Readable & NodeJS.WritableStream> = new Map([
  ['gzip', createGunzip],
  ['br', createBrotliDecompress],
]);

/**
 * The way out of the relay to addresses that others name. Only public ones are asked: the name is looked up once, and
 * the connection goes to just the address that was judged, so that a name that changes its mind gains nothing.
 */
export function createOutside({ hosts = [], lookup = systemLookup }: OutsideOptions = {}): Outside {
  const own: ReadonlySet<string> = new Set(hosts.map((host) => host.toLowerCase()));
  const isOwn = ({ hostname, port, protocol }: URL): boolean =>
    own.has(hostname) || own.has(`${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`);

  const parse = (text: string, secure: boolean, from?: string): URL | null => {
    const url = text.length <= longestAddress && URL.canParse(text, from) ? new URL(text, from) : null;
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return null;
    if (isOwn(url)) return url;
    if (!usualPorts.has(url.port) || (secure && url.protocol !== 'https:')) return null;
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    return isIP(literal) && !isPublicAddress(literal) ? null : url;
  };

  /** Looks a name up once, for the connection: what is judged here is what is connected to. */
  const lookingUp =
    (anywhere: boolean): LookupFunction =>
    (name, options, answer) =>
      lookup(name, { ...options, all: true }, (error, found: LookupAddress[]) => {
        const [first] = error ? [] : found;
        if (!first) answer(error ?? new Error('no address'), []);
        else if (!anywhere && !found.every(({ address }) => isPublicAddress(address)))
          answer(new NotAllowed(name), []);
        else if (options.all) answer(null, found);
        else answer(null, first.address, first.family);
      });

  const ask = (url: URL, { method, headers, body }: OutsideRequest, signal: AbortSignal) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const send = url.protocol === 'https:' ? requestHttps : requestHttp;
      // A connection of its own for each request: none is left over that was judged for another one.
      const asked = send(url, {
        method: method ?? 'GET',
        headers: {
          'accept-encoding': 'gzip, br',
          ...headers,
          ...(body && { 'content-length': body.length }),
        },
        lookup: lookingUp(isOwn(url)),
        agent: false,
        signal,
      });
      asked.on('response', resolve);
      asked.on('error', reject);
      asked.end(body);
    });

  return {
    isAllowed: (url, secure = false) => parse(url, secure) !== null,
    async fetch(request) {
      const { secure = false, most, longer, patience } = request;
      const signal = AbortSignal.timeout(patience);
      let url = parse(request.url, secure);
      let left = request.redirects ?? 0;
      try {
        for (;;) {
          if (!url) return err('not-allowed');
          const answer = await ask(url, request, signal);
          const { statusCode: status = 0, headers } = answer;
          const isMoved = status >= 301 && status <= 308 && status !== 304 && headers.location !== undefined;
          if (!isMoved || left === 0) {
            const body = await bodyOf(answer, most, longer, signal);
            return ok({ status, headers, body, url: url.href });
          }
          answer.destroy();
          left--;
          url = parse(headers.location!, secure, url.href);
        }
      } catch (error) {
        if (error instanceof NotAllowed) return err('not-allowed');
        if (error instanceof TooLarge) return err('too-large');
        return err(signal.aborted ? 'too-slow' : 'unreachable');
      }
    },
  };
}

/** The body, unpacked as it comes, so that what is small on the way and huge unpacked stops at the same bound. */
function bodyOf(
  answer: IncomingMessage,
  most: number,
  longer: OutsideRequest['longer'],
  signal: AbortSignal,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const packed = answer.headers['content-encoding']?.trim().toLowerCase() ?? '';
    const unpack = unpackers.get(packed)?.() ?? null;
    const stream: Readable = unpack ?? answer;
    const parts: Buffer[] = [];
    let size = 0;
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', fail);
      settle();
      answer.destroy();
      stream.destroy();
    };
    const fail = (): void => end(() => reject(new Error('the answer broke off')));
    signal.addEventListener('abort', fail);
    answer.on('error', fail);
    answer.on('aborted', fail);
    stream.on('error', fail);
    stream.on('data', (part: Buffer) => {
      size += part.length;
      parts.push(part);
      if (size <= most) return;
      if (longer === 'fail') end(() => reject(new TooLarge()));
      else end(() => resolve(Buffer.concat(parts).subarray(0, most)));
    });
    stream.on('end', () => end(() => resolve(Buffer.concat(parts))));
    if (unpack) answer.pipe(unpack);
  });
}
