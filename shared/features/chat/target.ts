import * as z from 'zod/mini';
import { idPattern, type CommandId } from '../../base/ids.ts';

export const seq = z.number().check(z.int(), z.nonnegative());

/** How entries of a conversation name a message. */
export const target = z.object({
  seq,
  id: z.string().check(z.regex(idPattern)) as unknown as z.ZodMiniType<CommandId, CommandId>,
});
