import { nameInitials } from '../../../i18n/index.ts';
import { Mention } from '@tiptap/extension-mention';
import { t } from './strings.ts';
import { suggestionPopup, type SuggestionItem } from './suggestion-popup.svelte.ts';
import { mayTrigger } from './trigger.ts';

export interface MentionPerson {
  readonly id: string;
  readonly name: string;
}

const mostShown = 30;

/** Those whose name, one of its words, or the pinyin initials of it start like the query; then those that contain it. */
export function matchPeople(people: readonly MentionPerson[], query: string): readonly MentionPerson[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return people.slice(0, mostShown);
  const rank = (name: string): number => {
    const lower = name.toLowerCase();
    if (lower.startsWith(wanted) || nameInitials(name).startsWith(wanted)) return 0;
    if (lower.split(/[\s·.-]+/).some((word) => word.startsWith(wanted))) return 1;
    return lower.includes(wanted) ? 2 : 3;
  };
  return people
    .map((person) => ({ person, rank: rank(person.name) }))
    .filter((found) => found.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, mostShown)
    .map((found) => found.person);
}

/** `mail@host` is no mention; `你好@` is. */
const notAfter = /[A-Za-z0-9._%+-]/;

/** The mention node with its list of people; `people` is asked each time, so newcomers appear. */
export const mentionOf = (people: () => readonly MentionPerson[]): typeof Mention =>
  Mention.configure({
    deleteTriggerWithBackspace: true,
    renderText: ({ node }) => `@${String(node.attrs['label'] ?? node.attrs['id'])}`,
    suggestion: {
      char: '@',
      allowedPrefixes: null,
      allow: ({ state, range }) => mayTrigger(state, range, notAfter),
      items: ({ query }): SuggestionItem[] =>
        matchPeople(people(), query).map((person) => ({ id: person.id, label: person.name })),
      render: suggestionPopup<SuggestionItem>({ label: () => t.mentionMenu, empty: () => t.noPerson }),
    },
  });
