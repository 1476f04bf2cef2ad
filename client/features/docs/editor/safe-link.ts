const schemePattern = /^([a-z][a-z0-9+.-]*):/i;
const safeSchemes = new Set(['http', 'https', 'mailto', 'tel']);

/** Browsers skip control characters and blanks inside a scheme, so `java\nscript:` must be read without them. */
const withoutInvisible = (href: string): string => href.replace(/[\p{Cc}\p{Cf}\p{Z}]/gu, '');

/** True for http, https, mailto, tel and addresses relative to this page; false for every other scheme. */
export function isSafeHref(href: string): boolean {
  const plain = withoutInvisible(href);
  if (plain === '') return false;
  const scheme = schemePattern.exec(plain)?.[1];
  return scheme === undefined || safeSchemes.has(scheme.toLowerCase());
}

/** What a person typed as an address, made whole: `example.com/a` gets https, a mail address gets mailto. Null if unsafe. */
export function hrefFromInput(input: string): string | null {
  const text = input.trim();
  if (text === '') return null;
  if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(text)) return `mailto:${text}`;
  const bareHost = /^[^\s/:?#.]+(\.[^\s/:?#.]+)+(:\d+)?([/?#]|$)/.test(text);
  if (bareHost && !text.startsWith('/')) return `https://${text}`;
  return isSafeHref(text) ? text : null;
}
