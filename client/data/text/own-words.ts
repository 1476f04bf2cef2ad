import * as Y from 'yjs';
import { isReadable } from './merge.ts';

/**
 * What one person wrote in `mine`, updates of a text, as plain lines: their own words and nobody else's. `all` is
 * everything the device has of the text, `mine` among it; what cannot be read is left out.
 */
export function ownWords(all: readonly Uint8Array[], mine: readonly Uint8Array[]): string {
  const doc = new Y.Doc();
  const ranges = new Map<number, { from: number; to: number }[]>();
  for (const bytes of mine.filter(isReadable)) {
    const { from, to } = Y.parseUpdateMeta(bytes);
    for (const [client, clock] of from)
      ranges.set(client, [...(ranges.get(client) ?? []), { from: clock, to: to.get(client)! }]);
  }
  for (const bytes of all.filter(isReadable))
    try {
      Y.applyUpdate(doc, bytes);
    } catch {
      // The words of the other pieces still help.
    }
  const lines: string[] = [];
  for (const root of doc.share.values()) collect(root as Y.AbstractType<unknown>, ranges, lines);
  doc.destroy();
  return lines.filter((line) => line !== '').join('\n');
}

type Ranges = ReadonlyMap<number, readonly { readonly from: number; readonly to: number }[]>;

/** A line per text; types within types come after what stands before them. */
function collect(type: Y.AbstractType<unknown>, ranges: Ranges, lines: string[]): void {
  let line = '';
  for (let item: Y.Item | null = type._start; item; item = item.right) {
    if (item.deleted) continue;
    if (item.content instanceof Y.ContentString) line += part(item.id, item.content.str, ranges);
    else if (item.content instanceof Y.ContentType) {
      lines.push(line);
      line = '';
      collect(item.content.type as Y.AbstractType<unknown>, ranges, lines);
    }
  }
  lines.push(line);
}

/** Of a run of letters, those within the ranges. */
function part({ client, clock }: Y.ID, text: string, ranges: Ranges): string {
  let found = '';
  for (const { from, to } of ranges.get(client) ?? [])
    found += text.slice(Math.max(0, from - clock), Math.max(0, to - clock));
  return found;
}
