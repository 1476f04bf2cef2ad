/* What the menu of a message offers for having it confirmed. */
import Siren from '@lucide/svelte/icons/siren';
import type { ActionSource } from '../conversation/message-actions.ts';
import { targetOf } from '../conversation/talk.svelte.ts';
import { otherMembers } from '../people.ts';
import { u } from './strings.ts';
import { urging } from './urging.svelte.ts';

export const urgentActions: ActionSource = ({ data }) => [
  {
    id: 'urgent',
    group: 'own',
    icon: Siren,
    label: () => u.action,
    isFor: ({ entry, conversation }) =>
      entry.delivery !== 'failed' &&
      entry.by === data.me &&
      entry.type === 'chat.send' &&
      // Nobody urges colleagues before a customer's eyes.
      conversation.guest === null &&
      otherMembers(conversation.state, data.me).length > 0 &&
      data.may(conversation.room, 'chat.urge', { target: targetOf(entry), members: [] }).ok &&
      data.may(conversation.room, 'chat.send', { text: '-' }).ok,
    run: ({ entry }) => (urging.at = targetOf(entry)),
  },
];
