/* A doc with parts this version does not know, made showable: read-only, nothing is written back. */
import type { JSONContent } from '@tiptap/core';
import { Node, type Schema } from '@tiptap/pm/model';

const textOf = (node: JSONContent): string =>
  node.type === 'text'
    ? (node.text ?? '')
    : (node.content ?? []).map(textOf).join(node.content?.[0]?.type === 'text' ? '' : ' ');

const paragraph = (text: string): JSONContent => ({
  type: 'paragraph',
  ...(text.trim() ? { content: [{ type: 'text', text }] } : {}),
});

function withoutUnknownMarks(node: JSONContent, schema: Schema): JSONContent {
  const { marks, ...rest } = node;
  const known = (marks ?? []).filter((mark) => schema.marks[mark.type]);
  return known.length > 0 ? { ...rest, marks: known } : rest;
}

function readableNode(node: JSONContent, schema: Schema, inline: boolean): JSONContent[] {
  if (node.type === 'text') return [withoutUnknownMarks(node, schema)];
  const type = node.type === undefined ? undefined : schema.nodes[node.type];
  if (!type) {
    const text = textOf(node);
    if (inline) return text ? [{ type: 'text', text }] : [];
    return [paragraph(text)];
  }
  if (!node.content) return [node];
  return [
    { ...node, content: node.content.flatMap((child) => readableNode(child, schema, type.inlineContent)) },
  ];
}

/** A valid document of this schema with all the text of `json`, as close to its shape as the schema allows. */
export function readableContent(json: JSONContent, schema: Schema): JSONContent {
  const blocks = (json.content ?? []).flatMap((block) =>
    readableNode(block, schema, false).map((made) => {
      try {
        Node.fromJSON(schema, { type: 'doc', content: [made] }).check();
        return made;
      } catch {
        return paragraph(textOf(block));
      }
    }),
  );
  return { type: 'doc', content: blocks.length > 0 ? blocks : [paragraph('')] };
}
