/* What conversations say of customers and of who takes care of them. */
import { isApp } from '../../../shared/base/apps.ts';
import { customerOf, isGuest } from '../../../shared/base/guests.ts';
import type { MemberId } from '../../../shared/base/ids.ts';
import { fileOf } from '../../../shared/features/chat/customer.ts';
import type { WorkspaceData } from '../../data/api.ts';
import { personName } from './people.ts';
import { t } from './strings.ts';

/** Who answers the customer of a conversation, as their file says; empty while that is not on this device. */
export function answeredBy(data: WorkspaceData, chat: string): string {
  const file = data.customer(fileOf({ id: chat })?.id ?? '');
  if (!file || file.state.owner === null) return '';
  const { owner, helpers } = file.state;
  const count = helpers.length;
  if (owner === data.me) return count > 0 ? t.youAnswerHelped({ count }) : t.youAnswer;
  const name = personName(data.directory, owner);
  return count > 0 ? t.answersHelped({ name, count }) : t.answers({ name });
}

/** Where one reads more about somebody. */
export const pageOf = (id: MemberId): string =>
  isApp(id) ? '/settings/apps' : isGuest(id) ? `/customers/${customerOf(id)}` : `/contacts/${id}`;
