import { describe, expect, it } from 'vitest';
import {
  fileKind,
  filesInShort,
  messageFile,
  messageFiles,
  mostFiles,
  type MessageFile,
} from '../../../shared/features/chat/attachment.ts';
import { chatSend } from '../../../shared/features/chat/messages.ts';

const file: MessageFile = { hash: 'a'.repeat(64), name: 'plan.pdf', size: 10, type: 'application/pdf' };
const takes = (change: object): boolean => messageFile.safeParse({ ...file, ...change }).success;

describe('a file in a message', () => {
  it.each([
    ['any name without folders', { name: '季度报告 (最终).xlsx' }],
    ['no type where nobody knows one', { type: '' }],
    [
      'size, length and colours of a film',
      { width: 1920, height: 1080, duration: 61_000, colours: 'A'.repeat(64) },
    ],
    ['a voice note', { type: 'audio/webm', duration: 900, wave: [0, 31, 5] }],
    ['a smaller picture', { small: 'b'.repeat(64) }],
  ])('takes %s', (_what, change) => expect(takes(change)).toBe(true));

  it.each([
    ['a hash that is none', { hash: '../../etc' }],
    ['a hash in capitals', { hash: 'A'.repeat(64) }],
    ['a name with a folder', { name: 'a/b.pdf' }],
    ['a name with a folder of another system', { name: 'a\\b.pdf' }],
    ['a name with a line break', { name: 'a\nb.pdf' }],
    ['a name that reads backwards', { name: 'invoice\u202efdp.exe' }],
    ['no name', { name: '' }],
    ['a name without end', { name: 'x'.repeat(256) }],
    ['an empty file', { size: 0 }],
    ['half a byte', { size: 1.5 }],
    ['a type with parameters', { type: 'text/html; charset=utf-8' }],
    ['a type that ends its header', { type: 'text/html\r\nx: y' }],
    ['a picture without width', { width: 0 }],
    ['colours that are an address', { colours: 'data:image/png;base64,AAAA' }],
    ['a smaller picture from elsewhere', { small: 'https://example.org/x.png' }],
    ['a wave that is louder than loud', { wave: [32] }],
    ['a wave without end', { wave: Array.from({ length: 65 }, () => 1) }],
  ])('refuses %s', (_what, change) => expect(takes(change)).toBe(false));

  it('needs no words beside it, and a message needs one of the two', () => {
    const sent = (data: object): boolean => chatSend.safeParse(data).success;
    expect(sent({ text: '', files: [file] })).toBe(true);
    expect(sent({ text: 'here', files: [file] })).toBe(true);
    expect(sent({ text: '' })).toBe(false);
    expect(sent({ text: '', files: [] })).toBe(false);
    expect(messageFiles.safeParse(Array.from({ length: mostFiles }, () => file)).success).toBe(true);
    expect(messageFiles.safeParse(Array.from({ length: mostFiles + 1 }, () => file)).success).toBe(false);
  });

  it('is shown as what browsers show by themselves, and as a file otherwise', () => {
    const kinds = ['image/png', 'image/svg+xml', 'text/html', 'video/mp4', 'audio/mpeg', '', 'toString'];
    expect(kinds.map((type) => fileKind({ type }))).toEqual([
      'picture',
      'file',
      'file',
      'video',
      'audio',
      'file',
      'file',
    ]);
    expect(fileKind({ type: 'audio/webm', wave: [1] })).toBe('voice');
    expect(fileKind({ type: 'text/html', wave: [1] })).toBe('file');
  });

  it('is told in lists by what all of them are', () => {
    const picture = { ...file, name: 'a.png', type: 'image/png' };
    expect(filesInShort([picture, picture])).toEqual({ kind: 'picture', count: 2, name: 'a.png' });
    expect(filesInShort([picture, file])).toEqual({ kind: 'file', count: 2, name: 'a.png' });
  });
});
