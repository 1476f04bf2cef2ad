import { describe, expect, it } from 'vitest';
import type { ChatPlace, Level, QuietHours } from '../../../shared/features/personal/schema.ts';
import { isQuiet, isTold, levelHere, type Happening } from '../../../shared/features/personal/telling.ts';

const happened: Happening = { direct: false, own: false, calls: false, urgent: false };
const night: QuietHours = { from: 22 * 60, to: 7 * 60, days: [1, 2, 3, 4, 5], zone: 'Asia/Shanghai' };
/** A time of Shanghai, which is eight hours ahead all year. 23 November 2026 is a Monday. */
const shanghai = (day: number, time: string): number => Date.parse(`2026-11-${day}T${time}:00+08:00`);

describe('whether somebody is told', () => {
  const noon = shanghai(23, '12:00');
  const midnight = shanghai(23, '23:59');
  const muted: ChatPlace = { muted: true };
  const none: ChatPlace = { muted: true, tell: 'none' };
  const all: ChatPlace = { tell: 'all' };
  it.each<[string, Level, ChatPlace, Partial<Happening>, number, boolean]>([
    ['of a message', 'all', {}, {}, noon, true],
    ['never of their own', 'all', all, { own: true, urgent: true, calls: true }, noon, false],
    ['of a message, when only of mentions', 'mentions', {}, {}, noon, false],
    ['of a mention, when only of mentions', 'mentions', {}, { calls: true }, noon, true],
    ['of what one person says to them, when only of mentions', 'mentions', {}, { direct: true }, noon, true],
    ['of nothing', 'none', {}, { calls: true, direct: true }, noon, false],
    ['of everything here, of nothing elsewhere', 'none', all, {}, noon, true],
    ['of a message in a muted conversation', 'all', muted, {}, noon, false],
    ['of a message of the one person whom they muted', 'all', muted, { direct: true }, noon, false],
    ['of a mention in a muted conversation', 'none', muted, { calls: true }, noon, true],
    ['of a mention where they want nothing', 'all', none, { calls: true }, noon, false],
    ['of nothing in quiet hours', 'all', all, { calls: true, direct: true }, midnight, false],
    ['of what is urgent where they want nothing, at night', 'none', none, { urgent: true }, midnight, true],
  ])('%s', (_, level, place, what, at, told) => {
    expect(isTold({ level, quiet: night }, place, { ...happened, ...what }, at)).toBe(told);
  });

  it('knows what mute is among the levels', () => {
    expect([{}, muted, none, all].map(levelHere)).toEqual([null, 'mentions', 'none', 'all']);
  });
});

describe('quiet hours', () => {
  const office: QuietHours = { ...night, from: 9 * 60, to: 17 * 60 + 30 };
  const always: QuietHours = { ...night, from: 0, to: 0, days: [6] };
  it.each<[string, QuietHours | null, number, boolean]>([
    ['are none', null, shanghai(23, '03:00'), false],
    ['begin on the minute', night, shanghai(23, '22:00'), true],
    ['have not begun', night, shanghai(23, '21:59'), false],
    ['go on after midnight', night, shanghai(24, '06:59'), true],
    ['end on the minute', night, shanghai(24, '07:00'), false],
    ['that begin on Friday end on Saturday', night, shanghai(28, '06:00'), true],
    ['do not begin on Saturday', night, shanghai(28, '23:00'), false],
    ['do not end on Monday when none began on Sunday', night, shanghai(23, '06:00'), false],
    ['of one day', office, shanghai(25, '09:00'), true],
    ['of one day end', office, shanghai(25, '17:30'), false],
    ['of one day are not those of the night before', office, shanghai(25, '08:59'), false],
    ['of a whole day', always, shanghai(28, '13:00'), true],
    ['of a whole day end with it', always, shanghai(29, '00:00'), false],
    ['follow the clocks of their zone', { ...office, zone: 'America/New_York' }, shanghai(25, '23:00'), true],
    ['of a zone that is none', { ...office, zone: 'Nowhere/At_All' }, shanghai(25, '10:00'), false],
    ['without days are none', { ...always, days: [] }, shanghai(28, '13:00'), false],
  ])('%s', (_, quiet, at, expected) => expect(isQuiet(quiet, at)).toBe(expected));
});
