/* Customers whom this person may ask into a group. */
import type { Member } from '../../../../shared/features/directory/schema.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import { activeMembers } from '../people.ts';
import { t } from './strings.ts';

/** Those who have a conversation that is not over, under the names they have here. */
export const askable = (data: WorkspaceData): Member[] =>
  data.customers.flatMap(({ state: { guest, ended } }) => {
    const card = guest === null || ended ? undefined : data.directory.members[guest];
    return card ? { ...card, post: t.customer } : [];
  });

/** Whoever can be picked for a group: colleagues, and customers where it is for them, too. */
export const choiceFor = (data: WorkspaceData, outside: boolean): Member[] => [
  ...activeMembers(data.directory),
  ...(outside ? askable(data) : []),
];

/** The address by which customers come into the group. */
export const doorLink = (origin: string, address: string): string => new URL(`/c/${address}`, origin).href;
