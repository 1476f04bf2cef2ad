import * as z from 'zod/mini';
import type { ErasingRules, LogEntry } from './kind.ts';

type Names = Pick<ErasingRules, 'about' | 'isUnique' | 'files'>;

/** By what an entry is found when something is taken back: its own id, that of the entry it is about, and its files. */
export function namesOf(rules: Names, entry: LogEntry): readonly string[] {
  const about = rules.about(entry);
  return [...(rules.isUnique(entry) ? [entry.id] : []), ...(about ? [about.id] : []), ...rules.files(entry)];
}

/** Base64 of 16 bytes. */
const receipt = z.string().check(z.regex(/^[A-Za-z0-9+/]{22}==$/));
const seq = z.number().check(z.int(), z.nonnegative());
const proved = z.object({ left: z.array(z.object({ seq, receipt })) });

/** What is left stands in the data of the entry that takes back, whatever else that says. */
export const proofs: Pick<ErasingRules, 'withProof' | 'proofOf'> = {
  withProof: (entry, left) => ({ ...entry, data: { ...(entry.data as object), left } }),
  proofOf(entry) {
    const parsed = proved.safeParse(entry.data);
    return parsed.success ? parsed.data.left : [];
  },
};
