/* One sentence for what happened with customers in a group, and in their own conversation because of it. */
import type { LogEntry } from '../../../../shared/access/kind.ts';
import type { MemberId } from '../../../../shared/base/ids.ts';
import {
  chatConsent,
  chatDepart,
  chatEnter,
  chatInvite,
  chatPlace,
} from '../../../../shared/features/chat/group-schema.ts';
import { formatList } from '../../../i18n/index.ts';
import { t } from './strings.ts';

/** Null for everything else. */
export function outsideNotice(
  { type, by, data }: LogEntry,
  nameOf: (id: MemberId) => string,
  me: MemberId,
): string | null {
  const mine = by === me;
  const who = nameOf(by);
  switch (type) {
    case 'chat.invite': {
      const parsed = chatInvite.safeParse(data);
      if (!parsed.success) return null;
      const people = formatList(parsed.data.guests.map(nameOf));
      return mine ? t.invitedByMe({ people }) : t.invited({ who, people });
    }
    case 'chat.enter': {
      const parsed = chatEnter.safeParse(data);
      return parsed.success ? t.entered({ people: nameOf(parsed.data.guest) }) : null;
    }
    case 'chat.depart': {
      const parsed = chatDepart.safeParse(data);
      return parsed.success ? t.departed({ people: nameOf(parsed.data.guest) }) : null;
    }
    case 'chat.door':
      return mine ? t.doorByMe : t.door({ who });
    case 'chat.place': {
      const parsed = chatPlace.safeParse(data);
      if (!parsed.success) return null;
      const { is, title, by: inviter } = parsed.data;
      const asker = nameOf(inviter);
      if (title === '')
        return is === 'invited' ? t.askedIntoOne({ who: asker }) : is === 'in' ? t.cameIntoOne : t.outOfOne;
      if (is === 'invited') return t.askedInto({ who: asker, title });
      return is === 'in' ? t.cameInto({ title }) : t.outOf({ title });
    }
    case 'chat.consent': {
      const parsed = chatConsent.safeParse(data);
      return parsed.success ? (parsed.data.accept ? t.cameByAnswer : t.declined) : null;
    }
    default:
      return null;
  }
}
