import AtSign from '@lucide/svelte/icons/at-sign';
import Bookmark from '@lucide/svelte/icons/bookmark';
import MessageCircle from '@lucide/svelte/icons/message-circle';
import UsersRound from '@lucide/svelte/icons/users-round';
import { useWorkspace } from '../../data/context.ts';
import { matchesName, nameRank } from '../../i18n/index.ts';
import { navigate } from '../../ui/location.svelte.ts';
import type { PaletteItem } from '../../ui/palette-item.ts';
import { k } from './keep/strings.ts';
import { chatTitle, otherMembers, personName } from './people.ts';
import { t } from './strings.ts';

const most = 8;

/** Conversations by title and by the people in them, and where messages are gathered. */
export function chatPalette(): (text: string) => readonly PaletteItem[] {
  const data = useWorkspace();
  const places = (): readonly PaletteItem[] => [
    {
      id: 'chat:mentions',
      section: 'go',
      label: k.mentions,
      icon: AtSign,
      run: () => navigate('/messages/mentions'),
    },
    {
      id: 'chat:saved',
      section: 'go',
      label: k.saved,
      icon: Bookmark,
      run: () => navigate('/messages/saved'),
    },
  ];
  const conversations = (text: string): readonly PaletteItem[] =>
    data.chats
      .map(({ id, state }) => ({ id, state, title: chatTitle(state, data.directory, data.me) }))
      .filter(({ state, title }) =>
        matchesName(
          text,
          title,
          otherMembers(state, data.me).map((member) => personName(data.directory, member)),
        ),
      )
      .sort((a, b) => nameRank(text, a.title) - nameRank(text, b.title))
      .slice(0, most)
      .map(({ id, state, title }) => ({
        id: `chat:open:${id}`,
        section: 'conversations',
        label: title,
        hint:
          state.type === 'group' ? t.memberCount({ count: Object.keys(state.members).length }) : undefined,
        icon: state.type === 'group' ? UsersRound : MessageCircle,
        run: () => navigate(`/messages/${id}`),
      }));
  return (text) => [...places().filter(({ label }) => matchesName(text, label)), ...conversations(text)];
}
