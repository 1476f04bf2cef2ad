import { hash, verify } from '@node-rs/argon2';
import { commonPasswords } from './common-passwords.ts';

/** argon2id with OWASP's first choice of parameters: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const shortest = 8;
const longest = 256;

/** The same characters typed on two systems are the same password. */
const normalise = (password: string): string => password.normalize('NFC');

/** What is wrong with a new password, as a sentence, or null when it may be used. No rules of composition. */
export function passwordProblem(password: string): string | null {
  if (password.length > 4 * longest) return `a password has at most ${longest} characters`;
  const length = [...normalise(password)].length;
  if (length < shortest) return `a password has at least ${shortest} characters`;
  if (length > longest) return `a password has at most ${longest} characters`;
  if (commonPasswords.has(password.toLowerCase()) || /^(.)\1*$/su.test(password))
    return 'this password is among the first that anybody would try';
  return null;
}

export const hashPassword = (password: string): Promise<string> => hash(normalise(password), cost);

/** Takes as long without an account as with one, so that the time does not tell which addresses exist. */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  const matches = await verify(stored ?? (await decoy()), normalise(password));
  return matches && stored !== null;
}

let decoyHash: Promise<string> | undefined;
const decoy = (): Promise<string> => (decoyHash ??= hashPassword(crypto.randomUUID()));

/** Makes the decoy now: the first unknown address would otherwise take twice as long. */
export const prepareDecoy = async (): Promise<void> => void (await decoy());
