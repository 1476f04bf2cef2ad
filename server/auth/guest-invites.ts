import type { MemberId } from '../../shared/base/ids.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import type { ContactLink } from '../../shared/features/customers/settings-schema.ts';
import { staffOf } from '../../shared/features/customers/staff.ts';

/** A link for one customer, as what one that a company made would be: to whoever works with them. */
export interface Invitation {
  readonly customer: string;
  readonly code: string;
  readonly link: ContactLink;
  readonly owner: MemberId;
}

/** The invitation that the file has open under this code; null where it has none, or nobody would answer. */
export function openInvitation(
  customer: string,
  code: string,
  file: CustomerState,
  isActive: (member: MemberId) => boolean,
): Invitation | null {
  const { invite, begun, importing, ended } = file;
  if (!begun || importing || ended || invite?.code !== code) return null;
  const owner = staffOf(file).find(isActive);
  if (owner === undefined) return null;
  const { by, welcome } = invite;
  const link: ContactLink = {
    ...{ id: customer, code, name: '', on: true, until: null, to: { member: owner }, source: '', tags: [] },
    ...{ welcome, hours: null, away: '', by, begun: 0, turns: {} },
  };
  return { customer, code, link, owner };
}
