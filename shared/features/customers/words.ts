import * as z from 'zod/mini';
import { idPattern } from '../../base/ids.ts';

/* Shapes that the settings and the file of a customer have in common. */

/** Ids are keys of plain objects, so none may be a name that every object has. */
export const key = z.string().check(
  z.regex(idPattern),
  z.refine((id) => !(id in {})),
);
export const line = (longest: number) => z.string().check(z.trim(), z.maxLength(longest));
export const words = (longest: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(longest));
/** Milliseconds since 1970. */
export const moment = z.number().check(z.int(), z.nonnegative());
