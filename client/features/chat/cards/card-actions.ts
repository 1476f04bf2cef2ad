/* What the menu of a message offers for its card. */
import Unlink from '@lucide/svelte/icons/unlink';
import { cardLink } from '../../../../shared/features/chat/card.ts';
import { attempt, type ActionSource } from '../conversation/message-actions.ts';
import { targetOf } from '../conversation/talk.svelte.ts';
import { c } from './strings.ts';

export const cardActions: ActionSource = ({ data }) => [
  {
    id: 'uncard',
    group: 'own',
    icon: Unlink,
    label: () => c.removeCard,
    isFor: ({ entry, message, conversation }) =>
      entry.marks?.card?.shown?.url === cardLink(message.text) &&
      data.may(conversation.room, 'chat.uncard', { target: targetOf(entry) }).ok,
    run: ({ entry, conversation }) =>
      void attempt(data.send(conversation.room, 'chat.uncard', { target: targetOf(entry) })),
  },
];
