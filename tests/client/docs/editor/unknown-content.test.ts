import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { readableContent } from '../../../../client/features/docs/editor/readable.ts';
import { contentSchema } from '../../../../client/features/docs/editor/schema.ts';
import {
  unknownContent,
  watchUnknownContent,
} from '../../../../client/features/docs/editor/unknown-content.ts';
import { writeContent } from '../../../../client/features/docs/markdown/index.ts';

const schema = contentSchema();

function element(name: string, text: string, attributes?: object): Y.XmlElement {
  const made = new Y.XmlElement(name);
  const inner = new Y.XmlText();
  inner.insert(0, text, attributes);
  made.insert(0, [inner]);
  return made;
}

test('a doc of known parts is safe to edit', () => {
  const doc = new Y.Doc();
  writeContent(doc, [
    { type: 'paragraph', content: [{ type: 'text', text: 'a', marks: [{ type: 'bold' }] }] },
  ]);
  expect(unknownContent(doc, schema)).toEqual([]);
});

test('unknown nodes and marks are found at any depth', () => {
  const doc = new Y.Doc();
  const quote = new Y.XmlElement('blockquote');
  quote.insert(0, [element('callout', 'x'), element('paragraph', 'y', { 'comment--abc': { id: 1 } })]);
  doc.getXmlFragment('content').insert(0, [quote]);
  expect(unknownContent(doc, schema)).toEqual(['callout', 'comment']);
});

test('something unknown that arrives is announced before observers see the change', () => {
  const doc = new Y.Doc();
  writeContent(doc, [{ type: 'paragraph' }]);
  const order: string[] = [];
  doc.getXmlFragment('content').observeDeep(() => order.push('observer'));
  watchUnknownContent(doc, schema, (names) => order.push(names.join()));
  const other = new Y.Doc();
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
  other.getXmlFragment('content').insert(1, [element('callout', 'new')]);
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
  expect(order).toEqual(['callout', 'observer']);
});

test('an unknown mark on known text is announced too', () => {
  const doc = new Y.Doc();
  doc.getXmlFragment('content').insert(0, [element('paragraph', 'text')]);
  const found: string[] = [];
  watchUnknownContent(doc, schema, (names) => found.push(...names));
  const paragraph = doc.getXmlFragment('content').get(0) as Y.XmlElement;
  (paragraph.get(0) as Y.XmlText).format(0, 2, { sparkle: true });
  expect(found).toEqual(['sparkle']);
});

test('what is shown instead keeps all the text and is valid', () => {
  const shown = readableContent(
    {
      type: 'doc',
      content: [
        { type: 'callout', content: [{ type: 'paragraph', content: [{ type: 'text', text: 'inside' }] }] },
        {
          type: 'paragraph',
          content: [
            { type: 'text', text: 'marked', marks: [{ type: 'sparkle' }, { type: 'bold' }] },
            { type: 'chip', content: [{ type: 'text', text: 'chip' }] },
          ],
        },
        { type: 'bulletList', content: [{ type: 'oddItem', content: [{ type: 'text', text: 'item' }] }] },
      ],
    },
    schema,
  );
  const node = schema.nodeFromJSON(shown);
  node.check();
  expect(node.textContent).toBe('insidemarkedchipitem');
});
