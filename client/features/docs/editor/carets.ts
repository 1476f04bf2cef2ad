/* Carets and selections of the others. The colour is one of the eight person tokens, each of which carries the label's text. */
import { CollaborationCaret } from '@tiptap/extension-collaboration-caret';
import type { Awareness } from 'y-protocols/awareness';

export interface EditingPerson {
  readonly id: string;
  readonly name: string;
  /** 1 to 8: which `--person-n` token; `colourOf` of client/ui. */
  readonly color: number;
}

const colors = 8;
const longestName = 40;

/** What another device says about its person: read as data, since it can be anything. */
function seen(user: Readonly<Record<string, unknown>>): { name: string; color: number } {
  const color = Number(user['tint']);
  const name = typeof user['name'] === 'string' ? user['name'].slice(0, longestName) : '';
  return { name, color: Number.isInteger(color) && color >= 1 && color <= colors ? color : 1 };
}

/** What is published in awareness under `user`. */
export const awarenessUser = (person: EditingPerson): Record<string, unknown> => ({
  id: person.id,
  name: person.name,
  tint: person.color,
});

export const caretsOf = (
  awareness: Awareness,
  person: EditingPerson,
): ReturnType<typeof CollaborationCaret.configure> =>
  CollaborationCaret.configure({
    provider: { awareness },
    user: awarenessUser(person),
    render: (user) => {
      const { name, color } = seen(user);
      const caret = document.createElement('span');
      caret.className = 'caret';
      caret.style.setProperty('--caret', `var(--person-${color})`);
      const label = document.createElement('span');
      label.className = 'caret-label';
      label.textContent = name;
      caret.append('\u2060', label, '\u2060');
      return caret;
    },
    selectionRender: (user) => ({
      class: 'caret-selection',
      style: `--caret: var(--person-${seen(user).color})`,
    }),
  });
