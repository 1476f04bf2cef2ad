import type { CustomerId, MemberId } from './ids.ts';

/** A guest is a customer inside their one conversation: a principal beside members, in no directory. */
const prefix = 'guest-';

export const guestOf = (customer: CustomerId): MemberId => (prefix + customer) as MemberId;
/** No member has such an id. */
export const isGuest = (member: string): boolean => member.startsWith(prefix);
/** Whose file the guest is in. For `isGuest` ids only. */
export const customerOf = (guest: MemberId): CustomerId => guest.slice(prefix.length) as CustomerId;
