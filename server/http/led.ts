import { z } from '@hono/zod-openapi';
import type { Actor } from '../../shared/access/actor.ts';
import type { DepartmentId, MemberId } from '../../shared/base/ids.ts';
import { isLeader, lineOf, teamOf } from '../../shared/features/customers/line.ts';
import { settingsKind, settingsRoomId } from '../../shared/features/customers/settings.ts';
import type { Chosen } from '../../shared/features/customers/figures.ts';
import type { OfficeHours, SettingsState } from '../../shared/features/customers/settings-schema.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import type { AppDeps } from './deps.ts';
import { refuse } from './refusals.ts';
import { id } from './schemas.ts';

/* Whose customers somebody may see figures of, as every route about them asks it. */

export const moment = z.coerce.number().int().min(0).max(8.64e15);
export const channel = z.string().max(64);
export const chosenQuery = z.object({
  team: id.optional().openapi({ description: 'Who is in this department or below it' }),
  person: id.optional(),
  link: channel.optional().openapi({ description: 'Customers who came by this contact link first' }),
  source: channel.optional().openapi({ description: 'Customers of this channel; empty is those of none' }),
});
export type ChosenBy = z.infer<typeof chosenQuery>;

/** What figures count of. */
export const chosenBy = ({ link, source }: ChosenBy, people: ReadonlySet<MemberId> | null): Chosen => ({
  people,
  links: link === undefined ? null : new Set([link]),
  sources: source === undefined ? null : new Set([source]),
});

export interface Led {
  settings(): SettingsState;
  /** When a link's people answer, as it is set now. */
  hoursOf(link: string): OfficeHours | null;
  /** Whether they lead anybody. */
  leads(caller: MemberId): boolean;
  /** Refuses who leads nobody. */
  leadersOnly(caller: MemberId): void;
  /** The people that were chosen, all of the caller's line; null is everybody. Refuses somebody who is not. */
  peopleOf(caller: MemberId, chosen: ChosenBy): ReadonlySet<MemberId> | null;
}

export function createLed({ relay }: Pick<AppDeps, 'relay'>): Led {
  const settingsRoom = roomId(relay.workspace, settingsKind.kind, settingsRoomId);
  const settings = (): SettingsState => relay.state(settingsRoom) as SettingsState;
  const actorOf = (member: MemberId): Actor =>
    relay.actor(member) ?? refuse('forbidden', 'not a member of this workspace');
  const leads = (caller: MemberId): boolean => isLeader(relay.directory(), settings(), actorOf(caller));

  return {
    settings,
    hoursOf(link) {
      const { links } = settings();
      return Object.hasOwn(links, link) ? links[link]!.hours : null;
    },
    leads,
    leadersOnly(caller) {
      if (!leads(caller)) refuse('forbidden', 'for who is set above somebody');
    },
    peopleOf(caller, { team, person }) {
      const line = lineOf(relay.directory(), settings(), actorOf(caller));
      const isLed = (member: MemberId): boolean => line === 'everybody' || line.has(member);
      if (person !== undefined) {
        if (!isLed(person as MemberId)) refuse('forbidden', 'not of your line');
        return new Set([person as MemberId]);
      }
      if (team === undefined) return line === 'everybody' ? null : line;
      return new Set(teamOf(relay.directory(), team as DepartmentId).filter(isLed));
    },
  };
}
