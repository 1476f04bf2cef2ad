import { makeFold } from '../../access/fold.ts';
import { ownCommand, ownEntry, ownKind } from './owned.ts';
import { noticesSet, type NoticesSet, type NoticesState } from './schema.ts';

const changed = (state: NoticesState, change: NoticesSet): Omit<NoticesState, 'owner'> => ({
  level: change.level ?? state.level,
  words: change.words ?? state.words,
  sound: change.sound ?? state.sound,
  quiet: change.quiet === undefined ? state.quiet : change.quiet,
});

/** Of what a person wants to be told, and when not. What arrives at the relay last counts, field by field. */
export const noticesKind = ownKind<NoticesState>('notices', {
  initial: { owner: null, level: 'all', words: true, sound: true, quiet: null },
  fold: makeFold<NoticesState>((state) => ({ ...state }), {
    'notices.set': ownEntry(noticesSet, (draft, change) => {
      Object.assign(draft, changed(draft, change));
    }),
  }),
  commands: {
    'notices.set': ownCommand(noticesSet, (change, state: NoticesState) => {
      const { level, words, sound, quiet } = changed(state, change);
      return (
        state.owner !== null &&
        level === state.level &&
        words === state.words &&
        sound === state.sound &&
        JSON.stringify(quiet) === JSON.stringify(state.quiet)
      );
    }),
  },
});
