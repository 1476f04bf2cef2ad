const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;

/**
 * A title as a name every file system takes, without extension. `taken` holds names in use, in lower case; the new one
 * is added to it.
 */
export function fileNameOf(title: string, taken: Set<string> = new Set()): string {
  const plain = [
    ...title
      .replace(/[\p{Cc}\p{Cf}<>:"/\\|?*]+/gu, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  ]
    .slice(0, 80)
    .join('')
    .replace(/^\.+|[. ]+$/g, '');
  const base = plain === '' || reserved.test(plain) ? `document${plain ? ` ${plain}` : ''}` : plain;
  let name = base;
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${base} ${number}`;
  taken.add(name.toLowerCase());
  return name;
}

const extensions: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/avif': 'avif',
};

/** The ending that other programs know a picture of this type by; '' if none. */
export const pictureExtension = (type: string): string => (extensions[type] ? `.${extensions[type]}` : '');
