/* One sentence for what happened to a group beside its messages. */
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { MemberId } from '../../../shared/base/ids.ts';
import { chatAdmin, chatAnnounce, chatMember, chatSet } from '../../../shared/features/chat/group-schema.ts';
import { t as common } from './strings.ts';
import { t } from './side/strings.ts';

/** Null for what is no news to the members, and for what this version does not know. */
export function groupNotice(entry: LogEntry, nameOf: (id: MemberId) => string, me: MemberId): string | null {
  const mine = entry.by === me;
  const who = nameOf(entry.by);
  const named = (id: MemberId): string => (id === me ? common.yourself : nameOf(id));
  switch (entry.type) {
    case 'chat.admin': {
      const parsed = chatAdmin.safeParse(entry.data);
      if (!parsed.success) return null;
      const { member, admin } = parsed.data;
      const people = named(member);
      if (!admin) return member === me ? t.dismissedMe : t.dismissed({ people });
      return mine ? t.madeAdminByMe({ people }) : t.madeAdmin({ who, people });
    }
    case 'chat.transfer': {
      const parsed = chatMember.safeParse(entry.data);
      if (!parsed.success) return null;
      const people = named(parsed.data.member);
      return mine ? t.handedOverByMe({ people }) : t.handedOver({ who, people });
    }
    case 'chat.announce': {
      const parsed = chatAnnounce.safeParse(entry.data);
      if (!parsed.success) return null;
      const { text } = parsed.data;
      if (text === '') return mine ? t.tookDownByMe : t.tookDown({ who });
      return mine ? t.announcedByMe({ text }) : t.announced({ who, text });
    }
    case 'chat.set': {
      const parsed = chatSet.safeParse(entry.data);
      if (!parsed.success) return null;
      if (parsed.data.writes === 'managers') return mine ? t.setMutedByMe : t.setMuted({ who });
      if (parsed.data.writes === 'everybody') return mine ? t.setUnmutedByMe : t.setUnmuted({ who });
      return mine ? t.setOthersByMe : t.setOthers({ who });
    }
    case 'chat.join':
      return mine ? t.joinedMe : t.joined({ who });
    case 'chat.dissolve':
      return mine ? t.dissolvedByMe : t.dissolvedBy({ who });
    default:
      return null;
  }
}
