import { expect, test } from 'vitest';
import { fileNameOf } from '../../../../client/features/docs/export/file-name.ts';

test('a title becomes a name that every file system takes', () => {
  expect(fileNameOf('周报: 11/22 <最终?>')).toBe('周报 11 22 最终');
  expect(fileNameOf('  ')).toBe('document');
  expect(fileNameOf('con')).toBe('document con');
  expect(fileNameOf('..hidden. ')).toBe('hidden');
  expect([...fileNameOf('长'.repeat(300))]).toHaveLength(80);
});

test('equal titles get numbers, also when they differ in case only', () => {
  const taken = new Set<string>();
  expect([fileNameOf('Plan', taken), fileNameOf('plan', taken), fileNameOf('Plan', taken)]).toEqual([
    'Plan',
    'plan 2',
    'Plan 3',
  ]);
});
