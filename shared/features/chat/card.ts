import * as z from 'zod/mini';
import { messageFile } from './attachment.ts';
import { pagesIn } from './links.ts';
import { target } from './target.ts';

/** Longest address that gets a card. */
export const longestLink = 2_000;
/** Pixels of a side; what is larger would cost every reader memory. */
export const largestSide = 8_000;

const words = (longest: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(longest));
const pixels = z.number().check(z.int(), z.positive(), z.lte(largestSide));

/** What a page says of itself. It is that page's word, not the relay's, and is shown as text. */
export const linkCard = z.object({
  /** The address in the message, and not where it led to. */
  url: z.string().check(z.maxLength(longestLink), z.regex(/^https?:\/\//)),
  title: words(200),
  description: z.optional(words(400)),
  /** What the site calls itself. */
  site: z.optional(words(80)),
  /** Kept with the conversation like a file of a message. */
  picture: z.optional(z.object({ hash: messageFile.shape.hash, width: pixels, height: pixels })),
});
export type LinkCard = z.infer<typeof linkCard>;

/** The relay's word: the page that a message links to says this of itself. */
export const chatCard = z.object({ target, card: linkCard });
/** The author's: without a card. */
export const chatUncard = z.object({ target });

/** What stands in code is no link. */
export const withoutCode = (text: string): string => text.replace(/```[\s\S]*?(?:```|$)|`[^`\n]*`/g, ' ');

/** The link of a text that gets a card: the first one to a page; null without one. */
export function cardLink(text: string): string | null {
  // Most messages have none, and every message on the screen is asked.
  if (!/https?:|www\./i.test(text)) return null;
  const [first] = pagesIn(withoutCode(text));
  return first && first.href.length <= longestLink ? first.href : null;
}
