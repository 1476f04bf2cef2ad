/** A text as HTML and SVG say it. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** HTML for a company's own page: a link that looks like a button, without a script, whatever styles are there. */
export const buttonHtml = (address: string, label: string): string =>
  `<a href="${escaped(address)}" target="_blank" rel="noopener" style="display:inline-block;padding:12px 20px;` +
  `border-radius:8px;background:#0f6b69;color:#fff;font:600 16px/1.25 system-ui,sans-serif;text-decoration:none">` +
  `${escaped(label)}</a>`;
