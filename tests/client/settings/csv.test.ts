import { expect, test } from 'vitest';
import { csvCell, csvFile } from '../../../client/ui/csv.ts';

test.each([
  ['plain', 'plain'],
  ['with "quotes"', '"with ""quotes"""'],
  ['a,b', '"a,b"'],
  ['two\nlines', '"two\nlines"'],
  ['=1+1', "'=1+1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['-2', "'-2"],
  ['\t=x', "'\t=x"],
  ['＝1', "'＝1"],
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  [7, '7'],
  [-7, '-7'],
  [null, ''],
])('%j becomes %s', (value, expected) => {
  expect(csvCell(value)).toBe(expected);
});

test('a file has a byte order mark and ends with a line break', () => {
  expect(
    csvFile([
      ['a', 'b'],
      ['c', null],
    ]),
  ).toBe('\ufeffa,b\r\nc,\r\n');
});
