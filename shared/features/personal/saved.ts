import { allow } from '../../access/actor.ts';
import { makeFold } from '../../access/fold.ts';
import { full, ownCommand, ownEntry, ownKind } from './owned.ts';
import { longestCopies, most, savedAdd, savedRemove, type SavedState } from './schema.ts';

const isSaved = ({ items }: SavedState, message: string): boolean => Object.hasOwn(items, message);

const sizeOf = (
  copies: readonly { readonly text: string; readonly files?: readonly string[] | undefined }[],
): number => copies.reduce((sum, { text, files = [] }) => sum + text.length + files.join('').length, 0);

/** Messages a person keeps: a copy of the words, which gives no right to read anything else. */
export const savedKind = ownKind<SavedState>('saved', {
  initial: { owner: null, items: {} },
  fold: makeFold<SavedState>((state) => ({ ...state, items: { ...state.items } }), {
    'saved.add': ownEntry(savedAdd, (draft, { files = [], ...message }, entry) => {
      if (!isSaved(draft, message.message))
        draft.items[message.message] = { ...message, files, savedAt: entry.at };
    }),
    'saved.remove': ownEntry(savedRemove, (draft, { message }) => {
      delete draft.items[message];
    }),
  }),
  commands: {
    'saved.add': ownCommand(
      savedAdd,
      ({ message }, state: SavedState) => isSaved(state, message),
      (copy, state) =>
        isSaved(state, copy.message) ||
        (Object.keys(state.items).length < most.saved &&
          sizeOf([copy, ...Object.values(state.items)]) <= longestCopies)
          ? allow
          : full('saved messages'),
    ),
    'saved.remove': ownCommand(savedRemove, ({ message }, state: SavedState) => !isSaved(state, message)),
  },
});
