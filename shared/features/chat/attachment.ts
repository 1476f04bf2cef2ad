import * as z from 'zod/mini';

/** Most files in one message: what fits on a screen as one gallery. */
export const mostFiles = 20;

const whole = (least: number, most: number) => z.number().check(z.int(), z.gte(least), z.lte(most));

const hash = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/**
 * A file of a message, by the SHA-256 of its bytes. The bytes belong to the conversation and come on their own way, often
 * later than the message: whoever reads the conversation may fetch them from it, and from nowhere else. Everything but
 * the hash is what the sender says; it decides how a file is shown, never how it is served.
 */
export const messageFile = z.object({
  hash,
  /** Without folders, and without what would show a name in another order than it is stored. */
  name: z
    .string()
    .check(
      z.minLength(1),
      z.maxLength(255),
      z.regex(/^[^\p{Cc}/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]+$/u),
    ),
  /** Bytes. */
  size: whole(1, 2 ** 40),
  /** Empty where nobody knows. */
  type: z.string().check(z.maxLength(100), z.regex(/^$|^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/)),
  /** Of pictures and videos, in pixels, so that their place is kept before they are here. */
  width: z.optional(whole(1, 65_535)),
  height: z.optional(whole(1, 65_535)),
  /** Of videos and voice notes. Milliseconds. */
  duration: z.optional(whole(0, 86_400_000)),
  /** The colours of a picture in 4 × 4 fields, row by row, three bytes each, in base64. */
  colours: z.optional(z.string().check(z.regex(/^[A-Za-z0-9+/]{64}$/))),
  /** A smaller picture of the same, kept in the conversation like the file itself. */
  small: z.optional(hash),
  /** Makes it a voice note: how loud it is in equal parts of its time, 0 to 31. */
  wave: z.optional(z.array(whole(0, 31)).check(z.minLength(1), z.maxLength(64))),
});

export const messageFiles = z.array(messageFile).check(z.minLength(1), z.maxLength(mostFiles));

export type MessageFile = z.infer<typeof messageFile>;

/** What a file is to people. */
export type FileKind = 'picture' | 'video' | 'voice' | 'audio' | 'file';

const shownAs: Readonly<Record<string, FileKind>> = {
  'image/png': 'picture',
  'image/jpeg': 'picture',
  'image/gif': 'picture',
  'image/webp': 'picture',
  'image/avif': 'picture',
  'video/mp4': 'video',
  'video/webm': 'video',
  'audio/mpeg': 'audio',
  'audio/mp4': 'audio',
  'audio/ogg': 'audio',
  'audio/wav': 'audio',
  'audio/webm': 'audio',
  'audio/flac': 'audio',
};

/** What every browser shows is told from the type; SVG is a program and stays a file. */
export const fileKind = ({ type, wave }: Pick<MessageFile, 'type' | 'wave'>): FileKind => {
  const kind = Object.hasOwn(shownAs, type) ? shownAs[type]! : 'file';
  return kind === 'audio' && wave ? 'voice' : kind;
};

/** What lists say of the files of a message: `file` where they are of several kinds. */
export interface FilesInShort {
  readonly kind: FileKind;
  readonly count: number;
  /** Of the first. */
  readonly name: string;
}

export function filesInShort(files: readonly MessageFile[]): FilesInShort {
  const [first, ...rest] = files.map((file) => fileKind(file));
  const kind = first && rest.every((other) => other === first) ? first : 'file';
  return { kind, count: files.length, name: files[0]?.name ?? '' };
}
