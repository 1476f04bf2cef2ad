/* The colours of a picture in 4 × 4 fields: what stands in its place until it is here. */
const fields = 4;
const bytesPerRow = 3 * fields;
const headerSize = 54;

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** From the pixels of the picture drawn 4 by 4: red, green, blue and alpha, row by row. */
export function coloursOf(pixels: Uint8ClampedArray): string {
  const colours = new Uint8Array(fields * bytesPerRow);
  for (let field = 0; field < fields * fields; field += 1)
    for (let channel = 0; channel < 3; channel += 1)
      colours[3 * field + channel] = pixels[4 * field + channel] ?? 0;
  return toBase64(colours);
}

/** As a bitmap file in an address: browsers that stretch it blur it by themselves. */
export function addressOfColours(colours: string): string {
  const rgb = Uint8Array.from(atob(colours), (character) => character.charCodeAt(0));
  const file = new Uint8Array(headerSize + rgb.length);
  const view = new DataView(file.buffer);
  file.set([0x42, 0x4d]);
  view.setUint32(2, file.length, true);
  view.setUint32(10, headerSize, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, fields, true);
  view.setInt32(22, fields, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  // Rows from the bottom up, blue before green before red.
  for (let row = 0; row < fields; row += 1)
    for (let at = 0; at < bytesPerRow; at += 3) {
      const from = row * bytesPerRow + at;
      const to = headerSize + (fields - 1 - row) * bytesPerRow + at;
      file.set([rgb[from + 2] ?? 0, rgb[from + 1] ?? 0, rgb[from] ?? 0], to);
    }
  return `data:image/bmp;base64,${toBase64(file)}`;
}
