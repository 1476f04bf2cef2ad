import jsQR from 'jsqr';
import type { Page } from 'playwright-core';

/** Pixels, each way, in which a picture is shown to the camera. */
const side = 300;

/** What a camera reads in a picture; null when it is no code. */
export async function readCode(page: Page, source: string): Promise<string | null> {
  const pixels = await page.evaluate(
    async ([src, size]) => {
      const picture = new Image();
      picture.src = src;
      await picture.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: size, height: size });
      const pen = canvas.getContext('2d')!;
      pen.drawImage(picture, 0, 0, size, size);
      return [...pen.getImageData(0, 0, size, size).data];
    },
    [source, side] as const,
  );
  return jsQR(new Uint8ClampedArray(pixels), side, side)?.data ?? null;
}
