import { describe, expect, test } from 'vitest';
import { pathOfAddress, planImport } from '../../../../client/features/docs/import/plan.ts';
import { takePictures } from '../../../../client/features/docs/import/pictures.ts';
import { largestMarkdown, readText } from '../../../../client/features/docs/import/read-file.ts';
import type { SourceFile } from '../../../../client/features/docs/import/source-files.ts';

const file = (path: string, content: string | Uint8Array<ArrayBuffer>): SourceFile => ({
  path,
  file: new File([content], path.split('/').at(-1) ?? path),
});
const progress = { signal: new AbortController().signal, step: () => undefined };

describe('reading a file', () => {
  test('takes UTF-8 with and without a mark, and UTF-16 with one', async () => {
    expect(await readText(new Blob(['\uFEFF中文']))).toEqual({ ok: true, value: '中文' });
    const utf16 = new Uint8Array([0xff, 0xfe, 0x2d, 0x4e]);
    expect(await readText(new Blob([utf16]))).toEqual({ ok: true, value: '中' });
  });

  test('says why it cannot', async () => {
    const problem = async (content: BlobPart): Promise<unknown> => {
      const read = await readText(new Blob([content]));
      return read.ok ? null : read.error;
    };
    expect(await problem(new Uint8Array([0xd6, 0xd0, 0xce, 0xc4]))).toBe('encoding');
    expect(await problem(new Uint8Array([0x89, 0x50, 0x00, 0x01]))).toBe('binary');
    expect(await problem('x'.repeat(largestMarkdown + 1))).toBe('large');
  });
});

describe('planning a folder', () => {
  test('links between files lead to the docs they become; other links stay', async () => {
    const plan = await planImport(
      [
        file(
          'notes/a.md',
          '[b](./b.md) [c](sub/%E5%91%A8%E6%8A%A5.md#x) [out](../../x.md) [web](https://e.com/b.md)',
        ),
        file('notes/b.md', '[a](a.md)'),
        file('notes/sub/周报.md', '# 周报'),
        file('notes/data.csv', '1,2'),
      ],
      progress,
    );
    expect(plan.docs.map((doc) => doc.title)).toEqual(['a', 'b', '周报']);
    const [a, b, c] = plan.docs;
    const text = JSON.stringify(a?.blocks);
    expect(text).toContain(`"/docs/${b?.id}"`);
    expect(text).toContain(`"/docs/${c?.id}"`);
    expect(text).toContain('"../../x.md"');
    expect(text).toContain('"https://e.com/b.md"');
    expect(plan.ignored).toBe(1);
  });

  test('a file that cannot be read is named and the others go on', async () => {
    const plan = await planImport(
      [file('a.md', new Uint8Array([0xd6, 0xd0])), file('b.md', 'fine')],
      progress,
    );
    expect(plan.problems).toEqual([{ path: 'a.md', problem: 'encoding' }]);
    expect(plan.docs.map((doc) => doc.path)).toEqual(['b.md']);
  });

  test('one chosen file that is not Markdown is refused by name', async () => {
    const plan = await planImport([file('a.pdf', 'x')], progress);
    expect(plan.problems).toEqual([{ path: 'a.pdf', problem: 'not-markdown' }]);
  });

  test('a stopped plan makes no more docs', async () => {
    const controller = new AbortController();
    const files = [file('a.md', 'a'), file('b.md', 'b'), file('c.md', 'c')];
    const plan = await planImport(files, { signal: controller.signal, step: () => controller.abort() });
    expect(plan.docs).toHaveLength(1);
  });

  test('an address that leaves the folder finds nothing', () => {
    expect(pathOfAddress('a/b.md', '../../etc/passwd', () => true)).toBeNull();
    expect(pathOfAddress('a/b.md', '/img/x.png', (path) => path === 'a/img/x.png')).toBe('a/img/x.png');
  });
});

describe('pictures of an imported file', () => {
  const files = new Map([['n/img/a b.png', file('n/img/a b.png', new Uint8Array([1]))]]);
  const image = (src: string) => ({ type: 'image', attrs: { src, alt: 'alt' } });
  const taken = (
    src: string,
    keep: (picture: Blob) => Promise<string> = () => Promise.resolve('weft-blob:1'),
  ) => takePictures('n/doc.md', [{ type: 'paragraph', content: [image(src)] }], files, keep);

  test('beside the file, or written into it, are kept with their type', async () => {
    const types: string[] = [];
    const keep = (picture: Blob): Promise<string> => {
      types.push(picture.type);
      return Promise.resolve(`weft-blob:${types.length}`);
    };
    expect(JSON.stringify(await taken('img/a%20b.png', keep))).toContain('weft-blob:1');
    expect(JSON.stringify(await taken('data:image/png;base64,AQI=', keep))).toContain('weft-blob:2');
    expect(types).toEqual(['image/png', 'image/png']);
  });

  test('that are missing or refused become words, with a note', async () => {
    const missing = await taken('img/none.png');
    expect(missing.notes).toEqual([{ kind: 'missing', name: 'img/none.png' }]);
    expect(JSON.stringify(missing.blocks)).toContain('![alt](img/none.png)');
    const refused = await taken('img/a b.png', () => Promise.reject(new Error('full')));
    expect(refused.notes).toEqual([{ kind: 'failed', name: 'img/a b.png' }]);
  });

  test('on the web stay on the web', async () => {
    expect(JSON.stringify((await taken('https://e.com/x.png')).blocks)).toContain('"https://e.com/x.png"');
    expect((await taken('http://e.com/x.png')).notes).toHaveLength(1);
  });
});
