/** Longest address that mail can carry. */
const longest = 254;
const shape = /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}@[^\s@<>()[\]\\,;:"\p{Cc}]+$/u;

/** One spelling per mailbox: compatibility forms and capitals folded. Null for what is not an address. */
export function normaliseEmail(text: string): string | null {
  if (text.length > 2 * longest) return null;
  const email = text.normalize('NFKC').trim().toLowerCase();
  return email.length <= longest && shape.test(email) && !/(^|@)\.|\.\.|\.(@|$)/.test(email) ? email : null;
}
