import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { isPublicAddress } from '../../../server/outside/addresses.ts';
import { createOutside, type OutsideOptions, type OutsideRequest } from '../../../server/outside/fetch.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.headers.host} ${request.url}`);
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { port: (server.address() as AddressInfo).port, asked };
}

type Lookup = NonNullable<OutsideOptions['lookup']>;
/** Names as the test wants them; each question takes the next of its answers. */
const names = (answers: Record<string, readonly (readonly string[])[]>): Lookup => {
  const times: Record<string, number> = {};
  const lookup = (name: string, _options: unknown, answer: (error: Error | null, found: unknown) => void) => {
    const all = answers[name];
    const at = times[name] ?? 0;
    times[name] = at + 1;
    const addresses = all?.[Math.min(at, all.length - 1)];
    if (!addresses) answer(new Error('no such name'), []);
    else
      answer(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
  };
  return lookup as unknown as Lookup;
};

const usual = { most: 1_000, longer: 'fail', patience: 5_000 } as const;
const asking = (options: OutsideOptions, url: string, more: Partial<OutsideRequest> = {}) =>
  createOutside(options).fetch({ ...usual, url, ...more });

describe('addresses', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.9.9.9',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'localhost',
    '',
  ])('%s is none of the public internet', (address) => expect(isPublicAddress(address)).toBe(false));

  test.each([
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '223.5.5.5',
    '2606:4700::1',
    '240e:f7::1',
    '64:ff9b::8.8.8.8',
  ])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));
});

describe('an address that somebody names', () => {
  test.each([
    'file:///etc/passwd',
    'ftp://example.com/',
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.0.0.1/',
    'http://017700000001/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fd00:ec2::254]/latest/meta-data',
    'http://169.254.169.254/latest/meta-data',
    'http://user:secret@example.com/',
    'http://example.com:22/',
    'http://example.com:8080/',
    'https://',
    'x'.repeat(5_000),
    `https://example.com/${'x'.repeat(5_000)}`,
  ])('%s is not asked', async (url) => {
    expect(createOutside().isAllowed(url)).toBe(false);
    expect(await asking({}, url)).toEqual({ ok: false, error: 'not-allowed' });
  });

  test('is asked over https alone where that is wanted', async () => {
    expect(createOutside().isAllowed('http://example.com/', true)).toBe(false);
    expect(createOutside().isAllowed('https://example.com/', true)).toBe(true);
    expect(await asking({}, 'http://example.com/', { secure: true })).toMatchObject({ error: 'not-allowed' });
  });

  test('is refused when its name stands for any address that is not public', async () => {
    for (const found of [['127.0.0.1'], ['8.8.8.8', '10.0.0.1'], ['::1'], ['2606:4700::1', 'fe80::1']])
      expect(
        await asking({ lookup: names({ 'evil.example': [found] }) }, 'http://evil.example/'),
        found.join(),
      ).toMatchObject({ error: 'not-allowed' });
  });

  test('gains nothing by being another one when it is looked up again: it is looked up once', async () => {
    const asked: string[] = [];
    const inner = names({ 'evil.example': [['192.0.2.1'], ['127.0.0.1']] });
    const lookup = ((name: string, ...rest: [never, never]) => {
      asked.push(name);
      inner(name, ...rest);
    }) as unknown as Lookup;
    expect(await asking({ lookup }, 'http://evil.example/')).toMatchObject({ error: 'not-allowed' });
    expect(asked).toEqual(['evil.example']);
  });

  test('of the list is asked wherever it is, on the port of the list alone', async () => {
    const { port, asked } = await serve((_request, response) => response.end('hello'));
    const lookup = names({ 'wiki.local': [['127.0.0.1']] });
    const answer = await asking({ hosts: [`wiki.local:${port}`], lookup }, `http://wiki.local:${port}/a`);
    expect(answer.ok && Buffer.from(answer.value.body).toString()).toBe('hello');
    expect(asked).toEqual([`GET wiki.local:${port} /a`]);
    expect(await asking({ hosts: ['wiki.local:1'], lookup }, `http://wiki.local:${port}/`)).toMatchObject({
      error: 'not-allowed',
    });
  });

  test('is judged anew at each redirect, and followed no further than asked', async () => {
    const { port, asked } = await serve((request, response) => {
      const to = request.url === '/in' ? 'http://127.0.0.1:1/secret' : `http://wiki.local:${port}/next`;
      response.writeHead(302, { location: to }).end();
    });
    const options = { hosts: [`wiki.local:${port}`], lookup: names({ 'wiki.local': [['127.0.0.1']] }) };
    const at = (path: string) => `http://wiki.local:${port}${path}`;
    expect(await asking(options, at('/in'), { redirects: 3 })).toMatchObject({ error: 'not-allowed' });
    const circle = await asking(options, at('/circle'), { redirects: 3 });
    expect(circle.ok && circle.value.status).toBe(302);
    expect(asked).toHaveLength(1 + 4);
  });
});

describe('an answer', () => {
  const own = (port: number) => ({ hosts: [`127.0.0.1:${port}`] });

  test('is taken up to its bound, packed or not: cut or refused, as asked', async () => {
    const zeros = Buffer.alloc(5_000_000);
    const bodies: Record<string, readonly [Buffer, string?]> = {
      '/plain': [zeros],
      '/gzip': [gzipSync(zeros), 'gzip'],
      '/br': [brotliCompressSync(zeros), 'br'],
    };
    const { port } = await serve((request, response) => {
      const [body, packed] = bodies[request.url!]!;
      response.writeHead(200, packed ? { 'content-encoding': packed } : {}).end(body);
    });
    for (const path of Object.keys(bodies)) {
      const url = `http://127.0.0.1:${port}${path}`;
      expect(await asking(own(port), url), path).toEqual({ ok: false, error: 'too-large' });
      const cut = await asking(own(port), url, { longer: 'cut' });
      expect(cut.ok && cut.value.body.length, path).toBe(1_000);
      const all = await asking(own(port), url, { most: 6_000_000 });
      expect(all.ok && all.value.body.length, path).toBe(5_000_000);
    }
  });

  test('that never ends, or never begins, is given up', async () => {
    const { port } = await serve((request, response) => {
      if (request.url === '/drip') response.write('x');
    });
    for (const path of ['/drip', '/silent'])
      expect(await asking(own(port), `http://127.0.0.1:${port}${path}`, { patience: 200 }), path).toEqual({
        ok: false,
        error: 'too-slow',
      });
  });

  test('that is broken is told from none', async () => {
    const { port } = await serve((request, response) => {
      if (request.url === '/cut') {
        response.writeHead(200, { 'content-length': '100' });
        response.write('x');
        setImmediate(() => response.destroy());
      } else response.writeHead(200, { 'content-encoding': 'gzip' }).end('this is not packed');
    });
    for (const path of ['/cut', '/false'])
      expect(await asking(own(port), `http://127.0.0.1:${port}${path}`), path).toMatchObject({
        error: 'unreachable',
      });
    expect(await asking({ hosts: ['127.0.0.1:9'] }, 'http://127.0.0.1:9/')).toMatchObject({
      error: 'unreachable',
    });
  });

  test('comes to what was sent: method, headers and body', async () => {
    const { port } = await serve((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => response.writeHead(201).end(`${request.headers['x-what']} ${body}`));
    });
    const answer = await asking(own(port), `http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { 'x-what': 'a' },
      body: Buffer.from('words'),
    });
    expect(answer.ok && [answer.value.status, Buffer.from(answer.value.body).toString()]).toEqual([
      201,
      'a words',
    ]);
  });
});
