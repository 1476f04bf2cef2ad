/* What the menu of a message offers for talking about it elsewhere. */
import UsersRound from '@lucide/svelte/icons/users-round';
import type { MemberId } from '../../../../shared/base/ids.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import { forwardedMessages } from '../conversation/forward.ts';
import type { ActionSource, MessageAt } from '../conversation/message-actions.ts';
import { isActive } from '../group.ts';
import { chatTitle } from '../people.ts';
import { t } from '../side/strings.ts';
import { splitting } from './splitting.svelte.ts';

/** Who said it and whom it names, without oneself. */
function peopleOf(data: WorkspaceData, { entry, message }: MessageAt): MemberId[] {
  const people = new Set<MemberId>([
    ...(entry.type === 'chat.import' ? [] : [entry.by]),
    ...(message.mentions ?? []),
  ]);
  return [...people].filter((member) => member !== data.me).filter(isActive(data));
}

export const splitActions: ActionSource = ({ data }) => [
  {
    id: 'split',
    group: 'take',
    icon: UsersRound,
    label: () => t.split,
    isFor: ({ entry, conversation }) => entry.delivery === 'stored' && conversation.state.type === 'group',
    run(at) {
      const title = chatTitle(at.conversation.state, data.directory, data.me);
      splitting.dialog = {
        people: peopleOf(data, at),
        messages: forwardedMessages([at.entry], 'each', title),
        from: at.conversation.room,
      };
    },
  },
];
