import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { beyond } from '../../../client/data/text/restored.ts';

const written = (client: number, text: string): Uint8Array => {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText('t').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
};

const differs = (here: readonly Uint8Array[], onRelay: readonly Uint8Array[]): boolean =>
  beyond(here, onRelay, new Set(), false).differs;

test('a text differs from the one of a restored relay when it says more, or something else under the same ids', () => {
  expect(differs([written(7, 'abc')], [written(7, 'abc')])).toBe(false);
  expect(differs([written(7, 'abc')], [written(7, 'abc'), written(8, 'more')])).toBe(false);
  expect(differs([written(7, 'abc'), written(8, 'more')], [written(7, 'abc')])).toBe(true);
  expect(differs([written(7, 'abc')], [written(7, 'abd')])).toBe(true);
});
