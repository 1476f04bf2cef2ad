import { useWorkspace } from '../../data/context.ts';
import { matchesName } from '../../i18n/index.ts';
import { navigate } from '../../ui/location.svelte.ts';
import type { PaletteItem } from '../../ui/palette-item.ts';
import { chatTitle, otherMembers, personName } from './people.ts';
import { t } from './strings.ts';

const most = 8;

/** Conversations by title and by the people in them. */
export function chatPalette(): (text: string) => readonly PaletteItem[] {
  const data = useWorkspace();
  return (text) => {
    const items: PaletteItem[] = [];
    for (const { id, state } of data.chats) {
      if (items.length === most) break;
      const title = chatTitle(state, data.directory, data.me);
      const people = otherMembers(state, data.me).map((member) => personName(data.directory, member));
      if (!matchesName(text, title, people)) continue;
      items.push({
        id: `chat:open:${id}`,
        section: 'conversations',
        label: title,
        hint:
          state.type === 'group' ? t.memberCount({ count: Object.keys(state.members).length }) : undefined,
        keywords: people,
        run: () => navigate(`/messages/${id}`),
      });
    }
    return items;
  };
}
