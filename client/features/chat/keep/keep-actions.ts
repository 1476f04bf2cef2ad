/* What the menu of a message offers for coming back to it. */
import Bookmark from '@lucide/svelte/icons/bookmark';
import BookmarkMinus from '@lucide/svelte/icons/bookmark-minus';
import CheckCheck from '@lucide/svelte/icons/check-check';
import ListTodo from '@lucide/svelte/icons/list-todo';
import type { ActionSource, MessageAt } from '../conversation/message-actions.ts';
import { isSaved, keeping, removeSaved, saveMessage, sourceOf, todoWords } from './keeping.svelte.ts';
import { k } from './strings.ts';

/** What has no place in the conversation yet cannot be found again by it. */
const isStored = ({ entry }: MessageAt): boolean => entry.delivery === 'stored';

export const keepActions: ActionSource = ({ data }) => [
  {
    id: 'save',
    group: 'keep',
    icon: Bookmark,
    label: () => k.save,
    isFor: (at) => isStored(at) && !isSaved(data, at.entry.id),
    run: (at) => void saveMessage(data, at),
  },
  {
    id: 'unsave',
    group: 'keep',
    icon: BookmarkMinus,
    label: () => k.unsave,
    isFor: ({ entry }) => isSaved(data, entry.id),
    run: ({ entry }) => void removeSaved(data, entry.id),
  },
  {
    id: 'todo',
    group: 'keep',
    icon: ListTodo,
    label: () => k.makeTodo,
    isFor: isStored,
    run: (at) => (keeping.dialog = { kind: 'todo', text: todoWords(at), source: sourceOf(at) }),
  },
  {
    id: 'readers',
    group: 'own',
    icon: CheckCheck,
    label: () => k.whoRead,
    isFor: (at) =>
      isStored(at) &&
      at.entry.type === 'chat.send' &&
      at.entry.by === data.me &&
      at.conversation.state.type === 'group',
    run: ({ entry, conversation }) =>
      (keeping.dialog = { kind: 'readers', room: conversation.room, seq: entry.seq }),
  },
];
