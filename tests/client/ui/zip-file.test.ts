import { strFromU8, unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { ZipFile } from '../../../client/ui/zip-file.ts';

test('files added in pieces come out whole, under their Chinese names', async () => {
  const zip = new ZipFile();
  await zip.addText('会话/全员.md', ['第一行\n', 'second ', 'line']);
  await zip.addBlob('documents/a.png', new Blob([new Uint8Array([1, 2, 3])]));
  await zip.addText('empty.txt', []);
  const files = unzipSync(new Uint8Array(await (await zip.finish())!.arrayBuffer()));
  expect(zip.files).toBe(3);
  expect(strFromU8(files['会话/全员.md']!)).toBe('第一行\nsecond line');
  expect([...files['documents/a.png']!]).toEqual([1, 2, 3]);
  expect(files['empty.txt']).toHaveLength(0);
});
