import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as format from '../../../client/i18n/format.ts';
import { language } from '../../../client/i18n/language.svelte.ts';

// Local times, so that the test means the same in every time zone.
const now = new Date(2026, 10, 22, 15, 30);
const at = (...parts: [number, number, number, number?, number?]): Date =>
  new Date(parts[0], parts[1], parts[2], parts[3] ?? 9, parts[4] ?? 5);

beforeEach(() => {
  language.current = 'en';
});
afterEach(() => {
  language.current = 'en';
});

describe('dates', () => {
  it('are short where they are near', () => {
    expect(format.listTime(at(2026, 10, 22), now)).toBe('09:05');
    expect(format.listTime(at(2026, 10, 21), now)).toBe('Yesterday');
    expect(format.listTime(at(2026, 10, 18), now)).toBe('Wednesday');
    expect(format.listTime(at(2026, 2, 12), now)).toBe('Mar 12');
    expect(format.listTime(at(2024, 2, 12), now)).toBe('Mar 12, 2024');
  });

  it('are Chinese in Chinese', () => {
    language.current = 'zh';
    expect(format.daySeparator(at(2026, 10, 22), now)).toBe('今天');
    expect(format.daySeparator(at(2026, 10, 21), now)).toBe('昨天');
    expect(format.daySeparator(at(2026, 2, 12), now)).toBe('3月12日');
    expect(format.relativeTime(new Date(2026, 10, 22, 15, 25), now)).toBe('5分钟前');
  });

  it('change at midnight, not after 24 hours', () => {
    expect(format.daySeparator(new Date(2026, 10, 21, 23, 59), new Date(2026, 10, 22, 0, 1))).toBe(
      'Yesterday',
    );
    expect(format.daysAgo(new Date(2026, 10, 22, 0, 1), new Date(2026, 10, 22, 23, 59))).toBe(0);
  });

  it('tell how long ago', () => {
    expect(format.relativeTime(Number(now) - 20_000, now)).toBe('now');
    expect(format.relativeTime(Number(now) - 5 * 60_000, now)).toBe('5 minutes ago');
    expect(format.relativeTime(Number(now) - 3 * 3_600_000, now)).toBe('3 hours ago');
    expect(format.relativeTime(at(2026, 10, 20), now)).toBe('2 days ago');
    expect(format.relativeTime(at(2026, 9, 1), now)).toBe('Oct 1');
  });
});

describe('numbers and names', () => {
  it('count bytes in decimal units', () => {
    expect(['0\u00a0B', '999\u00a0B', '1.5\u00a0kB', '12\u00a0MB']).toEqual(
      [0, 999, 1_500, 12_000_000].map(format.formatBytes),
    );
  });

  it('sort Chinese names by pinyin and numbers by value', () => {
    const names = ['赵一', '陈思远', 'Bob', '安然', '组 10', '组 9'];
    language.current = 'zh';
    const sorted = [...names].sort(format.compareNames).filter((name) => name !== 'Bob');
    expect(sorted).toEqual(['安然', '陈思远', '赵一', '组 9', '组 10']);
  });

  it('join names as the language does', () => {
    expect(format.formatList(['Ann', 'Bo', 'Cy'])).toBe('Ann, Bo, and Cy');
    language.current = 'zh';
    expect(format.formatList(['小安', '小波'])).toBe('小安和小波');
  });
});
