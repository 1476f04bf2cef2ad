import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { MiddlewareHandler } from 'hono';
import { asBytes } from '../../shared/base/bytes.ts';
import type { AppEnvironment } from './environment.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};
const worthPacking = /^(text\/|application\/(json|manifest|wasm)|image\/svg)/;
/** Vite puts what carries a hash in its name here: the same name never has other bytes. */
const hashed = /^\/(c\/)?assets\//;
/** Addresses of contact links: the guest's page, a small program of its own. */
const guestAddress = /^\/c\//;

interface StaticFile {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
  /** Encoding → bytes; filled by what the build packed, or at first use. */
  readonly packed: Map<string, Buffer>;
}

/** The built client in memory: a megabyte or two, read once. */
export interface StaticFiles {
  readonly serve: MiddlewareHandler<AppEnvironment>;
  /** Of the scripts that stand inside index.html, for the content policy. */
  readonly scriptHashes: readonly string[];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function readFiles(folder: string): Map<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  for (const path of filesBelow(folder)) {
    const address = `/${relative(folder, path).split(sep).join('/')}`;
    // Build records and the packed twins are not pages.
    if (/\/\.|\.(br|gz|map)$/.test(address)) continue;
    const bytes = readFileSync(path);
    const packed = new Map<string, Buffer>();
    for (const [encoding, ending] of [
      ['br', '.br'],
      ['gzip', '.gz'],
    ] as const)
      if (existsSync(path + ending)) packed.set(encoding, readFileSync(path + ending));
    files.set(address, {
      bytes,
      type: types[extname(path)] ?? 'application/octet-stream',
      etag: createHash('sha256').update(bytes).digest('base64url').slice(0, 22),
      packed,
    });
  }
  return files;
}

/** Hashes of inline scripts as a content policy names them. */
export function inlineScriptHashes(html: string): string[] {
  const scripts = html.matchAll(/<script(?![^>]*\ssrc\s*=)[^>]*>([\s\S]*?)<\/script>/gi);
  return [...scripts].map(([, text = '']) => `sha256-${createHash('sha256').update(text).digest('base64')}`);
}

const pack = promisify(gzip);
const accepts = (header: string | undefined, encoding: string): boolean =>
  (header ?? '').split(',').some((part) => {
    const [name, weight] = part.trim().split(/\s*;\s*q=/);
    return name === encoding && Number(weight ?? 1) > 0;
  });

async function encode(file: StaticFile, accepted: string | undefined): Promise<[string | null, Buffer]> {
  for (const encoding of ['br', 'gzip'] as const) {
    const packed = file.packed.get(encoding);
    if (packed && accepts(accepted, encoding)) return [encoding, packed];
  }
  if (!worthPacking.test(file.type) || file.bytes.length < 1_000 || !accepts(accepted, 'gzip'))
    return [null, file.bytes];
  const packed = await pack(file.bytes);
  file.packed.set('gzip', packed);
  return ['gzip', packed];
}

/** Null when the folder holds no built client. */
export function readStaticFiles(folder: string): StaticFiles | null {
  if (!existsSync(join(folder, 'index.html'))) return null;
  const files = readFiles(folder);
  const index = files.get('/index.html');
  if (!index) return null;
  const guest = files.get('/c/guest.html');
  return {
    scriptHashes: inlineScriptHashes(index.bytes.toString('utf8')),
    async serve(c, next) {
      if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return next();
      const { path } = c.req;
      // A page of the client has no extension; a file that is gone must not come back as a page.
      const page = guestAddress.test(path) ? guest : index;
      const file = files.get(path) ?? (/\.[^/]*$/.test(path) ? undefined : page);
      if (!file) return next();
      const [encoding, bytes] = await encode(file, c.req.header('accept-encoding'));
      const etag = `"${file.etag}${encoding ? `-${encoding}` : ''}"`;
      c.header('Content-Type', file.type);
      c.header('Vary', 'Accept-Encoding');
      c.header('ETag', etag);
      c.header('Cache-Control', hashed.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
      if (c.req.header('if-none-match') === etag) return c.body(null, 304);
      if (encoding) c.header('Content-Encoding', encoding);
      return c.body(asBytes(bytes));
    },
  };
}
