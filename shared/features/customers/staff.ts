import type { MemberId } from '../../base/ids.ts';
import type { CustomerState } from './customer-schema.ts';

type Staffed = Pick<CustomerState, 'owner' | 'helpers' | 'importing'>;

/** Who works with the customer: the owner first. While the file is brought from elsewhere, whoever brings it. */
export function staffOf({ owner, helpers, importing }: Staffed): readonly MemberId[] {
  if (importing) return [importing.by];
  return owner === null ? helpers : [owner, ...helpers.filter((member) => member !== owner)];
}
