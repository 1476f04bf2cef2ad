/* The code of a link as a picture that stands alone: on a card, a poster, a web page. */
import { encode } from 'uqr';
import { initials } from '../../../../ui/initials.ts';
import { logoType } from '../../../../../shared/features/customers/face.ts';
import { escaped } from './markup.ts';

/** Modules of white around a code: cameras need four. */
const quiet = 4;
// Fixed colours, not those of a theme: the picture leaves the page, and cameras read dark on light only.
const dark = '#16201f';
const tile = '#0f6b69';

/** The dark modules as a path: one bar for each run in a row, so that no hairlines show between them. */
function bars(rows: readonly (readonly boolean[])[]): string {
  let path = '';
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x += 1) {
      const from = x;
      while (row[x]) x += 1;
      if (x > from) path += `M${from + quiet} ${y + quiet}h${x - from}v1h${from - x}z`;
    }
  });
  return path;
}

/**
 * `address` as an SVG document, with the company's logo (base64) in the middle, else the initials of its `name`. They cover about a twentieth of the code; it
 * carries enough twice over to be read without a quarter of it.
 */
export function qrPicture(address: string, name: string, logo: string | null = null): string {
  const { data, size } = encode(address, { ecc: 'H', border: 0 });
  const whole = size + 2 * quiet;
  const middle = whole / 2;
  // Odd, so that it ends with whole modules on both sides.
  const hole = 2 * Math.round(size * 0.12) + 1;
  const label = name.trim() === '' ? '' : initials(name);
  const side = hole - 1;
  const letters = `<text x="${middle}" y="${middle}" dy="0.36em" text-anchor="middle" font-family="system-ui,sans-serif" font-weight="600" font-size="${(side * 0.44).toFixed(2)}" fill="#fff">${escaped(label)}</text>`;
  const from = middle - side / 2;
  const tileOrLogo = logo
    ? `<image x="${from}" y="${from}" width="${side}" height="${side}" href="data:${logoType(logo)};base64,${logo}"/>`
    : `<rect x="${from}" y="${from}" width="${side}" height="${side}" rx="${(side * 0.24).toFixed(2)}" fill="${tile}"/>${letters}`;
  const mark =
    label === '' && !logo
      ? ''
      : `<rect x="${middle - hole / 2}" y="${middle - hole / 2}" width="${hole}" height="${hole}" fill="#fff"/>` +
        tileOrLogo;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole} ${whole}" width="${whole * 8}" height="${whole * 8}">` +
    `<rect width="${whole}" height="${whole}" fill="#fff"/>` +
    `<path d="${bars(data)}" fill="${dark}" shape-rendering="crispEdges"/>${mark}</svg>`
  );
}

export const asAddress = (svg: string): string => `data:image/svg+xml,${encodeURIComponent(svg)}`;

/** The same in pixels. Rejects when the browser cannot draw it. */
export async function asPng(svg: string): Promise<Blob> {
  const picture = new Image();
  picture.src = asAddress(svg);
  await picture.decode();
  const canvas = document.createElement('canvas');
  // Whole pixels for a module, and enough of them for print.
  const scale = Math.ceil(1_024 / picture.naturalWidth);
  canvas.width = picture.naturalWidth * scale;
  canvas.height = picture.naturalHeight * scale;
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('no canvas');
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
  });
}
