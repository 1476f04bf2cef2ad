import { Parser } from 'htmlparser2';

/** What a page says of itself in its head. */
export interface PageFacts {
  readonly title: string;
  /** Empty, like the site, where it says none. */
  readonly description: string;
  readonly site: string;
  /** The address of its picture; null where it names none. */
  readonly picture: string | null;
}

/** A head has some hundred tags; a page that is made to keep its reader busy has no end of them. */
const mostTags = 3_000;
/** Characters that are read before it is looked again whether that is enough. */
const step = 8_192;

const charsetIn = (text: string): string | undefined => /charset\s*=\s*["']?\s*([\w.:-]+)/i.exec(text)?.[1];

/**
 * The text of a page by the charset that its header or its first bytes declare. What declares none and is no UTF-8 is
 * mostly old, and mostly Chinese.
 */
export function decodePage(bytes: Uint8Array, contentType: string): string {
  // A declaration says of itself that it is ASCII.
  const beginning = new TextDecoder('latin1').decode(bytes.subarray(0, 2_048));
  const declared = charsetIn(contentType) ?? charsetIn(beginning);
  const [a, b, c] = bytes;
  const marked = a === 0xef && b === 0xbb && c === 0xbf;
  for (const charset of marked ? ['utf-8'] : [declared ?? 'utf-8', 'gb18030'])
    try {
      // The last character may be cut off.
      return new TextDecoder(charset, { fatal: declared === undefined && charset === 'utf-8' }).decode(
        bytes,
        {
          stream: true,
        },
      );
    } catch {
      // A charset that nobody knows, or not what it says.
    }
  return new TextDecoder().decode(bytes);
}

/** In one line, without what would show text in another order than it is stored, and not longer than that. */
function line(text: string | undefined, longest: number): string {
  const plain = (text ?? '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (plain.length <= longest) return plain;
  return `${plain.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Reads the head of a page. Null when it has no title. `url` is where it came from. */
export function readPage(html: string, url: string): PageFacts | null {
  const said = new Map<string, string>();
  let title: string | null = null;
  let inTitle = false;
  let tags = 0;
  const parser = new Parser({
    onopentag(name, { property, name: named, content }) {
      tags += 1;
      if (tags > mostTags) return;
      if (name === 'title') inTitle = title === null;
      const key = (property ?? named)?.trim().toLowerCase();
      if (name === 'meta' && key && content?.trim() && !said.has(key)) said.set(key, content);
    },
    ontext(text) {
      if (inTitle) title = (title ?? '') + text;
    },
    onclosetag(name) {
      if (name === 'title') inTitle = false;
      // Nothing of it stands behind its head.
      if (name === 'head') tags = mostTags;
    },
  });
  for (let at = 0; at < html.length && tags < mostTags; at += step) parser.write(html.slice(at, at + step));
  const first = (...keys: string[]): string | undefined => keys.map((key) => said.get(key)).find(Boolean);

  const shown = line(first('og:title', 'twitter:title') ?? title ?? undefined, 200);
  if (shown === '') return null;
  const picture = first(
    'og:image:secure_url',
    'og:image',
    'og:image:url',
    'twitter:image',
    'twitter:image:src',
  );
  return {
    title: shown,
    description: line(first('og:description', 'twitter:description', 'description'), 400),
    site: line(first('og:site_name', 'application-name'), 80),
    picture: picture && URL.canParse(picture.trim(), url) ? new URL(picture.trim(), url).href : null,
  };
}
