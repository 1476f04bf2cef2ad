import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import type { MiddlewareHandler } from 'hono';
import { failure } from '../../../shared/base/errors.ts';
import type { Bound, BoundMetrics, Bounds } from '../../bounds.ts';
import type { AppEnvironment } from '../environment.ts';
import { answerFailure } from '../refusals.ts';

export type Routes = OpenAPIHono<AppEnvironment>;

/** An app whose refusals of wrong input look like every other refusal. */
export const newRoutes = (): Routes =>
  new OpenAPIHono<AppEnvironment>({
    defaultHook(result, c) {
      if (result.success) return undefined;
      const [issue] = result.error.issues;
      const where = issue?.path.map(String).join('.') || result.target;
      return answerFailure(c, failure('bad-request', `${where}: ${issue?.message ?? 'invalid'}`));
    },
  });

/** Refuses longer bodies, declared or streamed. */
export function atMost(
  bound: Bound,
  bounds: Bounds,
  metrics: BoundMetrics,
): MiddlewareHandler<AppEnvironment> {
  const maxSize = bounds[bound];
  const limit = bodyLimit({
    maxSize,
    onError(c) {
      metrics.struck(bound);
      return answerFailure(c, failure('too-large', `at most ${maxSize} bytes`, { limit: maxSize }));
    },
  });
  return (c, next) => {
    metrics.reached(bound, Number(c.req.header('content-length') ?? 0) || 0);
    return limit(c, next);
  };
}
