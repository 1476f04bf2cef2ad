import type { Context } from 'hono';
import type { z } from '@hono/zod-openapi';
import type { MemberId } from '../../shared/base/ids.ts';
import type { DeviceClaim } from '../auth/sessions.ts';
import type { AppDeps } from './deps.ts';
import type { AppEnvironment } from './environment.ts';
import { refuse } from './refusals.ts';
import { isSecure } from './request-facts.ts';
import type { signInAnswer, whoAnswer } from './schemas.ts';
import { writeSessionCookie } from './session-cookie.ts';

type Who = z.infer<typeof whoAnswer>;

/** Who a member is, for the device that signs in. */
export function who({ relay }: AppDeps, member: MemberId, session: Who['session']): Who {
  const directory = relay.directory();
  const entry = directory.members[member] ?? refuse('member-not-found', 'no such member');
  const { id, name, email, role } = entry;
  return {
    member: { id, name, email, role },
    workspace: { id: relay.workspace, name: directory.name },
    session,
  };
}

/** A name for the list of devices from what the browser says of itself, where the page gave none. */
function deviceName(agent: string | undefined): string {
  if (!agent) return '';
  const browser = /(Firefox|Edg|OPR|Chrome|Safari|curl|node)\b/i.exec(agent)?.[1] ?? agent.slice(0, 30);
  const system = /\b(Windows|Android|iPhone|iPad|Mac OS X|Linux)\b/.exec(agent)?.[1];
  return system ? `${browser}, ${system}` : browser;
}

/** Opens a session: the same token as an answer for programs and as a cookie for pages. */
export function openSession(
  c: Context<AppEnvironment>,
  deps: AppDeps,
  member: MemberId,
  device: DeviceClaim = {},
): z.infer<typeof signInAnswer> {
  const { token, session } = deps.auth.sessions.open(member, {
    id: device.id,
    name: device.name || deviceName(c.req.header('user-agent')),
  });
  writeSessionCookie(c, isSecure(c, deps), token);
  c.header('Cache-Control', 'no-store');
  return { token, ...who(deps, member, { id: session.id, device: session.device }) };
}
