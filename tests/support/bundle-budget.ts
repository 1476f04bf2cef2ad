import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** One entry of Vite's manifest, as far as it matters here. */
interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

export interface Weight {
  readonly file: string;
  /** Bytes after gzip at the level that servers use. */
  readonly gzip: number;
}

/**
 * What a browser must fetch before the first screen: the page, the scripts and styles it names, and everything those
 * import statically, by Vite's manifest. Heaviest first.
 * @param folder the built client
 */
export function firstScreen(folder: string): Weight[] {
  const manifest = JSON.parse(readFileSync(join(folder, '.vite', 'manifest.json'), 'utf8')) as Record<
    string,
    Chunk
  >;
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const named = [...page.matchAll(/<(?:script|link)\b[^>]*?(?:src|href)="\/?([^":]+\.(?:js|css))"/g)];
  const files = new Set<string>(['index.html', ...named.flatMap(([, file]) => file ?? [])]);
  const byFile = new Map(Object.values(manifest).map((chunk) => [chunk.file, chunk]));
  const visited = new Set<Chunk>();
  const visit = (chunk: Chunk): void => {
    if (visited.has(chunk)) return;
    visited.add(chunk);
    files.add(chunk.file);
    for (const style of chunk.css ?? []) files.add(style);
    for (const key of chunk.imports ?? []) {
      const next = manifest[key];
      if (!next) throw new Error(`Vite's manifest lacks ${key}`);
      visit(next);
    }
  };
  for (const file of [...files]) {
    const chunk = byFile.get(file);
    if (chunk) visit(chunk);
  }
  return [...files]
    .map((file) => ({ file, gzip: gzipSync(readFileSync(join(folder, file))).length }))
    .sort((a, b) => b.gzip - a.gzip);
}

/** Every script of the guest's page, its service worker with them. Heaviest first. */
export function guestScripts(folder: string): Weight[] {
  const below = join(folder, 'c');
  return readdirSync(below, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .map((file) => ({ file: `c/${file}`, gzip: gzipSync(readFileSync(join(below, file))).length }))
    .sort((a, b) => b.gzip - a.gzip);
}
