import { imageSize } from 'image-size';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { most } from '../../shared/features/directory/schema.ts';
import { pictureType } from './file-type.ts';

/** Bytes. */
export const mostFace = most.photo;

const types: ReadonlySet<string | null> = new Set(['image/png', 'image/jpeg', 'image/webp']);

/**
 * Why these bytes are no small picture of a person; null when they are one. A picture that is small on the way may be
 * huge on the screen, and this one is shown to everybody.
 */
export function faceRefusal(bytes: Uint8Array): Failure | null {
  if (!types.has(pictureType(bytes)))
    return failure('not-a-picture', 'only PNG, JPEG and WebP are shown of people');
  try {
    const { width, height } = imageSize(bytes);
    const longer = Math.max(width, height);
    if (longer >= 1 && longer <= most.photoSide) return null;
  } catch {
    return failure('not-a-picture', 'the picture cannot be read');
  }
  return failure('too-large', `a picture of a person has at most ${most.photoSide} pixels on a side`, {
    limit: most.photoSide,
  });
}
