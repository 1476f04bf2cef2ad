const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));

/** Number of bytes from the beginning that a type is told from. */
export const typeHead = 32;

/** Of everything that no browser may show by itself. */
export const plainType = 'application/octet-stream';

/**
 * What browsers can show as a picture, told from the first bytes and never from a name or header. SVG is a program and
 * not among them. Null for everything else.
 */
export function pictureType(head: Uint8Array): string | null {
  if (ascii(head, 0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png';
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'image/jpeg';
  if (/^GIF8[79]a$/.test(ascii(head, 0, 6))) return 'image/gif';
  if (ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WEBP') return 'image/webp';
  if (ascii(head, 4, 8) === 'ftyp' && /^avi[fs]$/.test(ascii(head, 8, 12))) return 'image/avif';
  return null;
}

/** The same for what they play. */
function playedType(head: Uint8Array): string | null {
  if (ascii(head, 4, 8) === 'ftyp') return ascii(head, 8, 11) === 'M4A' ? 'audio/mp4' : 'video/mp4';
  if (head[0] === 0x1a && head[1] === 0x45 && head[2] === 0xdf && head[3] === 0xa3) return 'video/webm';
  if (ascii(head, 0, 4) === 'OggS') return 'audio/ogg';
  if (ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WAVE') return 'audio/wav';
  if (ascii(head, 0, 4) === 'fLaC') return 'audio/flac';
  if (ascii(head, 0, 3) === 'ID3') return 'audio/mpeg';
  return null;
}

/** How a file is served: as what its first bytes say if that is a picture, sound or film, else as bytes to be saved. */
export const servedType = (head: Uint8Array): string => pictureType(head) ?? playedType(head) ?? plainType;
