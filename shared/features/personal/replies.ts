import { allow, refuse } from '../../access/actor.ts';
import { makeFold } from '../../access/fold.ts';
import { full, ownCommand, ownEntry, ownKind } from './owned.ts';
import {
  longestReplies,
  most,
  replyAdd,
  replyChange,
  replyRemove,
  saysSomething,
  type QuickReply,
  type RepliesState,
  type ReplyChange,
} from './schema.ts';

const withFiles = (files: QuickReply['files']): Pick<QuickReply, 'files'> =>
  files && files.length > 0 ? { files } : {};

const has = ({ items }: RepliesState, id: string): boolean => Object.hasOwn(items, id);

const changed = (reply: QuickReply, { folder, title, text, files }: ReplyChange): QuickReply => ({
  id: reply.id,
  folder: folder ?? reply.folder,
  title: title ?? reply.title,
  text: text ?? reply.text,
  ...withFiles(files ?? reply.files),
});

/** Whether there is room for `text` in place of what `id` says now. */
const fits = (state: RepliesState, id: string, text: string): boolean =>
  Object.values(state.items).reduce(
    (sum, each) => sum + (each.id === id ? 0 : each.text.length),
    text.length,
  ) <= longestReplies;

/** A person's own quick replies. What arrives at the relay last counts, field by field; what was removed stays removed. */
export const repliesKind = ownKind<RepliesState>('replies', {
  // Its one reader is who it belongs to.
  mayAttach: () => allow,
  initial: { owner: null, items: {} },
  fold: makeFold<RepliesState>((state) => ({ ...state, items: { ...state.items } }), {
    'reply.add': ownEntry(replyAdd, (draft, { id, folder, title, text, files }) => {
      if (!has(draft, id)) draft.items[id] = { id, folder, title, text, ...withFiles(files) };
    }),
    'reply.change': ownEntry(replyChange, (draft, change) => {
      const reply = draft.items[change.id];
      if (reply && has(draft, change.id)) draft.items[change.id] = changed(reply, change);
    }),
    'reply.remove': ownEntry(replyRemove, (draft, { id }) => {
      delete draft.items[id];
    }),
  }),
  commands: {
    'reply.add': ownCommand(
      replyAdd,
      ({ id }, state: RepliesState) => has(state, id),
      ({ id, text }, state) =>
        has(state, id) || (Object.keys(state.items).length < most.replies && fits(state, id, text))
          ? allow
          : full('quick replies'),
    ),
    'reply.change': ownCommand(
      replyChange,
      (change, state: RepliesState) => {
        const reply = has(state, change.id) ? state.items[change.id] : undefined;
        return (
          !reply ||
          JSON.stringify(changed(reply, change)) === JSON.stringify(changed(reply, { id: reply.id }))
        );
      },
      (change, state) => {
        const { id, text } = change;
        if (!has(state, id)) return allow;
        if (!saysSomething(changed(state.items[id]!, change)))
          return refuse('bad-request', 'text: nothing to say');
        return text === undefined || fits(state, id, text) ? allow : full('quick replies');
      },
    ),
    'reply.remove': ownCommand(replyRemove, ({ id }, state: RepliesState) => !has(state, id)),
  },
});
