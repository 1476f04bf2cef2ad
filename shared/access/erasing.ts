import type { ErasingRules, LogEntry } from './kind.ts';

type Names = Pick<ErasingRules, 'about' | 'isUnique' | 'files'>;

/** By what an entry is found when something is taken back: its own id, that of the entry it is about, and its files. */
export function namesOf(rules: Names, entry: LogEntry): readonly string[] {
  const about = rules.about(entry);
  return [...(rules.isUnique(entry) ? [entry.id] : []), ...(about ? [about.id] : []), ...rules.files(entry)];
}
