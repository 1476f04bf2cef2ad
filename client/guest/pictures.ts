/* What a message says of a picture before it is sent: its size in pixels, and a smaller one to show. */

/** Longer edge of the smaller picture: sharp in a bubble on a dense screen. Pixels. */
const smallEdge = 960;
/** Pictures up to here are their own small picture. Bytes. */
const smallEnough = 400 * 1024;

export interface Prepared {
  readonly width?: number;
  readonly height?: number;
  readonly small: Blob | null;
}

function smaller(from: ImageBitmap): Promise<Blob | null> {
  const scale = Math.min(1, smallEdge / Math.max(from.width, from.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(from.width * scale));
  canvas.height = Math.max(1, Math.round(from.height * scale));
  const context = canvas.getContext('2d');
  if (!context) return Promise.resolve(null);
  // A picture that one sees through is shown on paper.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(from, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.82));
}

/** Never rejects: what the browser cannot read is sent as a file like any other. */
export async function prepare(file: Blob): Promise<Prepared> {
  try {
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    // A moving picture would stand still.
    const isOwn = file.size <= smallEnough || file.type === 'image/gif';
    const small = isOwn ? null : await smaller(bitmap);
    bitmap.close();
    return { width, height, small: small && small.size < file.size ? small : null };
  } catch {
    return { small: null };
  }
}

/** A type that messages take: without parameters, empty where the browser knows none. */
export function typeOf({ type }: Blob): string {
  const plain = type.split(';', 1)[0]!.trim().toLowerCase();
  return /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/.test(plain) && plain.length <= 100 ? plain : '';
}

/** A name that messages take. */
export function nameOf(name: string): string {
  const safe = name.replace(/[\p{Cc}/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '_').trim();
  return safe.slice(-255) || '_';
}
