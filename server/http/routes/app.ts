import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import type { MiddlewareHandler } from 'hono';
import { failure } from '../../../shared/base/errors.ts';
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

/** Bytes of an ordinary form; routes that take more say so. */
export const formLimit = 64 * 1024;

export const atMost = (maxSize: number): MiddlewareHandler<AppEnvironment> =>
  bodyLimit({
    maxSize,
    onError: (c) => answerFailure(c, failure('too-large', `at most ${maxSize} bytes`, { limit: maxSize })),
  });
