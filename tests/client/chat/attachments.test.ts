import { describe, expect, test } from 'vitest';
import type { MessageFile } from '../../../shared/features/chat/attachment.ts';
import { addressOfColours, coloursOf } from '../../../client/features/chat/attachments/colours.ts';
import { boxOf, filesHeight, gridOf, partsOf } from '../../../client/features/chat/attachments/layout.ts';
import { nameOf, typeOf } from '../../../client/features/chat/attachments/prepare.ts';
import { barsOf } from '../../../client/features/chat/attachments/recorder.svelte.ts';
import { clockTime } from '../../../client/features/chat/attachments/time.ts';
import { messageFile } from '../../../shared/features/chat/attachment.ts';

const file = (type: string, more: Partial<MessageFile> = {}): MessageFile => ({
  hash: 'a'.repeat(64),
  name: 'x',
  size: 1,
  type,
  ...more,
});

describe('the room files take before they are here', () => {
  test.each([
    [{ width: 4000, height: 3000 }, 440, { width: 360, height: 270 }],
    [{ width: 4000, height: 3000 }, 258, { width: 258, height: 194 }],
    [{ width: 600, height: 1500 }, 440, { width: 128, height: 320 }],
    [{ width: 1, height: 60_000 }, 440, { width: 120, height: 320 }],
    [{ width: 60_000, height: 1 }, 440, { width: 360, height: 90 }],
    [{ width: 200, height: 150 }, 440, { width: 200, height: 150 }],
    [{}, 440, { width: 360, height: 270 }],
  ])('of one picture %o in %i pixels is %o', (size, room, box) => expect(boxOf(size, room)).toEqual(box));

  test('of several is a grid that fits', () => {
    for (const room of [258, 282, 440])
      for (let count = 2; count <= 20; count += 1) {
        const { columns, tile } = gridOf(count, room);
        expect(columns * tile + (columns - 1) * 4).toBeLessThanOrEqual(room);
      }
  });

  test('is known of all of them together', () => {
    const picture = file('image/png', { width: 400, height: 300 });
    expect(filesHeight([picture], 440)).toBe(270);
    expect(filesHeight([picture, picture, picture, picture], 440)).toBe(2 * 140 + 4);
    expect(filesHeight([file('application/zip'), file('audio/webm', { wave: [1] })], 440)).toBe(62 + 4 + 46);
    expect(partsOf([file('application/zip'), picture])).toMatchObject({
      seen: [{ type: 'image/png' }],
      others: [{ type: 'application/zip' }],
    });
  });
});

test('the colours of a picture become a bitmap with its rows from below', () => {
  const pixels = new Uint8ClampedArray(64);
  // The first field red, the last one blue.
  pixels.set([255, 0, 0, 255], 0);
  pixels.set([0, 0, 255, 255], 60);
  const colours = coloursOf(pixels);
  expect(messageFile.safeParse(file('image/png', { colours })).success).toBe(true);
  const [head, body] = addressOfColours(colours).split(',');
  expect(head).toBe('data:image/bmp;base64');
  const bitmap = Buffer.from(body!, 'base64');
  expect([bitmap.length, bitmap.readUInt32LE(2), bitmap.toString('latin1', 0, 2)]).toEqual([102, 102, 'BM']);
  // Blue, green, red; the lowest row first.
  expect([...bitmap.subarray(54 + 9, 54 + 12)]).toEqual([255, 0, 0]);
  expect([...bitmap.subarray(54 + 36, 54 + 39)]).toEqual([0, 0, 255]);
});

test.each([
  ['a/b\\c.txt', 'a_b_c.txt'],
  ['invoice\u202efdp.exe', 'invoice_fdp.exe'],
  ['', '_'],
  ['  ', '_'],
  [`${'长'.repeat(300)}.tar.gz`, `${'长'.repeat(252)}.gz`],
])('a name like %j is sent as %j', (given, sent) => {
  expect(nameOf(given)).toBe(sent);
  expect(messageFile.safeParse(file('', { name: nameOf(given) })).success).toBe(true);
});

test.each([
  ['audio/webm;codecs=opus', 'audio/webm'],
  ['IMAGE/PNG', 'image/png'],
  ['nonsense', ''],
  ['', ''],
])('a type like %j is sent as %j', (given, sent) => expect(typeOf({ type: given } as Blob)).toBe(sent));

test('how loud a recording is becomes few bars, the loudest of each part', () => {
  expect(barsOf([], 48)).toEqual([0]);
  expect(barsOf([1, 2, 3], 48)).toEqual([1, 2, 3]);
  expect(barsOf([1, 9, 2, 3, 0, 7], 3)).toEqual([9, 3, 7]);
  expect(barsOf(Array.from({ length: 12_000 }, (_, i) => i % 32))).toHaveLength(48);
});

test.each([
  [7_200, '0:07'],
  [61_000, '1:01'],
  [3_723_000, '1:02:03'],
])('%i milliseconds read as %s', (milliseconds, words) => expect(clockTime(milliseconds)).toBe(words));
