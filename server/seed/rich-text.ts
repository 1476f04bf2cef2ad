import * as Y from 'yjs';
import { docRoot } from '../../shared/features/docs/schema.ts';

/**
 * Writes plain notation into a doc's rich text: `#` headings, `-` and `1.` lists, `- [ ]` tasks, `|` tables with a header
 * row, fenced code, `>` quotes, paragraphs; inside a line `**bold**`, `code` between backticks and [links](https://…).
 * Only what the seed's own documents use; node and mark names are those of the editor.
 */
export function appendBlocks(doc: Y.Doc, notation: string): void {
  const blocks: Y.XmlElement[] = [];
  const lines = notation.trim().split('\n');
  let at = 0;
  const takeWhile = (pattern: RegExp): string[] => {
    const taken: string[] = [];
    for (let line = lines[at]; line !== undefined && pattern.test(line); line = lines[++at])
      taken.push(line.replace(pattern, ''));
    return taken;
  };
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const heading = /^(#{1,3}) (.*)$/.exec(line);
    if (line.trim() === '') at++;
    else if (heading) {
      blocks.push(element('heading', { level: heading[1]!.length }, [inline(heading[2]!)]));
      at++;
    } else if (line.startsWith('```')) {
      at++;
      const code = takeWhile(/^(?!```)/);
      at++;
      const language = line.slice(3).trim();
      blocks.push(element('codeBlock', language ? { language } : {}, [new Y.XmlText(code.join('\n'))]));
    } else if (/^- \[[ x]\] /.test(line)) blocks.push(tasks(takeTasks()));
    else if (line.startsWith('- ')) blocks.push(list('bulletList', takeWhile(/^- (?!\[)/)));
    else if (/^\d+\. /.test(line)) blocks.push(list('orderedList', takeWhile(/^\d+\. /)));
    else if (line.startsWith('|')) blocks.push(table(takeWhile(/^\|/)));
    else if (line.startsWith('> ')) blocks.push(element('blockquote', {}, takeWhile(/^> /).map(paragraph)));
    else {
      blocks.push(paragraph(line));
      at++;
    }
  }
  const root = doc.getXmlFragment(docRoot);
  root.insert(root.length, blocks);

  function takeTasks(): string[] {
    const taken: string[] = [];
    for (let each = lines[at]; each !== undefined && /^- \[[ x]\] /.test(each); each = lines[++at])
      taken.push(each.slice(3));
    return taken;
  }
}

/** Ticks the first task that is still open; false when there is none. */
export function tickTask(doc: Y.Doc): boolean {
  for (const item of doc.getXmlFragment(docRoot).createTreeWalker(isTaskItem)) {
    if (!(item instanceof Y.XmlElement) || isTicked(item)) continue;
    setTyped(item, 'checked', true);
    return true;
  }
  return false;
}

const isTaskItem = (node: object): boolean => node instanceof Y.XmlElement && node.nodeName === 'taskItem';
/** The editor keeps numbers and booleans as such; the library's types know only text. */
const isTicked = (item: Y.XmlElement): boolean => (item.getAttribute('checked') as unknown) === true;
const setTyped = (node: Y.XmlElement, name: string, value: string | number | boolean): void =>
  (node as Y.XmlElement<Record<string, string | number | boolean>>).setAttribute(name, value);

function element(
  name: string,
  attributes: Readonly<Record<string, string | number | boolean>>,
  children: (Y.XmlElement | Y.XmlText)[],
): Y.XmlElement {
  const made = new Y.XmlElement(name);
  for (const [key, value] of Object.entries(attributes)) setTyped(made, key, value);
  if (children.length > 0) made.insert(0, children);
  return made;
}

const paragraph = (text: string): Y.XmlElement => element('paragraph', {}, text === '' ? [] : [inline(text)]);

const list = (name: 'bulletList' | 'orderedList', items: string[]): Y.XmlElement =>
  element(
    name,
    name === 'orderedList' ? { start: 1 } : {},
    items.map((item) => element('listItem', {}, [paragraph(item)])),
  );

const tasks = (items: string[]): Y.XmlElement =>
  element(
    'taskList',
    {},
    items.map((item) => element('taskItem', { checked: item.startsWith('x') }, [paragraph(item.slice(3))])),
  );

function table(lines: string[]): Y.XmlElement {
  const rows = lines.map((line) =>
    line
      .replace(/\|\s*$/, '')
      .split('|')
      .map((cell) => cell.trim()),
  );
  return element(
    'table',
    {},
    rows.map((cells, row) =>
      element(
        'tableRow',
        {},
        cells.map((cell) =>
          element(row === 0 ? 'tableHeader' : 'tableCell', { colspan: 1, rowspan: 1 }, [paragraph(cell)]),
        ),
      ),
    ),
  );
}

const marks = /\*\*(.+?)\*\*|`([^`]+)`|\[([^\]]+)\]\((https:\/\/[^)\s]+)\)/g;

function inline(text: string): Y.XmlText {
  const made = new Y.XmlText();
  const delta: { insert: string; attributes?: Record<string, object> }[] = [];
  let from = 0;
  for (const match of text.matchAll(marks)) {
    const [whole, bold, code, label, href] = match;
    if (match.index > from) delta.push({ insert: text.slice(from, match.index) });
    if (bold !== undefined) delta.push({ insert: bold, attributes: { bold: {} } });
    else if (code !== undefined) delta.push({ insert: code, attributes: { code: {} } });
    else if (label !== undefined && href !== undefined)
      delta.push({ insert: label, attributes: { link: { href } } });
    from = match.index + whole.length;
  }
  if (from < text.length) delta.push({ insert: text.slice(from) });
  made.applyDelta(delta);
  return made;
}
