import type { ContentRule } from '../../access/text-content.ts';
import { docRoot } from './schema.ts';

/*
 * What a doc may contain, as the relay holds every writer to it: the editor's nodes, marks and attributes. A test compares
 * these names with the editor's own schema. A device with a newer list than its relay's cannot be: the relay serves the
 * client. Values are only bounded, since what people paste is not always of the type it should be.
 */

type Check = (value: unknown) => boolean;

const longest = 65_536;
const word: Check = (value) =>
  value === null ||
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && value.length <= 200);
const words: Check = (value) => word(value) || (typeof value === 'string' && value.length <= longest);
const widths: Check = (value) =>
  word(value) || (Array.isArray(value) && value.length <= 1000 && value.every(word));

type Attributes = Readonly<Record<string, Check>>;
const cell: Attributes = { colspan: word, rowspan: word, colwidth: widths, align: word };

/** Node names with their attributes. Names are stored in every doc: add to them, never rename. */
export const docNodes: Readonly<Record<string, Attributes>> = {
  paragraph: {},
  heading: { level: word },
  blockquote: {},
  bulletList: {},
  orderedList: { start: word, type: word },
  listItem: {},
  taskList: {},
  taskItem: { checked: word },
  codeBlock: { language: word },
  horizontalRule: {},
  hardBreak: {},
  table: {},
  tableRow: {},
  tableCell: cell,
  tableHeader: cell,
  image: { src: words, alt: words, title: words, width: word, height: word },
  mention: { id: word, label: words, mentionSuggestionChar: word },
};

/** Mark names with their attributes. */
export const docMarks: Readonly<Record<string, Attributes>> = {
  bold: {},
  italic: {},
  strike: {},
  underline: {},
  code: {},
  link: { href: words, title: words },
};

const own = <T>(of: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(of, name) ? of[name] : undefined;

/** `null` ends a mark. Marks that may overlap are stored as `name--hash`. */
function isMark(key: string, value: unknown): boolean {
  const attributes = key.length <= 100 ? own(docMarks, key.split('--', 1)[0] ?? '') : undefined;
  if (!attributes) return false;
  if (value === null || value === true) return true;
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, each]) => own(attributes, name)?.(each) ?? false);
}

/** Elements and lines of text in the root and in elements, characters and marks in lines, attributes of elements. */
export const docContent: ContentRule = (holder, key, part) => {
  if (holder.type === 'line')
    return (
      key === null && (part.is === 'characters' || (part.is === 'mark' && isMark(part.name, part.value)))
    );
  const attributes = holder.type === 'element' ? own(docNodes, holder.name) : undefined;
  if (key !== null) {
    const check = attributes && own(attributes, key);
    return check !== undefined && part.is === 'values' && part.values.every(check);
  }
  if (!attributes && !(holder.type === 'root' && holder.name === docRoot)) return false;
  return (
    part.is === 'type' &&
    (part.type === 'line' || (part.type === 'element' && own(docNodes, part.name) !== undefined))
  );
};
