import * as z from 'zod/mini';
import { idPattern } from '../../base/ids.ts';
import { departmentId } from '../directory/schema.ts';
import { folded } from './match.ts';

/** Bounds of word rules: every member's device holds all of them. */
export const mostWords = {
  rules: 50,
  /** In UTF-16 units. */
  length: 60,
  /** Of all rules together, and all of their characters. */
  words: 10_000,
  characters: 60_000,
  departments: 50,
} as const;

/** Ids are keys of plain objects, so none may be a name that every object has. */
const key = z.string().check(
  z.regex(idPattern),
  z.refine((id) => !(id in {})),
);
const name = z.string().check(z.trim(), z.minLength(1), z.maxLength(60));
/** A word or a phrase; one of nothing but what does not count would be found everywhere. */
const word = z.string().check(
  z.trim(),
  z.minLength(1),
  z.maxLength(mostWords.length),
  z.refine((text) => folded(text) !== ''),
);

/** All of a rule anew. */
export const wordsRule = z.object({
  id: key,
  name,
  words: z.array(word).check(
    z.minLength(1),
    z.maxLength(mostWords.words),
    z.refine((words) => new Set(words).size === words.length, 'one twice'),
  ),
  /** Whoever writes is asked before it goes out, or it does not go out. */
  does: z.enum(['warn', 'hold']),
  /** Whose words: who is in one of these or below it; null is everybody. */
  departments: z.nullable(z.array(departmentId).check(z.minLength(1), z.maxLength(mostWords.departments))),
});
export const wordsDrop = z.object({ id: key });

export type WordsRule = z.infer<typeof wordsRule>;

export interface WordsState {
  rules: Readonly<Record<string, WordsRule>>;
}
