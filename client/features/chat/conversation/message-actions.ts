/*
 * What can be done with a message, the same from its tools, its menu and the keyboard. Other parts of the program add
 * theirs as a source of actions.
 */
import AtSign from '@lucide/svelte/icons/at-sign';
import Copy from '@lucide/svelte/icons/copy';
import CornerUpRight from '@lucide/svelte/icons/corner-up-right';
import Link from '@lucide/svelte/icons/link';
import ListChecks from '@lucide/svelte/icons/list-checks';
import MessagesSquare from '@lucide/svelte/icons/messages-square';
import Pencil from '@lucide/svelte/icons/pencil';
import Pin from '@lucide/svelte/icons/pin';
import PinOff from '@lucide/svelte/icons/pin-off';
import Reply from '@lucide/svelte/icons/reply';
import RotateCcw from '@lucide/svelte/icons/rotate-ccw';
import Smile from '@lucide/svelte/icons/smile';
import Trash from '@lucide/svelte/icons/trash-2';
import Undo from '@lucide/svelte/icons/undo-2';
import type { EntryTarget } from '../../../../shared/access/kind.ts';
import type { MemberId } from '../../../../shared/base/ids.ts';
import { isPinned, mostReactions, type ChatSend } from '../../../../shared/features/chat/messages.ts';
import type { ViewEntry, WorkspaceData } from '../../../data/api.ts';
import { copyText } from '../../../ui/copy-text.ts';
import type { MenuItem } from '../../../ui/menu-item.ts';
import { toasts } from '../../../ui/toasts.svelte.ts';
import { linkTo, reasonOf } from '../commands.ts';
import type { Conversation } from '../conversation.ts';
import { personName } from '../people.ts';
import { t as chat } from '../strings.ts';
import { t } from './strings.ts';
import { targetOf, type Talk } from './talk.svelte.ts';
import { threads } from './threads.svelte.ts';

/** One message as the page shows it. */
export interface MessageAt {
  readonly entry: ViewEntry;
  readonly message: ChatSend;
  readonly conversation: Conversation;
}

export interface MessageAction {
  readonly id: string;
  /** Actions of one group stand together, in this order. */
  readonly group: 'talk' | 'take' | 'keep' | 'own';
  readonly icon: NonNullable<MenuItem['icon']>;
  readonly danger?: boolean;
  label(at: MessageAt): string;
  isFor(at: MessageAt): boolean;
  run(at: MessageAt): void;
}

export interface ActionContext {
  readonly data: WorkspaceData;
  readonly talk: Talk;
  readonly onmention: (member: MemberId) => void;
}

export type ActionSource = (context: ActionContext) => readonly MessageAction[];

/** Does something that may fail, and says so. */
export async function attempt(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (cause) {
    toasts.show({ text: reasonOf(cause), kind: 'danger' });
    return false;
  }
}

/** Puts this person's emoji to a message, or takes it away when it is there. */
export async function react(
  data: WorkspaceData,
  { entry, conversation }: MessageAt,
  emoji: string,
): Promise<void> {
  const before = entry.marks?.reactions[data.me]?.emoji ?? [];
  const isThere = before.includes(emoji);
  const now = isThere ? before.filter((each) => each !== emoji) : [...before, emoji];
  if (now.length > mostReactions) return void toasts.show({ text: t.tooManyReactions });
  await attempt(data.send(conversation.room, 'chat.react', { target: targetOf(entry), emoji: now }));
}

/** The message with which the talk began that this one is in; null when nobody answered and it answers nobody. */
const threadOf = (entry: ViewEntry, message: ChatSend): EntryTarget | null =>
  message.thread ?? ((entry.marks?.replies.length ?? 0) > 0 ? targetOf(entry) : null);

const isSent = ({ entry }: MessageAt): boolean => entry.delivery !== 'failed';

