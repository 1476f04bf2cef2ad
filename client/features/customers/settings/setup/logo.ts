import { mostLogo } from '../../../../../shared/features/customers/settings-schema.ts';

/** Sides in pixels that are tried, the largest first, until it is small enough. */
const sides = [320, 240, 160, 96, 48] as const;

const base64Of = async (picture: Blob): Promise<string> => {
  const bytes = new Uint8Array(await picture.arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};

/**
 * A chosen picture as a small PNG, drawn anew: whatever else was in the file is not in it, and a drawing made of text
 * becomes pixels. Base64; null where the browser cannot show it.
 */
export async function asLogo(file: Blob): Promise<string | null> {
  const address = URL.createObjectURL(file);
  try {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    // A drawing may have no size of its own.
    const [width, height] = [picture.naturalWidth || 320, picture.naturalHeight || 320];
    for (const side of sides) {
      const scale = Math.min(side / Math.max(width, height), file.type === 'image/svg+xml' ? Infinity : 1);
      const canvas = document.createElement('canvas');
      canvas.width = Math.max(1, Math.round(width * scale));
      canvas.height = Math.max(1, Math.round(height * scale));
      canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const drawn = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
      const logo = drawn && (await base64Of(drawn));
      if (logo && logo.length <= mostLogo) return logo;
    }
    return null;
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(address);
  }
}
