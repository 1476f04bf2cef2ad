import { prosemirrorToYXmlFragment } from '@tiptap/y-tiptap';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { contentSchema } from '../../../../client/features/docs/editor/schema.ts';
import { docContent, docMarks, docNodes } from '../../../../shared/features/docs/content.ts';

const schema = contentSchema();

const attributesOf = (
  specs: Readonly<Record<string, { spec: { attrs?: object } }>>,
): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(specs).map(([name, { spec }]) => [name, Object.keys(spec.attrs ?? {}).sort()]),
  );
const allowed = (names: Readonly<Record<string, object>>): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(names).map(([name, attributes]) => [name, Object.keys(attributes).sort()]),
  );

describe('what the relay lets into a doc', () => {
  it('is every node of the editor with every attribute, and nothing else', () => {
    const { doc: _doc, text: _text, ...nodes } = schema.nodes;
    expect(allowed(docNodes)).toEqual(attributesOf(nodes));
  });

  it('is every mark of the editor with every attribute, and nothing else', () => {
    expect(allowed(docMarks)).toEqual(attributesOf(schema.marks));
  });

  it('is what the editor writes for every node and mark', () => {
    const line = [{ type: 'text', text: 'words' }];
    const marked = Object.keys(schema.marks).map((type) => ({
      type: 'text',
      text: type,
      marks: [type === 'link' ? { type, attrs: { href: 'https://example.org', title: null } } : { type }],
    }));
    const paragraph = { type: 'paragraph', content: line };
    const cell = (type: string) => ({
      type,
      attrs: { colwidth: [120], align: 'left' },
      content: [paragraph],
    });
    const json = {
      type: 'doc',
      content: [
        { type: 'heading', attrs: { level: 3 }, content: line },
        {
          type: 'paragraph',
          content: [
            ...marked,
            { type: 'hardBreak' },
            { type: 'image', attrs: { src: 'x', alt: 'y', width: 10 } },
          ],
        },
        { type: 'paragraph', content: [{ type: 'mention', attrs: { id: 'ada', label: 'Ada' } }] },
        { type: 'blockquote', content: [paragraph] },
        { type: 'bulletList', content: [{ type: 'listItem', content: [paragraph] }] },
        { type: 'orderedList', attrs: { start: 3 }, content: [{ type: 'listItem', content: [paragraph] }] },
        { type: 'taskList', content: [{ type: 'taskItem', attrs: { checked: true }, content: [paragraph] }] },
        { type: 'codeBlock', attrs: { language: 'ts' }, content: line },
        { type: 'horizontalRule' },
        { type: 'table', content: [{ type: 'tableRow', content: [cell('tableHeader'), cell('tableCell')] }] },
      ],
    };
    const doc = new Y.Doc();
    prosemirrorToYXmlFragment(schema.nodeFromJSON(json), doc.getXmlFragment('content'));
    const refused: string[] = [];
    const seen = new Set<string>();
    for (const item of doc.store.clients.get(doc.clientID) ?? []) {
      if (!(item instanceof Y.Item)) continue;
      const parent = item.parent as Y.AbstractType<unknown>;
      const holder = holderOf(parent);
      const part = partOf(item.content);
      seen.add(part.is === 'type' ? part.name : part.is === 'mark' ? part.name : holder.name);
      if (!docContent(holder, item.parentSub, part))
        refused.push(`${holder.name} ${item.parentSub} ${JSON.stringify(part)}`);
    }
    expect(refused).toEqual([]);
    for (const name of [...Object.keys(docNodes), ...Object.keys(docMarks)]) expect(seen).toContain(name);
  });

  it.each([
    [
      'an unknown node',
      { type: 'root', name: 'content' },
      null,
      { is: 'type', type: 'element', name: 'script' },
    ],
    [
      'a name every object has',
      { type: 'root', name: 'content' },
      null,
      { is: 'type', type: 'element', name: 'toString' },
    ],
    ['another root', { type: 'root', name: 'other' }, null, { is: 'type', type: 'line', name: '' }],
    [
      'an unknown attribute',
      { type: 'element', name: 'heading' },
      'onclick',
      { is: 'values', values: ['x'] },
    ],
    [
      'an attribute as long as a book',
      { type: 'element', name: 'image' },
      'src',
      { is: 'values', values: ['x'.repeat(70_000)] },
    ],
    [
      'an attribute that is an object',
      { type: 'element', name: 'heading' },
      'level',
      { is: 'values', values: [{}] },
    ],
    ['an unknown mark', { type: 'line', name: '' }, null, { is: 'mark', name: 'constructor', value: {} }],
    ['a key on a line', { type: 'line', name: '' }, 'key', { is: 'values', values: [1] }],
    ['an embedded value', { type: 'line', name: '' }, null, { is: 'embed' }],
  ] as const)('is not %s', (_what, holder, key, part) => {
    expect(docContent(holder, key, part)).toBe(false);
  });
});

function holderOf(type: Y.AbstractType<unknown>): Parameters<typeof docContent>[0] {
  if (!type._item) return { type: 'root', name: 'content' };
  return type instanceof Y.XmlElement ? { type: 'element', name: type.nodeName } : { type: 'line', name: '' };
}

function partOf(content: Y.Item['content']): Parameters<typeof docContent>[2] {
  if (content instanceof Y.ContentString) return { is: 'characters' };
  if (content instanceof Y.ContentFormat)
    return { is: 'mark', name: content.key, value: content.value as unknown };
  if (content instanceof Y.ContentType)
    return content.type instanceof Y.XmlElement
      ? { is: 'type', type: 'element', name: content.type.nodeName }
      : { is: 'type', type: 'line', name: '' };
  return { is: 'values', values: content.getContent() };
}
