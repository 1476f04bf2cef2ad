import { imageSize } from 'image-size';
import { largestSide } from '../../shared/features/chat/card.ts';
import { pictureType } from '../blobs/file-type.ts';
import type { Outside } from '../outside/fetch.ts';
import { decodePage, readPage, type PageFacts } from './page.ts';

/** Bytes of a page that are read; some have half a megabyte of program before they say their title. */
const mostOfPage = 768 * 1024;
const mostOfPicture = 2 * 1024 * 1024;
/** Smaller ones are marks of a site. Pixels. */
const leastSide = 48;
/** A picture that is small on the way and huge on the screen costs every reader. */
const mostPixels = 24_000_000;
/** Milliseconds. */
const patience = 8_000;

const headers = {
  'user-agent': 'Mozilla/5.0 (compatible; Weft link cards)',
  'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8',
};

export interface Picture {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Null when there is no page, or it says nothing of itself. */
export async function lookAtPage(outside: Outside, url: string): Promise<PageFacts | null> {
  const accept = { ...headers, accept: 'text/html,application/xhtml+xml' };
  const answer = await outside.fetch({
    ...{ url, headers: accept, most: mostOfPage, longer: 'cut', patience, redirects: 5 },
  });
  if (!answer.ok) return null;
  const { status, headers: said, body, url: from } = answer.value;
  const type = said['content-type'] ?? '';
  if (status !== 200 || !/^(text\/html|application\/xhtml\+xml)\b/i.test(type.trim())) return null;
  return readPage(decodePage(body, type), from);
}

/** Null for what is no picture that every browser shows without harm. */
export async function lookAtPicture(outside: Outside, url: string): Promise<Picture | null> {
  const accept = { ...headers, accept: 'image/webp,image/png,image/jpeg,image/gif' };
  const answer = await outside.fetch({
    ...{ url, headers: accept, most: mostOfPicture, longer: 'fail', patience, redirects: 3 },
  });
  if (!answer.ok || answer.value.status !== 200) return null;
  const { body: bytes } = answer.value;
  const type = pictureType(bytes);
  if (type === null || type === 'image/avif') return null;
  try {
    const { width, height } = imageSize(bytes);
    const isFit =
      Math.min(width, height) >= leastSide &&
      Math.max(width, height) <= largestSide &&
      width * height <= mostPixels;
    return isFit ? { bytes, width, height } : null;
  } catch {
    return null;
  }
}
