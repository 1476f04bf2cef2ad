import { most } from '../../../shared/features/directory/schema.ts';

/** Sharp on a dense screen in the largest place where it is shown. Pixels. */
const side = 256;
const qualities = [0.85, 0.7, 0.5, 0.3] as const;

/**
 * The middle of a chosen picture, drawn anew as a small square: whatever else was in the file, such as the place where it
 * was taken, is not in it. Null where the browser cannot show it.
 */
export async function asPhoto(file: Blob): Promise<Blob | null> {
  try {
    const picture = await createImageBitmap(file);
    const { width, height } = picture;
    const edge = Math.min(width, height);
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side;
    const context = canvas.getContext('2d');
    if (!context || edge === 0) return null;
    // A picture that one sees through is shown on paper.
    context.fillStyle = '#fff';
    context.fillRect(0, 0, side, side);
    context.imageSmoothingQuality = 'high';
    context.drawImage(picture, (width - edge) / 2, (height - edge) / 2, edge, edge, 0, 0, side, side);
    picture.close();
    for (const quality of qualities) {
      const drawn = await as(canvas, 'image/webp', quality);
      // A browser that cannot write WebP writes PNG, which is larger.
      const photo = drawn?.type === 'image/webp' ? drawn : await as(canvas, 'image/jpeg', quality);
      if (photo && photo.size <= most.photo) return photo;
    }
    return null;
  } catch {
    return null;
  }
}

const as = (canvas: HTMLCanvasElement, type: string, quality: number): Promise<Blob | null> =>
  new Promise((resolve) => canvas.toBlob(resolve, type, quality));
