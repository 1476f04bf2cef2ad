/* What a form can say before it asks the relay: one sentence per field, undefined when it is fine. */
import type { Failure } from '../../../shared/base/errors.ts';
import { errorSentence } from '../../i18n/index.ts';
import { t } from './strings.ts';

export function emailError(email: string): string | undefined {
  if (email.trim() === '') return t.emailMissing;
  return /^[^\s@]+@[^\s@]+$/.test(email.trim()) ? undefined : t.emailWrong;
}

export function newPasswordError(password: string): string | undefined {
  if (password === '') return t.passwordMissing;
  if ([...password].length < 8) return t.passwordShort;
  return password.length > 256 ? t.passwordLong : undefined;
}

export const nameError = (name: string): string | undefined =>
  name.trim() === '' ? t.nameMissing : undefined;

/** The relay's answer in words; a throttled form says when to come back. */
export function failureSentence({ code, details }: Failure): string {
  if (code === 'offline') return t.unreachable;
  const seconds = details?.['retryAfter'];
  if (code !== 'too-many-requests' || typeof seconds !== 'number') return errorSentence(code);
  return seconds > 90
    ? t.waitMinutes({ minutes: Math.ceil(seconds / 60) })
    : t.waitSeconds({ seconds: Math.max(1, Math.ceil(seconds)) });
}
