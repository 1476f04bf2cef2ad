import { z } from '@hono/zod-openapi';
import { roles } from '../../shared/access/actor.ts';
import { errorTable, type ErrorCode } from '../../shared/base/errors.ts';
import { idPattern } from '../../shared/base/ids.ts';

/** Shapes that several routes speak. Lengths are bounds against nonsense; rules stand where the thing is done. */
export const id = z.string().regex(idPattern);
export const time = z.number().int().openapi({ description: 'Milliseconds since 1970' });
export const role = z.enum(roles);
export const email = z.string().min(1).max(500).openapi({ example: 'lin.wei@example.com' });
export const password = z.string().min(1).max(1024).openapi({ format: 'password' });
export const personName = z.string().min(1).max(200);
export const room = z
  .string()
  .min(1)
  .max(200)
  .openapi({ description: 'Full room name', example: 'a1b2c3/chat/general' });

export const device = z
  .object({ id: id.optional(), name: z.string().trim().max(100).optional() })
  .openapi('Device', { description: 'What the device says of itself; without an id it gets a new one' });

export const memberAnswer = z
  .object({ id, name: z.string(), email: z.string(), role })
  .openapi('SignedInMember');
export const workspaceAnswer = z.object({ id, name: z.string() }).openapi('Workspace');
export const sessionAnswer = z.object({ id, device: id }).openapi('OwnSession');

export const whoAnswer = z
  .object({ member: memberAnswer, workspace: workspaceAnswer, session: sessionAnswer })
  .openapi('Who');
export const signInAnswer = whoAnswer
  .extend({ token: z.string().openapi({ description: 'For `Authorization: Bearer`' }) })
  .openapi('SignedIn');

const codes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]];
export const errorAnswer = z
  .object({
    error: z.object({
      code: z.enum(codes),
      message: z.string(),
      details: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    }),
  })
  .openapi('Error');

export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
export const body = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true,
  content: { 'application/json': { schema } },
});
export const nothing = (description: string) => ({ description });

/** What a route may refuse with, for its description: the codes of the error table, grouped by status. */
export function refusals(...may: readonly ErrorCode[]) {
  const described: Record<string, ReturnType<typeof json<typeof errorAnswer>>> = {};
  for (const code of may) {
    const { status } = errorTable[code];
    const before = described[status]?.description;
    described[status] = json(errorAnswer, before ? `${before}, \`${code}\`` : `\`${code}\``);
  }
  return described;
}

/** Of a route for other systems of the company. */
export const appsOnly: Record<string, string[]>[] = [{ app: [] }];

/** Of a route that only a guest's browser may call. */
export const guestsOnly: Record<string, string[]>[] = [{ guest: [] }];

/** Security of a route that only members may call. */
export const membersOnly: Record<string, string[]>[] = [{ bearer: [] }, { cookie: [] }];
