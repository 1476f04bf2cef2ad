import { isAdmin, type Actor } from '../../access/actor.ts';
import type { DepartmentId, MemberId } from '../../base/ids.ts';
import {
  departmentsOf,
  isWithin,
  memberOf,
  pathUp,
  type DirectoryState,
  type Member,
} from '../directory/schema.ts';
import type { SettingsState } from './settings-schema.ts';

/*
 * Who leads whom, as far as customers are concerned: what somebody may see and do for the customers of others. It follows
 * from the directory alone, so that who moves up or leaves a post has it, or has it no more, in that moment.
 */

type Admins = Pick<SettingsState, 'serviceAdmins'>;

/** Everybody: administrators, and who was named to look after customers all over the company. */
export const leadsEverybody = (actor: Actor, { serviceAdmins }: Admins): boolean =>
  actor.active && !actor.isGuest && (isAdmin(actor) || (serviceAdmins?.includes(actor.member) ?? false));

/** Superiors of somebody, the nearest first; each once, also in a circle. */
function* superiorsOf(state: DirectoryState, member: Member): Generator<MemberId> {
  const seen = new Set<MemberId>([member.id]);
  for (let id = member.superior ?? null; id !== null && !seen.has(id);) {
    seen.add(id);
    yield id;
    id = memberOf(state, id)?.superior ?? null;
  }
}

/** Who stands above somebody, the nearest first: superiors, heads, those who look after all customers. Each once. */
export function leadersOf(
  directory: DirectoryState,
  { serviceAdmins }: Admins,
  member: MemberId,
): MemberId[] {
  const found = memberOf(directory, member);
  if (!found) return [];
  const heads = departmentsOf(found).flatMap((id) =>
    [...pathUp(directory, id)].flatMap(({ lead }) => lead ?? []),
  );
  const admins = Object.values(directory.members).filter(({ role }) => role !== 'member');
  const all = [
    ...superiorsOf(directory, found),
    ...heads,
    ...(serviceAdmins ?? []),
    ...admins.map(({ id }) => id),
  ];
  return [...new Set(all)].filter((each) => each !== member && memberOf(directory, each)?.leftAt === null);
}

function isSuperiorOf(state: DirectoryState, superior: MemberId, member: Member): boolean {
  for (const each of superiorsOf(state, member)) if (each === superior) return true;
  return false;
}

function headsOver(state: DirectoryState, head: MemberId, member: Member): boolean {
  for (const department of departmentsOf(member))
    for (const { lead } of pathUp(state, department)) if (lead === head) return true;
  return false;
}

/**
 * Whether the actor stands above the member: as an administrator or service administrator, in the chain of superiors, or
 * as head of a department that the member is in or below. Nobody leads themself, nor who is their own superior. People
 * who left have the line they had then.
 */
export function mayLead(
  directory: DirectoryState,
  settings: Admins,
  actor: Actor,
  member: MemberId,
): boolean {
  if (!actor.active || actor.isGuest) return false;
  if (leadsEverybody(actor, settings)) return true;
  const found = memberOf(directory, member);
  const own = memberOf(directory, actor.member);
  if (!found || !own || member === actor.member) return false;
  if (isSuperiorOf(directory, actor.member, found)) return true;
  return headsOver(directory, actor.member, found) && !isSuperiorOf(directory, member, own);
}

const lines = new WeakMap<DirectoryState, Map<MemberId, ReadonlySet<MemberId>>>();
/** Actors whose line is kept for one state of the directory. */
const mostLines = 500;

/**
 * Everybody whose customers the actor may see figures of: their own line and themself; `everybody` for who leads all. A
 * guest, and who left, has nobody.
 */
export function lineOf(
  directory: DirectoryState,
  settings: Admins,
  actor: Actor,
): 'everybody' | ReadonlySet<MemberId> {
  if (!actor.active || actor.isGuest) return new Set();
  if (leadsEverybody(actor, settings)) return 'everybody';
  let known = lines.get(directory);
  if (!known || known.size >= mostLines) lines.set(directory, (known = new Map()));
  let line = known.get(actor.member);
  if (!line) {
    const all = (Object.keys(directory.members) as MemberId[]).filter((member) =>
      mayLead(directory, settings, actor, member),
    );
    known.set(actor.member, (line = new Set([actor.member, ...all])));
  }
  return line;
}

/** Whether somebody leads anybody: pages offer nothing of supervision to who does not. */
export function isLeader(directory: DirectoryState, settings: Admins, actor: Actor): boolean {
  const line = lineOf(directory, settings, actor);
  return line === 'everybody' || line.size > 1;
}

/** Who is in a department or below it, for figures of a team; people who left stay in what they were in. */
export function teamOf(directory: DirectoryState, department: DepartmentId): MemberId[] {
  return Object.values(directory.members)
    .filter((member) => departmentsOf(member).some((id) => isWithin(directory, id, department)))
    .map(({ id }) => id);
}
