import { beforeEach, expect, test } from 'vitest';
import { failure } from '../../../shared/base/errors.ts';
import {
  emailError,
  failureSentence,
  nameError,
  newPasswordError,
} from '../../../client/features/accounts/checks.ts';
import { language } from '../../../client/i18n/index.ts';

beforeEach(() => {
  language.current = 'en';
});

test('fields that are fine have no error', () => {
  expect([emailError(' 李明@公司.中国 '), newPasswordError('a long sentence'), nameError('李明')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test.each([
  ['', 'Enter'],
  ['ann', 'does not look'],
  ['ann @x', 'does not look'],
])('the e-mail %j is refused in words', (email, words) => {
  expect(emailError(email)).toContain(words);
});

test('short and endless passwords are refused, counted in characters', () => {
  expect(newPasswordError('1234567')).toBeDefined();
  expect(newPasswordError('😀'.repeat(7))).toBeDefined();
  expect(newPasswordError('x'.repeat(257))).toBeDefined();
});

test('a throttled form says when to come back', () => {
  expect(failureSentence(failure('too-many-requests', '', { retryAfter: 30 }))).toContain('30 seconds');
  expect(failureSentence(failure('too-many-requests', '', { retryAfter: 600 }))).toContain('10 minutes');
  expect(failureSentence(failure('offline', ''))).toContain('cannot be reached');
});
