import { timingSafeEqual } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { failure } from '../../../shared/base/errors.ts';
import { fingerprint } from '../../auth/secrets.ts';
import type { Operator } from '../../backup/operator.ts';
import { answerFailure, refuse, take } from '../refusals.ts';
import type { Routes } from './app.ts';

export interface OperatorRoutes {
  readonly operator: Operator;
  /** Who has it can read the data folder. */
  readonly secret: string;
}

const copy = z.object({ file: z.string().refine((file) => isAbsolute(file) && !file.includes('\0')) });
const backedUp = z.object({
  epoch: z.string().max(64),
  cursor: z.number().int().nonnegative(),
  mark: z.string().min(1).max(64),
});

/** For commands on the same machine, which read the secret from the data folder. Nobody's token opens it. */
export function addOperatorRoutes(routes: Routes, { operator, secret }: OperatorRoutes): void {
  const wanted = fingerprint(secret);
  routes.use('/operator/*', async (c, next) => {
    const given = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    c.header('Cache-Control', 'no-store');
    if (timingSafeEqual(fingerprint(given), wanted)) return next();
    return answerFailure(c, failure('not-found', 'nothing here'));
  });
  const bodyOf = async <T>(schema: z.ZodType<T>, body: Promise<unknown>): Promise<T> => {
    const parsed = schema.safeParse(await body.catch(() => null));
    return parsed.success ? parsed.data : refuse('bad-request', 'not what this route takes');
  };
  routes.post('/operator/hello', (c) => c.body(null, 204));
  routes.post('/operator/copy', async (c) => {
    const { file } = await bodyOf(copy, c.req.json());
    return c.json({ done: take(await operator.copyTo(file)) }, 200);
  });
  routes.post('/operator/backed-up', async (c) => {
    take(operator.backedUp(await bodyOf(backedUp, c.req.json())));
    return c.body(null, 204);
  });
}
