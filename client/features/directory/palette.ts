import UserRound from '@lucide/svelte/icons/user-round';
import { useWorkspace } from '../../data/context.ts';
import { matchesPerson, nameRank } from '../../i18n/index.ts';
import { navigate } from '../../ui/location.svelte.ts';
import type { PaletteItem } from '../../ui/palette-item.ts';
import { membersOf, messagePath } from './members.ts';

const most = 8;

/** People; choosing one opens the conversation with them, oneself the own card. */
export function directoryPalette(): (text: string) => readonly PaletteItem[] {
  const data = useWorkspace();
  return (text) =>
    membersOf(data.directory)
      .here.filter((member) => matchesPerson(text, member))
      .sort((a, b) => nameRank(text, a.name) - nameRank(text, b.name))
      .slice(0, most)
      .map((member) => ({
        id: `directory:open:${member.id}`,
        section: 'people',
        label: member.name,
        hint: member.post || member.email,
        icon: UserRound,
        run: () =>
          navigate(member.id === data.me ? `/contacts/${member.id}` : messagePath(data.me, member.id)),
      }));
}
