/* What a message says of a file before it is sent: its size in pixels, its length, its colours, a smaller picture. */
import { fileKind, type MessageFile } from '../../../../shared/features/chat/attachment.ts';
import { coloursOf } from './colours.ts';

/** Longer edge of the smaller picture: sharp in a bubble on a dense screen. Pixels. */
const smallEdge = 960;
/** Pictures up to here are their own small picture. Bytes. */
const smallEnough = 400 * 1024;
/** A browser that says nothing of a film within this time will not. Milliseconds. */
const patience = 4_000;

export interface Prepared {
  readonly facts: Pick<MessageFile, 'width' | 'height' | 'duration' | 'colours'>;
  /** A picture of it to show in the conversation; null where the file itself serves, or has none. */
  readonly small: Blob | null;
}

const nothing: Prepared = { facts: {}, small: null };

/** A type that messages take: without parameters, empty where the browser knows none. */
export function typeOf({ type }: Blob): string {
  const plain = type.split(';', 1)[0]!.trim().toLowerCase();
  return /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/.test(plain) && plain.length <= 100 ? plain : '';
}

/** A name that messages take. */
export function nameOf(name: string): string {
  const safe = name.replace(/[\p{Cc}/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '_').trim();
  if (safe.length <= 255) return safe || '_';
  // What it is stands at the end.
  const dot = safe.lastIndexOf('.');
  const ending = dot > 0 && safe.length - dot <= 20 ? safe.slice(dot) : '';
  return safe.slice(0, 255 - ending.length) + ending;
}

type Drawable = ImageBitmap | HTMLVideoElement;

function draw(from: Drawable, width: number, height: number): CanvasRenderingContext2D | null {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  // A picture that one sees through is shown on paper.
  if (context) context.fillStyle = '#fff';
  context?.fillRect(0, 0, width, height);
  context?.drawImage(from, 0, 0, width, height);
  return context;
}

const coloursFrom = (from: Drawable): string | undefined => {
  const pixels = draw(from, 4, 4)?.getImageData(0, 0, 4, 4).data;
  return pixels && coloursOf(pixels);
};

function smaller(from: Drawable, width: number, height: number): Promise<Blob | null> {
  const scale = Math.min(1, smallEdge / Math.max(width, height));
  const context = draw(from, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  return new Promise((resolve) => {
    if (context) context.canvas.toBlob(resolve, 'image/jpeg', 0.82);
    else resolve(null);
  });
}

const sized = (width: number, height: number): boolean =>
  [width, height].every((pixels) => pixels > 0 && pixels <= 65_535);

async function preparePicture(file: Blob): Promise<Prepared> {
  const bitmap = await createImageBitmap(file);
  try {
    const { width, height } = bitmap;
    if (!sized(width, height)) return nothing;
    const colours = coloursFrom(bitmap);
    // A moving picture would stand still.
    const own = file.size <= smallEnough || file.type === 'image/gif';
    const small = own ? null : await smaller(bitmap, width, height);
    return {
      facts: { width, height, ...(colours ? { colours } : {}) },
      small: small && small.size < file.size ? small : null,
    };
  } finally {
    bitmap.close();
  }
}

const happens = (target: EventTarget, event: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event}`)), patience);
    target.addEventListener(event, () => (clearTimeout(timer), resolve()), { once: true });
    target.addEventListener('error', () => (clearTimeout(timer), reject(new Error('unreadable'))), {
      once: true,
    });
  });

const lengthOf = ({ duration }: HTMLMediaElement): Pick<MessageFile, 'duration'> =>
  Number.isFinite(duration) ? { duration: Math.min(86_400_000, Math.round(duration * 1000)) } : {};

async function prepareMedia(file: Blob, kind: 'video' | 'audio'): Promise<Prepared> {
  const media = document.createElement(kind);
  const address = URL.createObjectURL(file);
  try {
    media.muted = true;
    media.preload = 'auto';
    const known = happens(media, 'loadedmetadata');
    media.src = address;
    await known;
    const length = lengthOf(media);
    if (!(media instanceof HTMLVideoElement)) return { facts: length, small: null };
    const { videoWidth: width, videoHeight: height } = media;
    if (!sized(width, height)) return { facts: length, small: null };
    const shown = happens(media, 'seeked');
    // The very first picture of many films is black.
    media.currentTime = Math.min(0.5, (media.duration || 1) / 2);
    await shown;
    const colours = coloursFrom(media);
    const small = await smaller(media, width, height);
    return { facts: { ...length, width, height, ...(colours ? { colours } : {}) }, small };
  } finally {
    media.removeAttribute('src');
    URL.revokeObjectURL(address);
  }
}

/** Never rejects: what a browser cannot read is sent as a file like any other. */
export async function prepare(file: Blob): Promise<Prepared> {
  const kind = fileKind({ type: typeOf(file) });
  try {
    if (kind === 'picture') return await preparePicture(file);
    if (kind === 'video' || kind === 'audio') return await prepareMedia(file, kind);
  } catch {
    // Nothing is known of it.
  }
  return nothing;
}