export const talkActions: ActionSource = ({ data, talk, onmention }) => {
  const isImported = ({ entry }: MessageAt): boolean => entry.type === 'chat.import';
  const isOwn = ({ entry }: MessageAt): boolean => entry.by === data.me;
  const may = ({ entry, conversation }: MessageAt, type: string, more: object): boolean =>
    data.may(conversation.room, type, { target: targetOf(entry), ...more }).ok;
  const isWaiting = ({ entry }: MessageAt): boolean =>
    entry.delivery === 'queued' && data.sync.connection !== 'online';
  return [
    {
      id: 'reply',
      group: 'talk',
      icon: Reply,
      label: () => t.reply,
      isFor: (at) => isSent(at) && data.may(at.conversation.room, 'chat.send', { text: '-' }).ok,
      run: ({ entry }) => talk.reply(entry),
    },
    {
      id: 'thread',
      group: 'talk',
      icon: MessagesSquare,
      label: () => t.openThread,
      isFor: ({ entry, message }) => talk.root === null && threadOf(entry, message) !== null,
      run: ({ entry, message, conversation }) =>
        threads.show(conversation.id, threadOf(entry, message) ?? targetOf(entry)),
    },
    {
      id: 'mention',
      group: 'talk',
      icon: AtSign,
      label: ({ entry }) => chat.mention({ name: personName(data.directory, entry.by) }),
      isFor: (at) => !isOwn(at) && !isImported(at) && at.entry.by !== at.conversation.guest,
      run: ({ entry }) => onmention(entry.by),
    },
    {
      id: 'reactions',
      group: 'talk',
      icon: Smile,
      label: () => t.whoReacted,
      isFor: ({ entry }) => Object.values(entry.marks?.reactions ?? {}).some(({ emoji }) => emoji.length > 0),
      run: ({ entry }) => (talk.dialog = { kind: 'reactions', at: targetOf(entry) }),
    },
    {
      id: 'copy',
      group: 'take',
      icon: Copy,
      label: () => chat.copy,
      isFor: ({ message }) => message.text !== '',
      run: ({ message }) => void copyText(message.text, chat),
    },
    {
      id: 'link',
      group: 'take',
      icon: Link,
      label: () => t.copyLink,
      isFor: ({ entry }) => entry.delivery === 'stored',
      run: ({ entry, conversation }) =>
        void copyText(location.origin + linkTo(conversation.id, entry), {
          copied: t.linkCopied,
          copyFailed: chat.copyFailed,
        }),
    },
    {
      id: 'forward',
      group: 'take',
      icon: CornerUpRight,
      label: () => t.forward,
      isFor: (at) => isSent(at) && (at.message.files === undefined || at.message.text !== ''),
      run: ({ entry }) => (talk.dialog = { kind: 'forward', entries: [entry] }),
    },
    {
      id: 'select',
      group: 'take',
      icon: ListChecks,
      label: () => t.select,
      isFor: isSent,
      run: ({ entry }) => talk.select(entry.id),
    },
    {
      id: 'pin',
      group: 'keep',
      icon: Pin,
      label: () => t.pin,
      isFor: (at) =>
        isSent(at) && !isPinned(at.conversation.state, at.entry) && may(at, 'chat.pin', { on: true }),
      run: ({ entry, conversation }) =>
        void attempt(data.send(conversation.room, 'chat.pin', { target: targetOf(entry), on: true })),
    },
    {
      id: 'unpin',
      group: 'keep',
      icon: PinOff,
      label: () => t.unpin,
      isFor: (at) => isPinned(at.conversation.state, at.entry) && may(at, 'chat.pin', { on: false }),
      run: ({ entry, conversation }) =>
        void attempt(data.send(conversation.room, 'chat.pin', { target: targetOf(entry), on: false })),
    },
    {
      id: 'edit',
      group: 'own',
      icon: Pencil,
      label: () => t.edit,
      isFor: (at) => isSent(at) && isOwn(at) && !isImported(at) && may(at, 'chat.edit', { text: '-' }),
      run: ({ entry }) => talk.edit(entry),
    },
    {
      id: 'recall',
      group: 'own',
      icon: Undo,
      danger: true,
      label: (at) => (isWaiting(at) ? t.withdraw : t.recall),
      isFor: (at) => isSent(at) && isOwn(at) && may(at, 'chat.recall', {}),
      run: (at) =>
        void attempt(
          isWaiting(at)
            ? data.discard(at.entry.id)
            : data.send(at.conversation.room, 'chat.recall', { target: targetOf(at.entry) }),
        ),
    },
    {
      id: 'retry',
      group: 'own',
      icon: RotateCcw,
      label: () => chat.sendAgain,
      isFor: (at) => !isSent(at),
      run: ({ entry }) => void attempt(data.retry(entry.id)),
    },
    {
      id: 'discard',
      group: 'own',
      icon: Trash,
      danger: true,
      label: () => chat.discard,
      isFor: (at) => !isSent(at),
      run: ({ entry }) => void attempt(data.discard(entry.id)),
    },
  ];
};

/** The actions for one message as groups of a menu. */
export const menuOf = (actions: readonly MessageAction[], at: MessageAt): MenuItem[][] =>
  (['talk', 'take', 'keep', 'own'] as const).map((group) =>
    actions
      .filter((action) => action.group === group && action.isFor(at))
      .map((action) => ({
        id: action.id,
        label: action.label(at),
        icon: action.icon,
        danger: action.danger ?? false,
        run: () => action.run(at),
      })),
  );
