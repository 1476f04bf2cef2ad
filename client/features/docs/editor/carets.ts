/* Carets and selections of the others, in the colour that the person has everywhere: it follows from the id, which the relay stamps. */
import { CollaborationCaret } from '@tiptap/extension-collaboration-caret';
import type { Awareness } from 'y-protocols/awareness';
import { colourOf } from '../../../ui/initials.ts';

/** What is published in awareness under `user`. */
export interface EditingPerson {
  readonly id: string;
  readonly name: string;
}

const longestName = 40;

/** What another device says about its person: read as data, since it can be anything. */
function seen(user: Readonly<Record<string, unknown>>): { name: string; colour: string } {
  const name = typeof user['name'] === 'string' ? user['name'].slice(0, longestName) : '';
  const id = typeof user['id'] === 'string' ? user['id'] : '';
  return { name, colour: `var(--person-${colourOf(id)})` };
}

export const caretsOf = (
  awareness: Awareness,
  person: EditingPerson,
): ReturnType<typeof CollaborationCaret.configure> =>
  CollaborationCaret.configure({
    provider: { awareness },
    user: { ...person },
    render: (user) => {
      const { name, colour } = seen(user);
      const caret = document.createElement('span');
      caret.className = 'caret';
      caret.style.setProperty('--caret', colour);
      // Not a word of the text: presence is said at the top of the page.
      caret.setAttribute('aria-hidden', 'true');
      const label = document.createElement('span');
      label.className = 'caret-label';
      label.textContent = name;
      caret.append('\u2060', label, '\u2060');
      return caret;
    },
    selectionRender: (user) => ({
      class: 'caret-selection',
      style: `--caret: ${seen(user).colour}`,
    }),
  });
