import { allow } from '../../access/actor.ts';
import { makeFold } from '../../access/fold.ts';
import { full, ownCommand, ownEntry, ownKind } from './owned.ts';
import {
  listAddSection,
  listChangeSection,
  listChat,
  listOrder,
  listSection,
  most,
  type ChatPlace,
  type ListChat,
  type ListState,
  type Section,
} from './schema.ts';

const noPlace: ChatPlace = {};
const placeOf = (state: ListState, chat: string): ChatPlace => state.chats[chat] ?? noPlace;
const hasSection = (state: ListState, id: string): boolean => state.sections.some((each) => each.id === id);

/** What `change` makes of a conversation's place. A section that is gone is none: removing it was the stronger wish. */
function changedPlace(state: ListState, change: ListChat): ChatPlace {
  const before = placeOf(state, change.chat);
  const flag = (name: 'pinned' | 'muted' | 'unread'): boolean => change[name] ?? before[name] ?? false;
  // Mute is one of the levels: whichever of the two was said last counts.
  const kept = change.muted === undefined ? before.tell : undefined;
  const tell = change.tell === undefined ? kept : change.tell;
  const muted = change.tell === undefined ? flag('muted') : tell === 'mentions' || tell === 'none';
  const hidden = change.hidden === undefined ? before.hidden : change.hidden;
  const wanted = change.section === undefined ? before.section : change.section;
  return {
    ...(flag('pinned') && { pinned: true as const }),
    ...(muted && { muted: true as const }),
    ...((tell === 'all' || tell === 'none') && { tell }),
    ...(flag('unread') && { unread: true as const }),
    ...(typeof hidden === 'number' && { hidden }),
    ...(typeof wanted === 'string' && hasSection(state, wanted) && { section: wanted }),
  };
}

const samePlace = (a: ChatPlace, b: ChatPlace): boolean =>
  a.pinned === b.pinned &&
  a.muted === b.muted &&
  a.tell === b.tell &&
  a.unread === b.unread &&
  a.hidden === b.hidden &&
  a.section === b.section;

/** The sections named, in that order, then the others as they stood. */
function inOrder(sections: readonly Section[], order: readonly string[]): Section[] {
  const named = [...new Set(order)].flatMap((id) => sections.find((each) => each.id === id) ?? []);
  return [...named, ...sections.filter((each) => !named.includes(each))];
}

/** The own list of conversations. What arrives at the relay last counts, field by field. */
export const listKind = ownKind<ListState>(null, {
  initial: { owner: null, chats: {}, sections: [] },
  fold: makeFold<ListState>((state) => ({ ...state, chats: { ...state.chats } }), {
    'list.chat': ownEntry(listChat, (draft, change) => {
      const place = changedPlace(draft, change);
      if (Object.keys(place).length > 0) draft.chats[change.chat] = place;
      else delete draft.chats[change.chat];
    }),
    'list.addSection': ownEntry(listAddSection, (draft, { id, name }) => {
      if (!hasSection(draft, id)) draft.sections = [...draft.sections, { id, name, collapsed: false }];
    }),
    'list.changeSection': ownEntry(listChangeSection, (draft, { id, name, collapsed }) => {
      draft.sections = draft.sections.map((each) =>
        each.id === id ? { id, name: name ?? each.name, collapsed: collapsed ?? each.collapsed } : each,
      );
    }),
    'list.removeSection': ownEntry(listSection, (draft, { id }) => {
      draft.sections = draft.sections.filter((each) => each.id !== id);
      for (const [chat, { section, ...rest }] of Object.entries(draft.chats)) {
        if (section !== id) continue;
        if (Object.keys(rest).length > 0) draft.chats[chat] = rest;
        else delete draft.chats[chat];
      }
    }),
    'list.order': ownEntry(listOrder, (draft, { sections }) => {
      draft.sections = inOrder(draft.sections, sections);
    }),
  }),
  commands: {
    'list.chat': ownCommand(
      listChat,
      (change, state: ListState) => samePlace(placeOf(state, change.chat), changedPlace(state, change)),
      ({ chat }, { chats }) =>
        Object.hasOwn(chats, chat) || Object.keys(chats).length < most.chats
          ? allow
          : full('conversations with settings of their own'),
    ),
    'list.addSection': ownCommand(
      listAddSection,
      ({ id }, state: ListState) => hasSection(state, id),
      ({ id }, state) =>
        hasSection(state, id) || state.sections.length < most.sections ? allow : full('sections'),
    ),
    'list.changeSection': ownCommand(listChangeSection, ({ id, name, collapsed }, state: ListState) => {
      const section = state.sections.find((each) => each.id === id);
      // Removed meanwhile, on another device: it stays removed.
      return (
        !section ||
        ((name ?? section.name) === section.name && (collapsed ?? section.collapsed) === section.collapsed)
      );
    }),
    'list.removeSection': ownCommand(listSection, ({ id }, state: ListState) => !hasSection(state, id)),
    'list.order': ownCommand(listOrder, ({ sections }, state: ListState) =>
      inOrder(state.sections, sections).every((each, i) => each === state.sections[i]),
    ),
  },
});
