/* Names and commands of customers. Everything is stored on this device first; offline is no special case. */
import { guestOf } from '../../../shared/base/guests.ts';
import type { CustomerId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import {
  stagesOf,
  type ContactLink,
  type SettingsState,
  type Stage,
} from '../../../shared/features/customers/settings-schema.ts';
import type { CustomerLine, CustomerRow, WorkspaceData } from '../../data/api.ts';
import { FailureError } from '../../data/failure-error.ts';
import { errorSentence, visitorName } from '../../i18n/index.ts';
import { toasts } from '../../ui/toasts.svelte.ts';
import { groupsInOrder } from './settings/place.ts';
import { t } from './strings.ts';

/** Contact links that lead to this person alone. */
export const linksOf = (
  data: Pick<WorkspaceData, 'customerSettings'>,
  member: MemberId,
): readonly ContactLink[] =>
  Object.values(data.customerSettings.links).filter(({ to }) => 'member' in to && to.member === member);

/** The name they told or that somebody wrote; else one by which visitors are told apart. */
export const customerName = (
  of: Pick<CustomerRow, 'id' | 'state'> | Pick<CustomerLine, 'id' | 'name'>,
): string => ('state' in of ? of.state.name : of.name) || visitorName(guestOf(of.id as CustomerId));

export const personName = (data: WorkspaceData, id: MemberId | null): string =>
  (id === null ? undefined : data.directory.members[id]?.name) ?? t.somebody;

const defaultNames: Readonly<Record<string, () => string>> = {
  new: () => t.stageNew,
  talk: () => t.stageTalk,
  won: () => t.stageWon,
  lost: () => t.stageLost,
};

/** Those that every company begins with have no name of their own. */
export const stageName = ({ id, name }: Stage): string =>
  name || (Object.hasOwn(defaultNames, id) ? defaultNames[id]!() : id);

/** Where a customer stands: who was never moved is at the first stage, and so is who was at one that is gone. */
export function stageOf({ stage }: Pick<CustomerState, 'stage'>, settings: SettingsState): Stage {
  const stages = stagesOf(settings);
  return stages.find(({ id }) => id === stage) ?? stages[0]!;
}

/** All tags of the company, in its order. */
export const groupsOf = ({ tagGroups }: SettingsState) =>
  groupsInOrder(tagGroups).filter(({ tags }) => tags.length > 0);

export const tagNames = (settings: SettingsState): ReadonlyMap<string, string> =>
  new Map(groupsOf(settings).flatMap(({ tags }) => tags.map(({ id, name }) => [id, name] as const)));

/** Sends a command; says why where it may not be. Resolves to whether it was stored. */
export async function attempt(
  data: WorkspaceData,
  room: RoomId,
  type: string,
  payload: unknown,
): Promise<boolean> {
  try {
    await data.send(room, type, payload);
    return true;
  } catch (cause) {
    const code = cause instanceof FailureError ? cause.failure.code : 'internal';
    toasts.show({ text: errorSentence(code), kind: 'danger' });
    return false;
  }
}
